package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"splitquant/core/torch/pickle"
)

// magic is the number in the first pickle of a stream (serialization.py,
// MAGIC_NUMBER), as its bytes lie in the file.
const magic = pickle.Big("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

// OpenLegacy reads the pickles of a checkpoint of the older kind, in the size
// bytes of r: the magic number, the version of the protocol, facts about the
// machine, the checkpoint itself, and the keys of the storages, which follow in
// that order, each behind the number of its elements.
func OpenLegacy(r io.ReaderAt, size int64) (*File, error) {
	f, err := openLegacy(r, size)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	return f, nil
}

func openLegacy(r io.ReaderAt, size int64) (*File, error) {
	h := &host{storages: make(map[string]*storage)}
	first, at, err := pickle.Read(r, 0, size, h)
	if err != nil {
		return nil, err
	}
	if first != magic {
		return nil, errors.New("this is a Python pickle, and not a PyTorch checkpoint")
	}
	version, at, err := pickle.Read(r, at, size, h)
	if err != nil {
		return nil, err
	}
	if version != int64(1001) {
		return nil, fmt.Errorf("protocol version %v is not supported, 1001 is", version)
	}
	machine, at, err := pickle.Read(r, at, size, h)
	if err != nil {
		return nil, err
	}
	if d, ok := machine.(*pickle.Dict); ok {
		if little, ok := d.Get("little_endian"); ok && little != true {
			return nil, errors.New("its numbers are big endian, which is not supported")
		}
	}
	v, at, err := pickle.Read(r, at, size, h)
	if err != nil {
		return nil, err
	}
	keys, at, err := pickle.Read(r, at, size, h)
	if err != nil {
		return nil, err
	}
	if err := h.locate(keys, r, at, size); err != nil {
		return nil, err
	}
	f := &File{Container: "legacy checkpoint"}
	return f, f.find(v)
}

// locate finds the storages, which lie in r one behind the other from at on.
func (h *host) locate(keys pickle.Value, r io.ReaderAt, at, size int64) error {
	list, ok := keys.(*pickle.List)
	if !ok {
		return errors.New("the list of storages is missing")
	}
	for _, s := range h.storages {
		s.err = fmt.Errorf("its storage %s is not in the file", s.key)
	}
	for _, k := range list.Items {
		name, _ := key(k)
		s := h.storages[name]
		if s == nil {
			return fmt.Errorf("no tensor says what is in storage %q", name)
		}
		var count [8]byte
		if n, err := r.ReadAt(count[:], at); n < len(count) {
			return fmt.Errorf("the file is truncated: storage %q: %w", name, noEOF(err))
		}
		elems := binary.LittleEndian.Uint64(count[:])
		at += 8
		width := int64(s.typ.typ.Bits() / 8)
		if elems > math.MaxInt64/16 || int64(elems)*width > size-at {
			return fmt.Errorf("the file is truncated: storage %q has %d elements, %d bytes are left", name, elems, size-at)
		}
		s.bytes, s.err = int64(elems)*width, nil
		s.data = io.NewSectionReader(r, at, s.bytes)
		at += s.bytes
	}
	return nil
}

func noEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
