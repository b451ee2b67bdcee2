package main

import (
	"regexp"
	"strings"
	"testing"
)

// The events are what go test of Go 1.26 prints, but for times.
func TestRead(t *testing.T) {
	const passes = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: hello\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	const skips = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: needs Node.js 20\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
`
	const fails = `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: 2, want 3\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- FAIL: TestC (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
`
	const breaks = `{"Action":"build-output","ImportPath":"p","Output":"p/d.go:1:1: expected 'package'\n"}
{"Action":"build-fail","ImportPath":"p"}
`
	for _, c := range []struct {
		name, events, allow, prints string
		fails                       bool
	}{
		{"passes", passes, "^$", "ok  \tp\t0.1s\n", false},
		{"skips as allowed", skips + passes, "Node", "ok  \tp\t0.1s\nleft out    1: needs Node.js 20\n", false},
		{"skips", skips, "^$", "p TestB was left out: needs Node.js 20\nleft out    1: needs Node.js 20\n", true},
		{"fails", fails, "^$", "    c_test.go:9: 2, want 3\n--- FAIL: TestC (0.00s)\n", true},
		{"does not compile", breaks, "^$", "p/d.go:1:1: expected 'package'\n", true},
		{"no events", "go: no such tool\n", "^$", "go: no such tool\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var printed strings.Builder
			err := read(strings.NewReader(c.events), &printed, regexp.MustCompile(c.allow))
			if printed.String() != c.prints {
				t.Errorf("printed %q, want %q", printed.String(), c.prints)
			}
			if (err != nil) != c.fails {
				t.Errorf("got error %v, want one: %v", err, c.fails)
			}
		})
	}
}
