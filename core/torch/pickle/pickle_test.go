package pickle

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// refuse is a Host that calls nothing, and makes objects of persistent ids.
type refuse struct{}

func (refuse) Call(c Class, args []Value) (Value, error) {
	return nil, fmt.Errorf("%s is called", c)
}
func (refuse) New(c Class, args []Value) (Value, error) { return &Object{Class: c, Args: args}, nil }
func (refuse) Persistent(id Value) (Value, error)       { return fmt.Sprint("id ", id), nil }

// show writes a value as Python does.
func show(v Value) string {
	list := func(items []Value) string {
		var s []string
		for _, i := range items {
			s = append(s, show(i))
		}
		return strings.Join(s, ", ")
	}
	switch v := v.(type) {
	case *List:
		return "[" + list(v.Items) + "]"
	case *Tuple:
		return "(" + list(v.Items) + ")"
	case *Dict:
		var s []string
		for _, e := range v.Entries {
			s = append(s, show(e.Key)+": "+show(e.Value))
		}
		return "{" + strings.Join(s, ", ") + "}"
	case *Object:
		return v.Class.String() + "(" + list(v.Args) + ")" + show(&v.Items) + show(v.State)
	case string:
		return "'" + v + "'"
	case Big:
		return fmt.Sprintf("big %x", string(v))
	}
	return fmt.Sprint(v)
}

// The pickles of each protocol are what pickle.dumps of Python 3.11 writes, or
// written by hand after pickletools.
func TestRead(t *testing.T) {
	for _, c := range []struct{ pickle, want string }{
		{"(lp0\nI1\naI01\naF1.5\naS'a'\np1\naVb\np2\nag1\naL7L\naNa.", "[1, true, 1.5, 'a', 'b', 'a', 7, <nil>]"},
		{"(dp0\nI1\nS'x'\ns.", "{1: 'x'}"},
		{"\x80\x02]q\x00(K\x01M\xff\xffJ\xfe\xff\xff\xff\x8a\x01\xff\x8a\x00G?\xf8\x00\x00\x00\x00\x00\x00\x88\x89e.", "[1, 65535, -2, -1, 0, 1.5, true, false]"},
		{"\x80\x02\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09.", "big 010203040506070809"},
		{"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01U\x01bK\x02X\x01\x00\x00\x00aK\x03u.", "{'a': 3, 'b': 2}"},
		{"\x80\x02K\x01K\x02K\x03\x87K\x01\x85K\x01K\x02\x86\x87.", "((1, 2, 3), (1), (1, 2))"},
		{"\x80\x02(K\x01K\x02t0(K\x011N2.", "<nil>"},
		{"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8f\x94(K\x01K\x02\x90.", "[1, 2]"},
		{"\x80\x04\x8c\x01a\x94h\x00\x86.", "('a', 'a')"},
		{"\x80\x04\x8c\x03mod\x8c\x01C\x93)\x81}\x8c\x01aK\x01sb.", "mod.C(){}{'a': 1}"},
		{"\x80\x02cmod\nC\n)\x81K\x01K\x02s.", "mod.C(){1: 2}<nil>"},
		{"(cmod\nC\nK\x01o.", "mod.C(1){}<nil>"},
		{"(K\x01imod\nC\n.", "mod.C(1){}<nil>"},
		{"\x80\x02U\x01sQ.", "'id s'"},
		{"Pkey\n.", "'id key'"},
		{"\x80\x03C\x02ab.", "[97 98]"},
	} {
		v, end, err := Read(strings.NewReader(c.pickle), 0, int64(len(c.pickle)), refuse{})
		if err != nil || show(v) != c.want || end != int64(len(c.pickle)) {
			t.Errorf("%q: %s, want %s, %v", c.pickle, show(v), c.want, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, c := range []struct{ name, pickle, want string }{
		{"nothing", "", "truncated"},
		{"no end", "\x80\x02N", "truncated"},
		{"text of 2^31 bytes", "X\xff\xff\xff\x7fabc", "2147483647 bytes of text"},
		{"text of 2^63 bytes", "\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc", "are announced, 3 are left"},
		{"negative length", "\x8b\xff\xff\xff\xffabc", "are announced"},
		{"empty stack", "\x80\x02.", "stack is empty"},
		{"no mark", "\x80\x02K\x01t.", "mark is missing"},
		{"a mark as a value", "\x80\x02(.", "mark in place of a value"},
		{"no memo", "\x80\x02h\x07.", "no memo 7"},
		{"protocol 6", "\x80\x06N.", "protocol 6"},
		{"an extension", "\x80\x02\x82\x01.", "0x82"},
		{"an unknown instruction", "\xfeN.", "0xfe"},
		{"half an entry", "\x80\x02}(K\x01u.", "key without a value"},
		{"items of a number", "\x80\x02K\x01K\x02a.", "added to a int64"},
		{"a call", "cos\nsystem\n(S'ls'\ntR.", "os.system is called"},
		{"a call of a number", "\x80\x02K\x01)R.", "int64 is called"},
		{"arguments that are none", "\x80\x02cos\nsystem\nK\x01R.", "not a tuple"},
		{"no number", "Ix\n.", "invalid syntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Read(strings.NewReader(c.pickle), 0, int64(len(c.pickle)), refuse{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, _, err := Read(strings.NewReader("\x80"), 0, 1, refuse{}); !errors.Is(err, ErrTruncated) {
		t.Errorf("%v is not ErrTruncated", err)
	}
}

func ExampleRead() {
	const pickle = "\x80\x02}U\x05epochK\x03s." // pickle.dumps({"epoch": 3}, 2), but for the memo
	v, _, err := Read(strings.NewReader(pickle), 0, int64(len(pickle)), refuse{})
	if err != nil {
		fmt.Println(err)
		return
	}
	epoch, _ := v.(*Dict).Get("epoch")
	fmt.Println(epoch)
	// Output: 3
}

// FuzzRead runs damaged pickles: they end, with a value or an error.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"(lp0\nI1\naF1.5\naS'a'\np1\nag1\naL7L\naNa.", "\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01U\x01bK\x02u.",
		"\x80\x04\x8c\x03mod\x8c\x01C\x93)\x81}\x8c\x01aK\x01sb.", "\x80\x02U\x01sQ.", "\x80\x02\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		Read(strings.NewReader(s), 0, int64(len(s)), refuse{})
	})
}
