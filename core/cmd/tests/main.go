// Command tests prints what "go test -json" tells, as go test itself would, and after
// that which tests were left out and why. It fails if a test failed, or was left
// out for a reason that nobody allowed: a test that wants what is not installed
// must not look like one that passed.
//
//	go test -json ./... | go run ./core/cmd/tests -allow 'takes long|no reference'
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	allow := flag.String("allow", "^$", "a regular `expression` for reasons to leave out a test")
	flag.Parse()
	allowed, err := regexp.Compile(*allow)
	if err == nil {
		err = read(os.Stdin, os.Stdout, allowed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests:", err)
		os.Exit(1)
	}
}

// An event is a line of "go test -json"; see "go doc cmd/test2json".
type event struct {
	Action, Package, Test, Output string
}

// read prints the events in r to w.
func read(r io.Reader, w io.Writer, allowed *regexp.Regexp) error {
	said := map[string]string{} // by a test, so far
	skipped := map[string]int{} // tests by the reason
	failed, wrong := 0, 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(w, lines.Text()) // not of a test: go itself complains
			continue
		}
		test := e.Package + " " + e.Test
		switch {
		case e.Action == "build-output":
			fmt.Fprint(w, e.Output)
		case e.Action == "build-fail" || e.Action == "fail":
			fmt.Fprint(w, said[test])
			failed++
		case e.Action == "output" && e.Test == "":
			if e.Output != "PASS\n" {
				fmt.Fprint(w, e.Output)
			}
		case e.Action == "output":
			said[test] += e.Output
		case e.Action == "skip" && e.Test != "":
			why := reason(said[test])
			skipped[why]++
			if !allowed.MatchString(why) {
				fmt.Fprintf(w, "%s was left out: %s\n", test, why)
				wrong++
			}
		}
		if e.Action == "pass" || e.Action == "fail" || e.Action == "skip" {
			delete(said, test)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, why := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(w, "left out %4d: %s\n", skipped[why], why)
	}
	if failed > 0 || wrong > 0 {
		return fmt.Errorf("%d failures, %d tests left out that should run", failed, wrong)
	}
	return nil
}

// position is where a test says something, which go test puts in front.
var position = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// reason picks what a test said last, in one line, from what go test made of it.
func reason(said string) string {
	why := "no reason given"
	for line := range strings.Lines(said) {
		if position.MatchString(line) {
			why = strings.TrimSpace(position.ReplaceAllString(line, ""))
		}
	}
	return why
}
