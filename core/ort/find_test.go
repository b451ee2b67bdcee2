package ort

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	t.Setenv(EnvLib, "")
	inside := filepath.Join(root, "core", "ort")
	if err := os.MkdirAll(inside, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	if path, err := Find(); err == nil || !strings.Contains(err.Error(), EnvLib) {
		t.Errorf("found %q, error %v, want an error that names %s", path, err, EnvLib)
	}

	pattern := filepath.Join(root, "public", "vendor", npmLibrary())
	want := strings.NewReplacer("napi-v*", "napi-v6", "*", "").Replace(pattern)
	if err := os.MkdirAll(filepath.Dir(want), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	if same(t, got) != same(t, want) {
		t.Errorf("found %s, want %s", got, want)
	}

	named := filepath.Join(root, "named.so")
	t.Setenv(EnvLib, named)
	if _, err := Find(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v, want one that says %s is not there", err, named)
	}
	if err := os.WriteFile(named, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(); err != nil || got != named {
		t.Errorf("found %q, %v, want %s", got, err, named)
	}
}

// same resolves links, since a temporary folder may be one.
func same(t *testing.T, path string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}
