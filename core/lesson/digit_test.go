package lesson

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"splitquant/core/dataset/digits"
	"splitquant/core/onnx"
)

func sample(t *testing.T) *Digits {
	t.Helper()
	raw, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := onnx.Open(bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewDigits(f.Model(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The oracle is ONNX Runtime, whose logits for the first ten test digits are
// kept in a file.
func TestDigitsAsONNXRuntime(t *testing.T) {
	text, err := os.ReadFile("../cmd/digits/testdata/onnxruntime.json")
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	n := sample(t)
	for i := range want {
		image, label := digits.Draw(digits.TestSeed, i)
		got := n.Logits(&image)
		for j := range want[i] {
			if math.Abs(float64(got[j])-want[i][j]) > 1e-4 {
				t.Errorf("digit %d, logit %d: %v, ONNX Runtime %v", i, j, got[j], want[i][j])
			}
		}
		p, sum := Probabilities(got), 0.0
		for _, x := range p {
			sum += x
		}
		if math.Abs(sum-1) > 1e-12 || Likeliest(got) != label && want[i][Likeliest(got)] < want[i][label] {
			t.Errorf("digit %d: probabilities %v", i, p)
		}
	}
}

func BenchmarkDigit(b *testing.B) {
	raw, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		b.Fatal(err)
	}
	f, err := onnx.Open(bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		b.Fatal(err)
	}
	n, err := NewDigits(f.Model(), nil)
	if err != nil {
		b.Fatal(err)
	}
	image, _ := digits.Draw(digits.TestSeed, 3)
	for b.Loop() {
		n.Logits(&image)
	}
}
