package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// copyTo copies a file into a folder under a name.
func copyTo(t *testing.T, from, dir, name string) string {
	t.Helper()
	to := filepath.Join(dir, name)
	if err := os.WriteFile(to, readFile(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// Nothing that a command reads is written over, by whatever name.
func TestKeepsWhatItReads(t *testing.T) {
	dir := t.TempDir()
	model := copyTo(t, digits, dir, "model.onnx")
	link, hard, sub := filepath.Join(dir, "link.onnx"), filepath.Join(dir, "hard.onnx"), filepath.Join(dir, "sub")
	recipe, rep := filepath.Join(dir, "recipe.json"), filepath.Join(dir, "r.json")
	err := errors.Join(os.Symlink(model, link), os.Link(model, hard), os.Mkdir(sub, 0o700), os.Symlink(dir, filepath.Join(sub, "up")),
		os.WriteFile(recipe, []byte("{}"), 0o600), os.Link(model, filepath.Join(dir, "model.json")))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.onnx")
	names := list(t, dir)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"quantize", model, "-o", model}, "the output is the input file"},
		{[]string{"split", model, "-o", link}, "the output is the input file"},
		{[]string{"split", link, "-o", hard}, "the output is the input file"},
		{[]string{"quantize", model, "-o", filepath.Join(sub, "up", "model.onnx")}, "the output is the input file"},
		{[]string{"quantize", model, "-o", out, "--report", filepath.Join(dir, "model.json")}, "the output is the input file"},
		{[]string{"quantize", model, "-o", out, "--recipe", recipe, "--report", recipe}, "the output is the recipe"},
		{[]string{"frontier", model, "-o", filepath.Join(dir, "model.json")}, "the output is the input file"},
		{[]string{"frontier", model, "-o", rep, "-o", filepath.Join(sub, "up", "r.json")}, "two outputs are the same file"},
		{[]string{"suggest", model, "--budget", "4", "-o", link}, "the output is the input file"},
	} {
		code, _, errs := command(t, c.args...)
		if code != 2 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit %d, %q; want %q", c.args, code, errs, c.want)
		}
	}
	if !bytes.Equal(readFile(t, model), readFile(t, digits)) || string(readFile(t, recipe)) != "{}" {
		t.Error("an input was written over")
	}
	if now := list(t, dir); !slices.Equal(now, names) {
		t.Errorf("files are left: %v, there were %v", now, names)
	}
	// Of two names of one new file, the first is not written either.
	both := filepath.Join(dir, "both")
	if code, _, errs := command(t, "quantize", model, "-o", both+".md", "--report", both+".md"); code != 2 || errs == "" {
		t.Errorf("-o X --report X: exit %d, %q", code, errs)
	}
	// An ending of its own, so that only the comparison can refuse it.
	if err := os.WriteFile(both+".onnx", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(both+".onnx", both+".csv"); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, "quantize", model, "-o", both+".onnx", "--report", both+".csv"); code != 2 || !strings.Contains(errs, "two outputs") {
		t.Errorf("-o X --report a link to X: exit %d, %q", code, errs)
	}
	if string(readFile(t, both+".onnx")) != "old" {
		t.Error("the old output was written over")
	}
}

