package torch

import (
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"strconv"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// stateDict returns the pickle, of protocol 2, of an OrderedDict of tensors, and
// those whose data are the storages it refers to, by number.
func stateDict(tensors []*model.Tensor) (p []byte, stored []*model.Tensor, err error) {
	b := pickler{0x80, 2}
	b.emptyDict()
	b.add("(")
	numbers := make(map[io.ReaderAt]int)
	for _, t := range tensors {
		shareable := t.Data != nil && reflect.TypeOf(t.Data).Comparable()
		i, shared := 0, false
		if shareable {
			i, shared = numbers[t.Data]
		}
		if !shared || stored[i].Type != t.Type || !sameSize(stored[i], t) {
			i = len(stored)
			stored = append(stored, t)
			if shareable {
				numbers[t.Data] = i
			}
		}
		b.text(t.Name)
		if err := b.tensor(t, i); err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	b.add("u.")
	return b, stored, nil
}

func sameSize(a, b *model.Tensor) bool {
	n, _ := checkpoint.Bytes(a.Type, a.Shape)
	m, _ := checkpoint.Bytes(b.Type, b.Shape)
	return n == m
}

// A pickler is a pickle in the making.
type pickler []byte

func (b *pickler) add(ops string) { *b = append(*b, ops...) }

func (b *pickler) global(module, name string) { b.add("c" + module + "\n" + name + "\n") }

func (b *pickler) emptyDict() {
	b.global("collections", "OrderedDict")
	b.add(")R")
}

func (b *pickler) text(s string) {
	b.add("X")
	*b = binary.LittleEndian.AppendUint32(*b, uint32(len(s)))
	b.add(s)
}

func (b *pickler) int(n int64) {
	if n == int64(int32(n)) {
		b.add("J")
		*b = binary.LittleEndian.AppendUint32(*b, uint32(n))
		return
	}
	b.add("\x8a\x08") // LONG1
	*b = binary.LittleEndian.AppendUint64(*b, uint64(n))
}

func (b *pickler) ints(numbers []int64) {
	b.add("(")
	for _, n := range numbers {
		b.int(n)
	}
	b.add("t")
}

// tensor is a call of _rebuild_tensor_v2(storage, 0, shape, strides, False,
// OrderedDict()); types that no class of storage holds need _v3 and their name.
func (b *pickler) tensor(t *model.Tensor, number int) error {
	d, ok := dtypeOf(func(d dtype) bool { return d.typ == t.Type && (t.Encoding == d.name || t.Type != tensor.Float8) })
	if !ok {
		return fmt.Errorf("PyTorch has no type %v", t.Type)
	}
	elems, err := t.Shape.Elems()
	if err != nil {
		return err
	}
	class, module := d.storage, "torch"
	if class == "" {
		class, module = untyped.storage, "torch.storage"
		elems *= int64(t.Type.Bits() / 8)
		b.global("torch._utils", "_rebuild_tensor_v3")
	} else {
		b.global("torch._utils", "_rebuild_tensor_v2")
	}
	b.add("((")
	b.text("storage")
	b.global(module, class)
	b.text(strconv.Itoa(number))
	b.text("cpu")
	b.int(elems)
	b.add("tQ")
	b.int(0)
	b.ints(t.Shape)
	b.ints(strides(t.Shape))
	b.add("\x89") // False
	b.emptyDict()
	if d.storage == "" {
		b.global("torch", d.name)
	}
	b.add("tR")
	return nil
}

// strides are those of a row-major tensor.
func strides(s tensor.Shape) []int64 {
	strides := make([]int64, len(s))
	step := int64(1)
	for i := len(s) - 1; i >= 0; i-- {
		strides[i] = step
		step *= max(s[i], 1)
	}
	return strides
}
