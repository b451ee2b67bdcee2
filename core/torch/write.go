package torch

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
)

// folder is the root of an archive, as torch.save has it since 2.1.
const folder = "archive/"

// alignment is that of a storage in the file (caffe2/serialize/inline_container.h,
// kFieldAlignment), so that it can be mapped.
const alignment = 64

// About is the entry that holds what a result says about itself, next to those
// that torch.load reads.
const About = folder + "splitquant.json"

// Write writes a state dict of the tensors as torch.save does, and returns the
// size of the file. about, if not empty, is kept in the entry [About]. The data
// of each tensor are read once, from their start to their end; tensors with the
// same Data become views of one storage.
func Write(w io.Writer, tensors []*model.Tensor, about string) (int64, error) {
	n, err := write(w, tensors, about, checkpoint.Copy)
	if err != nil {
		return 0, fmt.Errorf("torch: %w", err)
	}
	return n, nil
}

// Size returns the size of the file that Write would write. It reads no data.
func Size(tensors []*model.Tensor, about string) (int64, error) {
	blank := make([]byte, 1<<20)
	n, err := write(io.Discard, tensors, about, func(w io.Writer, t *model.Tensor) error {
		n, err := checkpoint.Bytes(t.Type, t.Shape)
		for ; n > 0 && err == nil; n -= int64(len(blank)) {
			_, err = w.Write(blank[:min(n, int64(len(blank)))])
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("torch: %w", err)
	}
	return n, nil
}

func write(w io.Writer, tensors []*model.Tensor, about string, copyData func(io.Writer, *model.Tensor) error) (int64, error) {
	p, stored, err := stateDict(tensors)
	if err != nil {
		return 0, err
	}
	z := newZip(w)
	small := func(name, content string) error {
		return z.add(folder+name, int64(len(content)), func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		})
	}
	if err := small("data.pkl", string(p)); err != nil {
		return 0, err
	}
	if err := small("byteorder", "little"); err != nil {
		return 0, err
	}
	for i, t := range stored {
		size, err := checkpoint.Bytes(t.Type, t.Shape)
		if err != nil {
			return 0, err
		}
		if err := z.add(fmt.Sprintf("%sdata/%d", folder, i), size, func(w io.Writer) error { return copyData(w, t) }); err != nil {
			return 0, err
		}
	}
	if about != "" {
		if err := small(About[len(folder):], about); err != nil {
			return 0, err
		}
	}
	if err := small("version", "3\n"); err != nil {
		return 0, err
	}
	return z.close()
}

// A zipWriter writes stored entries, whose checksums follow them.
type zipWriter struct {
	to    *counter
	z     *zip.Writer
	sum   hash.Hash32
	entry *zip.FileHeader // the last one, whose checksum is not written yet
}

func newZip(w io.Writer) *zipWriter {
	c := &counter{w: w}
	return &zipWriter{to: c, z: zip.NewWriter(c), sum: crc32.NewIEEE()}
}

// add adds an entry of the given size, which content writes.
func (z *zipWriter) add(name string, size int64, content func(io.Writer) error) error {
	h := &zip.FileHeader{
		Name: name, Method: zip.Store, Flags: 8, // APPNOTE 4.4.4: the checksum follows the data
		CompressedSize64: uint64(size), UncompressedSize64: uint64(size),
	}
	begin, err := z.next()
	if err != nil {
		return err
	}
	const header, extra = 30, 4 // APPNOTE 4.3.7, 4.5.1
	pad := (alignment - (begin+header+int64(len(name))+extra)%alignment) % alignment
	h.Extra = binary.LittleEndian.AppendUint16([]byte("FB"), uint16(pad)) // as PyTorch pads
	h.Extra = append(h.Extra, make([]byte, pad)...)
	w, err := z.z.CreateRaw(h)
	if err != nil {
		return err
	}
	z.entry = h
	z.sum.Reset()
	return content(io.MultiWriter(w, z.sum))
}

// next finishes the last entry and returns where the next one begins.
func (z *zipWriter) next() (int64, error) {
	behind := int64(0)
	if z.entry != nil {
		z.entry.CRC32 = z.sum.Sum32()
		behind = 16 // its data descriptor, which comes with the next header (APPNOTE 4.3.9)
		if z.entry.CompressedSize64 >= math.MaxUint32 {
			behind = 24
		}
	}
	if err := z.z.Flush(); err != nil {
		return 0, err
	}
	return z.to.n + behind, nil
}

func (z *zipWriter) close() (int64, error) {
	if _, err := z.next(); err != nil {
		return 0, err
	}
	if err := z.z.Close(); err != nil {
		return 0, err
	}
	return z.to.n, nil
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
