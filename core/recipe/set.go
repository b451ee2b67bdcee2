package recipe

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Set gives the option of that name, as the command line calls it, the value
// that a word stands for: Set("no-fold", "true"), Set("bits", "4"). An option
// that may be repeated, such as include, takes one value more each time. The
// empty word is true, as for a flag. Whether the options go together is for
// [Options.Validate] to say.
func (o *Options) Set(name, word string) error {
	switch p := o.named(name).(type) {
	case *string:
		*p = word
	case *[]string:
		*p = append(*p, word)
	case *int:
		n, err := strconv.Atoi(word)
		if err != nil {
			return fmt.Errorf("%s %q: want a number", name, word)
		}
		*p = n
	case *bool:
		b, err := strconv.ParseBool(word)
		if err != nil && word != "" {
			return fmt.Errorf("%s %q: want true or false", name, word)
		}
		*p = b || word == ""
	default:
		return fmt.Errorf("there is no option %q", name)
	}
	return nil
}

// named returns a pointer to the field of that name, or nil.
func (o *Options) named(name string) any {
	v := reflect.ValueOf(o).Elem()
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if strings.ReplaceAll(tag, "_", "-") == name {
			return v.Field(i).Addr().Interface()
		}
	}
	return nil
}
