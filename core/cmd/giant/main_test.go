package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"splitquant/core/safetensors"
)

func TestShapeOfTheGiant(t *testing.T) {
	all := tensors(1)
	n := int64(0)
	for _, x := range all {
		n += x.elems()
	}
	if len(all) != 146 || n != 1_235_814_400 { // as the model card of Llama-3.2-1B says
		t.Errorf("%d tensors of %d weights", len(all), n)
	}
}

// The package that reads safetensors is the oracle for the file.
func TestSmallGiant(t *testing.T) {
	var file bytes.Buffer
	all := tensors(1024)
	if err := write(&file, all); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.Tensors); got != len(all) {
		t.Errorf("%d tensors, want %d", got, len(all))
	}
	const want = "6519f1e0b47183dd825d37ca11fe9870db1d11373e30bac11d1c3f9afc741a24"
	sum := sha256.Sum256(file.Bytes())
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("SHA-256 %s, want %s: the file must be the same everywhere", got, want)
	}
}
