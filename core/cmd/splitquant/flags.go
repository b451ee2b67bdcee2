package main

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// A number is the value of a flag that takes a whole number, 0 or more.
type number int

// Decode implements kong.MapperValue.
func (n *number) Decode(c *kong.DecodeContext) error {
	t := c.Scan.Pop()
	if t.IsEOL() || strings.HasPrefix(t.String(), "--") {
		return errors.New("a number must follow")
	}
	v, err := strconv.Atoi(t.String())
	if err != nil || v < 0 {
		return fmt.Errorf("want a whole number, not %q", t.String())
	}
	*n = number(v)
	return nil
}

// workers is how many layers to work on at a time.
func (n number) workers() int {
	if n == 0 {
		return runtime.NumCPU()
	}
	return int(n)
}

// give sets an option to the value of a flag, if that was given.
func give[T any](option, flag *T) {
	if flag != nil {
		*option = *flag
	}
}

// plainly says in a sentence what kong says in its own terms.
func plainly(err error, command string) error {
	const example = "splitquant %s model.onnx%s"
	s := err.Error()
	flag, _, _ := strings.Cut(s, ":")
	switch {
	case strings.HasPrefix(s, `expected "<model>"`):
		return fmt.Errorf("name the model, as in: "+example, command, outExample[command])
	case strings.Contains(s, " value but got "):
		return fmt.Errorf("%s: a value must follow", flag)
	case strings.HasPrefix(s, "expected "): // one of the commands
		return fmt.Errorf("%s; see splitquant --help", s)
	}
	return err
}

// outExample is how the commands that write a file are told which.
var outExample = map[string]string{
	"quantize": " -o small.onnx", "split": " -o split.onnx", "suggest": " --budget 4.5 -o recipe.json", "frontier": " -o frontier.svg",
	"calibrate": " --data rows.npz -o ranges.json",
}

// needOut checks the name of a file to write.
func needOut(name, command string) error {
	switch name {
	case "":
		return usageError{fmt.Errorf("name the file to write with -o (--out), as in: splitquant %s model.onnx%s", command, outExample[command])}
	case "-":
		return usageError{errors.New("-o -: a model is not written to standard output; name a file")}
	}
	return nil
}
