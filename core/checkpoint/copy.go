package checkpoint

import (
	"fmt"
	"io"

	"splitquant/core/model"
)

// Copy writes the data of a tensor to w, through a buffer of fixed size.
func Copy(w io.Writer, t *model.Tensor) error {
	size, err := Bytes(t.Type, t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if size > 0 && t.Data == nil {
		return fmt.Errorf("tensor %q has no data", t.Name)
	}
	buf := make([]byte, min(size, 1<<20))
	for at := int64(0); at < size; at += int64(len(buf)) {
		b := buf[:min(int64(len(buf)), size-at)]
		if n, err := t.Data.ReadAt(b, at); n < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("tensor %q: reading byte %d of %d: %w", t.Name, at+int64(n), size, err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
