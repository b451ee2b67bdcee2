package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"splitquant/core/dataset/digits"
)

const sample = "../../../public/samples/digits.onnx"

func readSample(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The hash was taken on amd64 and is the same with gonum's kernels in plain Go
// (-tags noasm), with fused multiplication and addition (GOAMD64=v3, arm64), on
// 386 and in WebAssembly.
func TestSameSeedSameBytes(t *testing.T) {
	file := func(seed uint64) []byte {
		return train(seed, 250, func(int, float64) {}).encode()
	}
	first := file(1)
	if !bytes.Equal(first, file(1)) {
		t.Error("two runs with the same seed differ")
	}
	if bytes.Equal(first, file(2)) {
		t.Error("two seeds give the same file")
	}
	const want = "a1abd716c16d9c7d8818eb33cb04d47981b03de33429edb091b4701df98cb0de"
	if got := fmt.Sprintf("%x", sha256.Sum256(first)); got != want {
		t.Errorf("after 250 digits the file has SHA-256 %s, want %s", got, want)
	}
}

func TestSample(t *testing.T) {
	file := readSample(t)
	if len(file) > 400_000 {
		t.Errorf("the sample has %d bytes, may have 400,000", len(file))
	}
	n, err := decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(n.encode(), file) {
		t.Error("the sample is not what encode writes for its weights")
	}
	if got := n.accuracy(digits.TestCount); got < 0.97 {
		t.Errorf("accuracy %v on %d test digits, want at least 0.97", got, digits.TestCount)
	}
}

// The oracle is ONNX Runtime 1.30 (npm onnxruntime-node, optimizations
// disabled) on the sample and the first ten test digits.
func TestSampleAgreesWithONNXRuntime(t *testing.T) {
	n, err := decode(readSample(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/onnxruntime.json")
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	x, _ := batch(digits.TestSeed, 0, len(want))
	y := n.forward(x)
	for j := range want {
		for i, w := range want[j] {
			if got := y.Data[i*y.Cols+j]; math.Abs(got-w) > 1e-4 {
				t.Errorf("digit %d, logit %d: %v, ONNX Runtime %v", j, i, got, w)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	file := readSample(t)
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `initializer "conv1.weight" has 0 bytes of raw data, shape [8 1 3 3] of float32 needs 288`},
		{"text", []byte("not a model"), "not an ONNX file"},
		{"cut", file[:len(file)-100], "not an ONNX file"},
		{"other name", bytes.ReplaceAll(file, []byte("fc2.bias"), []byte("fc3.bias")), `initializer "fc2.bias" has 0 bytes`},
	} {
		_, err := decode(test.file)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(newNetwork(1).encode()[:1500])
	f.Fuzz(func(t *testing.T, file []byte) {
		n, err := decode(file)
		if (n == nil) == (err == nil) {
			t.Errorf("network %v and error %v", n, err)
		}
	})
}

func TestMakeFileRefusesTestSeed(t *testing.T) {
	path := t.TempDir() + "/out.onnx"
	if err := makeFile(digits.TestSeed, 10, path); err == nil {
		t.Error("trained on the test digits")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("wrote a file")
	}
}
