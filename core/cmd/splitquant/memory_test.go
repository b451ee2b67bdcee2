//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// peak returns the most memory that the command had, in bytes.
func peak(t *testing.T, args ...string) int64 {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "SPLITQUANT_WATCH=1")
	printed, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(string(printed), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// Whatever is wrong with a file, the process that works on it takes no more than
// 64 MB beyond the file, and what it takes to do nothing.
func TestMemoryOfBadFiles(t *testing.T) {
	const dir, most = "../../../../shared/models/bad", 64 << 20
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Skipf("needs %s", dir)
	}
	var index struct{ Files []struct{ File string } }
	if err := json.Unmarshal(raw, &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Files) == 0 {
		t.Fatal("the index names no files")
	}
	nothing := peak(t, "--version")
	worst, which := int64(0), ""
	for _, f := range index.Files {
		path := filepath.Join(dir, f.File)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), strings.TrimSuffix(f.File, filepath.Ext(f.File)))
		more := peak(t, "quantize", path, "-o", out, "--quiet") - nothing - info.Size()
		if more > worst {
			worst, which = more, f.File
		}
		if more > most {
			t.Errorf("%s: %d MB beyond the file of %d bytes, 64 are allowed", f.File, more>>20, info.Size())
		}
	}
	t.Logf("%d files, at most %.1f MB beyond the file (%s); doing nothing takes %.1f MB", len(index.Files), float64(worst)/(1<<20), which, float64(nothing)/(1<<20))
}

// A checkpoint like Llama-3.2-1B, 2.5 GB, is quantized in 400 MB.
func TestMemoryOfGiant(t *testing.T) {
	if os.Getenv("SPLITQUANT_FULL") == "" {
		t.Skip("takes long: set SPLITQUANT_FULL=1")
	}
	dir := t.TempDir()
	giant := filepath.Join(dir, "giant.safetensors")
	if printed, err := exec.Command("go", "run", "splitquant/core/cmd/giant", "-o", giant).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	got := peak(t, "quantize", giant, "-o", filepath.Join(dir, "small.safetensors"), "--bits", "4", "--quiet")
	t.Logf("%.0f MB at most", float64(got)/1e6)
	if got > 400e6 {
		t.Errorf("it took %d MB, 400 are allowed", got/1e6)
	}
	if info, err := os.Stat(filepath.Join(dir, "small.safetensors")); err != nil || info.Size() < 1<<30 {
		t.Errorf("the result: %v, %v", info, err)
	}
}
