package route

import (
	"maps"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		hash string
		want Route
		back string
	}{
		{"", Route{Tool, "", nil}, "#tool"},
		{"#", Route{Tool, "", nil}, "#tool"},
		{"#about", Route{About, "", nil}, "#about"},
		{"#learn", Route{Learn, "", nil}, "#learn"},
		{"#learn/2?w=3.5&bits=2", Route{Learn, "2", map[string]string{"w": "3.5", "bits": "2"}}, "#learn/2?bits=2&w=3.5"},
		{"#learn/message?text=win+a%26b&hide=hint,answer", Route{Learn, "message", map[string]string{"text": "win a&b", "hide": "hint,answer"}},
			"#learn/message?hide=hint,answer&text=win+a%26b"},
		{"#learn/1?w=1&w=2", Route{Learn, "1", map[string]string{"w": "2"}}, "#learn/1?w=2"},
	} {
		got, err := Parse(c.hash)
		if err != nil || got.Screen != c.want.Screen || got.Page != c.want.Page || !maps.Equal(got.Values, c.want.Values) {
			t.Errorf("%s: %+v, %v; want %+v", c.hash, got, err, c.want)
		}
		if got.String() != c.back {
			t.Errorf("%s: goes back to %s, want %s", c.hash, got, c.back)
		}
	}
	for _, hash := range []string{"#lern/2", "#learn/2?w=%zz"} {
		if r, err := Parse(hash); err == nil {
			t.Errorf("%s: no error but %+v", hash, r)
		}
	}
}
