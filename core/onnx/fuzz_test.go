package onnx

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"testing"

	"splitquant/core/model"
)

// FuzzOpen opens damaged models. Whatever opens must read to the end of its
// tensors or say why not, come back unchanged byte for byte, and, split, give a
// file that opens again.
func FuzzOpen(f *testing.F) {
	f.Add(smallModel(3, 7))
	f.Add(smallModel(8, 21))
	f.Add(layerModel())
	for _, name := range slices.Sorted(maps.Keys(everywhere())) {
		f.Add(everywhere()[name])
	}
	f.Add(aTensor(pbInts(1, 4), pbInt(2, 7), pbPacked(7, 1, -2), pbInts(7, 3, 4)))
	f.Add(aTensor(pbInts(1, 5), pbInt(2, 26), pbPacked(5, 0xe4, 2)))
	f.Add(anExternal("location", "w.bin", "offset", "0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		external := func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(make([]byte, 64)), 64, nil }
		file, err := Open(bytes.NewReader(b), int64(len(b)), external)
		if err != nil {
			return
		}
		for _, x := range file.Model().Tensors {
			if x.Data != nil {
				io.Copy(io.Discard, io.NewSectionReader(x.Data, 0, 1<<20))
			}
		}
		var same bytes.Buffer
		if _, err := file.Write(&same, nil, WriteOptions{}); err != nil || !bytes.Equal(same.Bytes(), b) {
			t.Fatalf("%d bytes came back as %d, %v", len(b), same.Len(), err)
		}
		if file.Model().Parameters > 1<<16 {
			return
		}
		changes := [][]model.Change{floatSplit(t, file)}
		if file.CanQuantize() == nil {
			q, _ := quantized(t, file, 4, 3, model.FormSummed)
			changes = append(changes, q)
		}
		for _, c := range changes {
			var out bytes.Buffer
			written, err := file.Write(&out, c, WriteOptions{})
			if err != nil {
				continue
			}
			again, err := Open(bytes.NewReader(out.Bytes()), written.Bytes, external)
			if err != nil {
				t.Fatalf("split, it does not open: %v", err)
			}
			if err := checkNames(file, again); err != nil {
				t.Fatal(err)
			}
		}
	})
}
