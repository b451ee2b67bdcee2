package site

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Zip writes the files of a folder to a ZIP archive, under a folder of the
// given name. The same files give the same bytes: they come in order, without
// times.
func Zip(w io.Writer, dir, under string) error {
	z := zip.NewWriter(w)
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: under + "/" + filepath.ToSlash(relative), Method: zip.Deflate}
		for _, c := range encodings {
			if strings.HasSuffix(name, c.ext) {
				h.Method = zip.Store // it does not get smaller
			}
		}
		part, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = part.Write(content)
		return err
	})
	return errors.Join(err, z.Close())
}

// Sums writes the SHA-256 of the files in a folder, as sha256sum -c reads them.
func Sums(w io.Writer, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%x  %s\n", sha256.Sum256(content), e.Name()); err != nil {
			return err
		}
	}
	return nil
}
