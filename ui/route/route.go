// Package route is the part of the page's address behind the #: which screen
// is shown, which page of it, and how that is set.
//
//	#tool
//	#learn/2?w=3.5&bits=2&hide=hint,answer
//	#about
package route

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// The screens.
const (
	Tool  = "tool"
	Learn = "learn"
	About = "about"
)

// Screens lists them in the order of the navigation.
var Screens = []string{Tool, Learn, About}

// A Route is where the page is.
type Route struct {
	Screen string
	Page   string // of the screen, empty for its first
	Values map[string]string
}

// Parse reads what follows the # in an address, with it or without. Nothing
// at all is the tool.
func Parse(hash string) (Route, error) {
	path, query, _ := strings.Cut(strings.TrimPrefix(hash, "#"), "?")
	screen, page, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if screen == "" {
		screen = Tool
	}
	if !slices.Contains(Screens, screen) {
		return Route{}, fmt.Errorf("there is no screen %q, only %s", screen, strings.Join(Screens, ", "))
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		return Route{}, fmt.Errorf("settings %q: %w", query, err)
	}
	r := Route{Screen: screen, Page: page, Values: map[string]string{}}
	for name, values := range given {
		r.Values[name] = values[len(values)-1]
	}
	return r, nil
}

// String returns the address, from the # on, with the values in the order of
// their names.
func (r Route) String() string {
	s := "#" + r.Screen
	if r.Page != "" {
		s += "/" + r.Page
	}
	separator := "?"
	for _, name := range slices.Sorted(maps.Keys(r.Values)) {
		s += separator + escape(name) + "=" + escape(r.Values[name])
		separator = "&"
	}
	return s
}

// escape is url.QueryEscape but for commas, which lists are made of.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2C", ",") }
