package plan

import (
	"os"
	"runtime"
	"testing"
)

// On Unix the file has no name while it is used, so that nothing is left even
// of a program that is killed.
func TestTempFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := NewTempFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 && runtime.GOOS != "windows" {
		t.Errorf("the file has a name: %v", entries)
	}
	var kept [2][3]byte
	for i, text := range []string{"abc", "def"} {
		r, err := s.Put([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadAt(kept[i][:], 0); err != nil || string(kept[i][:]) != text {
			t.Errorf("read %q, %v; want %s", kept[i], err, text)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("Close left %v", entries)
	}
}