// The files that a model keeps its tensors in are part of the input.
func TestKeepsExternalData(t *testing.T) {
	dir := t.TempDir()
	model, data := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "weights.onnx")
	// ir_version 8 and a graph with one initializer of two floats in a file
	// of its own (onnx.proto: TensorProto.external_data is 13, EXTERNAL is 1).
	number := func(b []byte, field protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
	}
	text := func(b []byte, field protowire.Number, v string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
	}
	entry := text(text(nil, 1, "location"), 2, "weights.onnx")
	weight := number(text(text(number(number(nil, 1, 2), 2, 1), 8, "w"), 13, string(entry)), 14, 1)
	proto := text(text(number(nil, 1, 8), 7, string(text(nil, 5, string(weight)))), 8, string(number(nil, 2, 17)))
	if err := errors.Join(os.WriteFile(model, proto, 0o600), os.WriteFile(data, []byte("12345678"), 0o600)); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, "quantize", model, "-o", data)
	if code != 2 || !strings.Contains(errs, "weights.onnx: the output is a data file of the model") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if string(readFile(t, data)) != "12345678" {
		t.Error("the data file was written over")
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Targets that are not plain new files stay what they are.
func TestTargets(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and links as on Unix")
	}
	dir := t.TempDir()
	exclude := []string{"--exclude", "*", "--quiet"} // copies
	want := readFile(t, digits)
	split := func(name string) {
		t.Helper()
		must(t, append([]string{"quantize", digits, "-o", name}, exclude...)...)
	}
	mode := func(name string) os.FileMode {
		t.Helper()
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}

	// A new file has the mode that os.Create gives.
	f, err := os.Create(filepath.Join(dir, "made"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	fresh := filepath.Join(dir, "fresh.onnx")
	split(fresh)
	if mode(fresh) != mode(f.Name()) {
		t.Errorf("a new file has mode %o, os.Create gives %o", mode(fresh), mode(f.Name()))
	}

	old := filepath.Join(dir, "old.onnx")
	if err := errors.Join(os.WriteFile(old, nil, 0o600), os.Chmod(old, 0o606), os.Symlink("old.onnx", filepath.Join(dir, "link.onnx"))); err != nil {
		t.Fatal(err)
	}
	split(filepath.Join(dir, "link.onnx"))
	if to, err := os.Readlink(filepath.Join(dir, "link.onnx")); err != nil || to != "old.onnx" {
		t.Errorf("the link is gone: %q, %v", to, err)
	}
	if !bytes.Equal(readFile(t, old), want) || mode(old) != 0o606 {
		t.Errorf("the target of the link has mode %o", mode(old))
	}

	long := filepath.Join(dir, strings.Repeat("n", 245)+".onnx")
	split(long)
	if !bytes.Equal(readFile(t, long), want) {
		t.Error("a long name has other bytes")
	}

	var fl files
	o, err := fl.create(context.Background(), os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if o.path != "" {
		t.Fatalf("%s would be replaced", os.DevNull)
	}
	o.discard()
	split(os.DevNull)
}

// What cannot be written is refused in the name that was given, before the
// work and with nothing left behind.
func TestRefusedTargets(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.onnx")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "folder"), 0o700), os.Symlink("nowhere", filepath.Join(dir, "dangling"))); err != nil {
		t.Fatal(err)
	}
	names := list(t, dir)
	for _, c := range []struct {
		out, report string
		want        string
	}{
		{filepath.Join(dir, "folder"), "", "folder: is a folder; name a file"},
		{filepath.Join(dir, "missing", "out.onnx"), "", "missing: no such file or directory"},
		{filepath.Join(dir, "dangling"), "", "dangling: a link to a file that is not there"},
		{filepath.Join(dir, strings.Repeat("n", 300)), "", "file name too long"},
		{out, filepath.Join(dir, "missing", "r.json"), "r.json: the folder"},
	} {
		args := []string{"quantize", digits, "-o", c.out}
		if c.report != "" {
			args = append(args, "--report", c.report)
		}
		code, _, errs := command(t, args...)
		if code != 1 || !strings.Contains(errs, c.want) || strings.Contains(errs, "digits") || strings.Contains(errs, ".splitquant-") {
			t.Errorf("%v: exit %d, %q; want %q", args, code, errs, c.want)
		}
	}
	if now := list(t, dir); !slices.Equal(now, names) {
		t.Errorf("files are left: %v, there were %v", now, names)
	}
}

// An interrupted run says so and leaves the old target.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	out := copyTo(t, digits, dir, "out.onnx")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"quantize", digits, "-o", out}, &stdout, &stderr); code != 1 || stderr.String() != "splitquant: interrupted\n" {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
	if names := list(t, dir); !slices.Equal(names, []string{"out.onnx"}) || !bytes.Equal(readFile(t, out), readFile(t, digits)) {
		t.Errorf("the folder has %v", names)
	}
	// A writer that is only interrupted while it writes stops too.
	ctx, cancel = context.WithCancel(context.Background())
	var fl files
	o, err := fl.create(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	defer o.discard()
	cancel()
	o.WriteString("half")
	if err := o.commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
