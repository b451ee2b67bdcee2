package checkpoint

import (
	"fmt"
	"io"

	"splitquant/core/model"
)

// Copy writes the data of a tensor to w, through a buffer of fixed size, or as w
// likes to read them.
func Copy(w io.Writer, t *model.Tensor) error {
	size, err := Bytes(t.Type, t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if size == 0 {
		return nil
	}
	if t.Data == nil {
		return fmt.Errorf("tensor %q has no data", t.Name)
	}
	got, err := io.CopyBuffer(w, io.NewSectionReader(t.Data, 0, size), make([]byte, min(size, 1<<20)))
	if err == nil && got < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("tensor %q: reading byte %d of %d: %w", t.Name, got, size, err)
	}
	return nil
}
