package words

import "fmt"

// A Text is what a person sees, in English, as it stands in the code: the key
// to its translations. It becomes what the language of the page calls it when
// it is shown: by [T], or by a component that writes it into the document.
//
// A test finds every Text in the sources of the page and fails where one has
// no translation.
type Text string

// String returns the text in the language of the page.
func (t Text) String() string { return T(t) }

// English is the language of the texts in the code.
const English = "en"

// A Name is a language, by its code (BCP 47) and what it calls itself.
type Name struct{ Code, Name string }

// Languages lists the languages of the page in the order of the switch.
var Languages = []Name{
	{English, "English"},
	{"zh", "简体中文"},
}

// Language is that of the page, one of [Languages].
var Language = English

// Translations holds, for every language but English, what each text is called
// in it; one file of this package for each area of the page adds to it, such
// as zh_bar.go.
var Translations = map[string]map[Text]string{}

// add puts the texts of one area into a language.
func add(language string, texts map[Text]string) {
	all := Translations[language]
	if all == nil {
		all = map[Text]string{}
		Translations[language] = all
	}
	for english, text := range texts {
		all[english] = text
	}
}

// T returns a text in the language of the page, or as it is where nobody has
// translated it.
func T(english Text) string {
	if text, ok := Translations[Language][english]; ok {
		return text
	}
	return string(english)
}

// F is T for a text with verbs of package fmt. A translation may take the
// arguments in another order, as in %[2]s.
func F(english Text, args ...any) string { return fmt.Sprintf(T(english), args...) }
