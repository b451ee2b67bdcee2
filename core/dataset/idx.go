package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// idxTypes are the element types by the third byte of an IDX file.
var idxTypes = map[byte]tensor.Type{
	8: tensor.Uint8, 9: tensor.Int8, 11: tensor.Int16, 12: tensor.Int32, 13: tensor.Float32, 14: tensor.Float64,
}

// isIDX reports whether a file that begins with head is an IDX file, as MNIST
// comes in: two bytes 0, the type, the number of dimensions.
func isIDX(head []byte) bool {
	return len(head) >= 4 && head[0] == 0 && head[1] == 0 && idxTypes[head[2]] != 0 && head[3] >= 1 && head[3] <= 8
}

// readIDX reads the header of an IDX file (yann.lecun.com/exdb/mnist).
func readIDX(f File) (*model.Tensor, error) {
	head := make([]byte, min(f.Size, 4+4*8))
	if n, err := f.Data.ReadAt(head, 0); n < len(head) {
		return nil, err
	}
	if !isIDX(head) || len(head) < 4+4*int(head[3]) {
		return nil, fmt.Errorf("this is no IDX file")
	}
	t := &model.Tensor{Name: f.Name, Type: idxTypes[head[2]]}
	start := int64(4)
	for range head[3] {
		t.Shape = append(t.Shape, int64(binary.BigEndian.Uint32(head[start:])))
		start += 4
	}
	n, err := t.Shape.Elems()
	if err != nil {
		return nil, err
	}
	size, err := t.Type.Bytes(n)
	if err != nil {
		return nil, err
	}
	if start+size != f.Size {
		return nil, fmt.Errorf("shape %v of %v needs %d bytes, the file has %d", t.Shape, t.Type, start+size, f.Size)
	}
	if wide := t.Type.Bits() / 8; wide > 1 {
		data := make([]byte, size)
		if n, err := f.Data.ReadAt(data, start); n < len(data) {
			return nil, err
		}
		for at := 0; at < len(data); at += wide { // big endian
			for a, b := at, at+wide-1; a < b; a, b = a+1, b-1 {
				data[a], data[b] = data[b], data[a]
			}
		}
		t.Data = bytes.NewReader(data)
		return t, nil
	}
	t.Data = io.NewSectionReader(f.Data, start, size)
	return t, nil
}

// unzipped is the file itself, or what is in it if it is a gzip file.
func unzipped(f File) (File, error) {
	head := make([]byte, 2)
	if n, _ := f.Data.ReadAt(head, 0); n < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return f, nil
	}
	r, err := gzip.NewReader(io.NewSectionReader(f.Data, 0, f.Size))
	if err != nil {
		return f, err
	}
	data, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return f, err
	}
	if len(data) > maxTable {
		return f, fmt.Errorf("more than %d MB are too much to be unpacked in memory", maxTable>>20)
	}
	if n := len(f.Name); n > 3 && f.Name[n-3:] == ".gz" {
		f.Name = f.Name[:n-3]
	}
	return File{f.Name, bytes.NewReader(data), int64(len(data))}, nil
}
