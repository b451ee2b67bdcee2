package words

import "fmt"

// Language is that of the page: "en", or one that [Translations] knows.
var Language = "en"

// Translations holds, for every language but English, what each English text
// is called in it. The English text is the key, as it stands in the code; one
// file of this package for each area of the page adds to it, such as zh_bar.go.
var Translations = map[string]map[string]string{}

// add puts the texts of one area into a language.
func add(language string, texts map[string]string) {
	all := Translations[language]
	if all == nil {
		all = map[string]string{}
		Translations[language] = all
	}
	for english, text := range texts {
		all[english] = text
	}
}

// T returns an English text in the language of the page, or as it is where
// nobody has translated it.
func T(english string) string {
	if text, ok := Translations[Language][english]; ok {
		return text
	}
	return english
}

// F is T for a text with verbs of package fmt. A translation may take the
// arguments in another order, as in %[2]s.
func F(english string, args ...any) string { return fmt.Sprintf(T(english), args...) }
