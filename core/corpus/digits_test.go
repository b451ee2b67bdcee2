package corpus

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"splitquant/core/dataset/digits"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// digitsModel returns the path of the project's own sample.
func digitsModel(t *testing.T) string {
	t.Helper()
	path := filepath.Join(root(t), "public", "samples", "digits.onnx")
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	library(t)
	return path
}

// TestDigitsSplit splits the sample in float and compares all logits, which
// reach a few tens.
func TestDigitsSplit(t *testing.T) {
	path := digitsModel(t)
	want, _ := logits(t, path, nil)
	model, _, err := quantize(path, options(2, "float", "auto"))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := logits(t, path, model)
	worst, largest := 0.0, 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	if !(worst <= 1e-5*largest) {
		t.Errorf("logits differ by %g of %g, at most 1e-5 of it expected", worst, largest)
	}
}

// TestDigitsQuantize quantizes the sample and counts what it still reads. What
// is lost is small and known; the bounds leave room for a few drawn digits.
func TestDigitsQuantize(t *testing.T) {
	path := digitsModel(t)
	if _, right := logits(t, path, nil); right != 1979 { // public/samples/README.md: 98.95 %
		t.Errorf("the original reads %d digits of %d, want 1979", right, digits.TestCount)
	}
	for _, c := range []struct {
		bits  int
		form  string
		right int
	}{
		{8, "plain", 1975}, {4, "plain", 1900}, {8, "layers", 1977}, {4, "layers", 1970}, {2, "layers", 1800}, {2, "summed", 1800},
	} {
		model, _, err := quantize(path, options(c.bits, c.form, "auto"))
		if err != nil {
			t.Fatal(err)
		}
		values, right := logits(t, path, model)
		for i, v := range values {
			if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
				t.Fatalf("int%d %s: logit %d is %v", c.bits, c.form, i, v)
			}
		}
		if right < c.right {
			t.Errorf("int%d %s: %d digits of %d are read, want %d", c.bits, c.form, right, digits.TestCount, c.right)
		}
	}
}

// logits runs model, or the sample where it is nil, on the test digits and
// counts those it reads.
func logits(t *testing.T, path string, model []byte) (all []float32, right int) {
	t.Helper()
	s, err := open(t, path, model)
	if err != nil {
		t.Fatal(err)
	}
	const batch = 100
	for first := 0; first < digits.TestCount; first += batch {
		var pixels []float32
		var labels [batch]int
		for i := range labels {
			image, label := digits.Draw(digits.TestSeed, first+i)
			p := image.Float32()
			pixels, labels[i] = append(pixels, p[:]...), label
		}
		shape := tensor.Shape{batch, 1, digits.Size, digits.Size}
		out, err := s.Run(map[string]ort.Value{s.Inputs[0].Name: ort.Float32(shape, pixels)})
		if err != nil {
			t.Fatal(err)
		}
		values, err := out[s.Outputs[0].Name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		classes := len(values) / batch
		for i, label := range labels {
			if argmax(values[i*classes:(i+1)*classes]) == label {
				right++
			}
		}
		all = append(all, values...)
	}
	return all, right
}
