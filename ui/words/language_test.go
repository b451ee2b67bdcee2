package words

import "testing"

func TestTranslation(t *testing.T) {
	defer func(l string, all map[string]map[Text]string) { Language, Translations = l, all }(Language, Translations)
	Translations = map[string]map[Text]string{}
	add("zh", map[Text]string{"%s of %s": "%[2]s 中的 %[1]s"})
	for _, c := range []struct{ language, want string }{{"en", "1 of 3"}, {"zh", "3 中的 1"}, {"fr", "1 of 3"}} {
		Language = c.language
		if got := F("%s of %s", "1", "3"); got != c.want {
			t.Errorf("%s: %q, want %q", c.language, got, c.want)
		}
	}
	Language = "zh"
	if got := T("not translated"); got != "not translated" {
		t.Errorf("a text without translation became %q", got)
	}
}
