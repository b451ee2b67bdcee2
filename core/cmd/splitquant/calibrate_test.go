package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	drawing "splitquant/core/dataset/digits"
	"splitquant/core/model"
	"splitquant/core/ort"
)

// TestCalibrate finds ranges on drawn digits, as IDX files, and quantizes by them
// in one command and in two: the same bytes.
func TestCalibrate(t *testing.T) {
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	pixels := binary.BigEndian.AppendUint32([]byte{0, 0, 0x0d, 3}, 50) // float32 in three dimensions
	pixels = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(pixels, drawing.Size), drawing.Size)
	for i := range 50 {
		image, _ := drawing.Draw(7, i)
		p := image.Float32()
		pixels, _ = binary.Append(pixels, binary.BigEndian, p[:])
	}
	data, ranges := filepath.Join(dir, "images-idx3-ubyte"), filepath.Join(dir, "ranges.json")
	if err := os.WriteFile(data, pixels, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "calibrate", digits, "--data", data, "--raw", "-o", ranges); !strings.Contains(out, "13, of 4 activations") {
		t.Errorf("got %q", out)
	}
	r, err := model.ReadRanges(bytes.NewReader(readFile(t, ranges)))
	if err != nil || r["image"].Min != 0 || r["image"].Max != 1 || !(r["relu1"].Max > 0) {
		t.Errorf("got %v, %v", r, err)
	}
	two, one := filepath.Join(dir, "two.onnx"), filepath.Join(dir, "one.onnx")
	out := must(t, "quantize", digits, "--bits", "8", "--form", "plain", "--activations", "split", "--ranges", ranges, "-o", two)
	if !strings.Contains(out, "in 8 bits         10 activations") {
		t.Errorf("got %q", out)
	}
	if _, _, errs := command(t, "calibrate", digits, "-o", ranges); !strings.Contains(errs, "made-up inputs") {
		t.Errorf("made-up inputs are not warned of: %q", errs)
	}
	must(t, "quantize", digits, "--bits", "8", "--form", "plain", "--activations", "split", "--calibrate", data, "-o", one)
	if !bytes.Equal(readFile(t, one), readFile(t, two)) {
		t.Error("one command and two write different files")
	}
}

// Activations of 8 bits go with weights of 2, which ONNX Runtime itself must be
// kept from fusing: it would then refuse the model.
func TestCalibrateTwoBits(t *testing.T) {
	needs(t, false)
	const spam = "../../../public/samples/spam/"
	args := []string{spam + "model.onnx", "--data", spam + "messages.tsv", "--tokenizer", spam + "vocab.txt"}
	for _, form := range []string{"layers", "plain"} {
		out := filepath.Join(t.TempDir(), form+".onnx")
		must(t, "quantize", args[0], "-o", out, "-q", "--strategy", "resolution", "--form", form, "--calibrate", args[2], "--tokenizer", args[4])
		if m := proof(t, append(args, out)...).Models[1]; m.Correct < 115 {
			t.Errorf("%s: %d of %d right", form, m.Correct, m.Rows)
		}
	}
}

func TestCalibrateErrors(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte(`{"relu1": [1, 0]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"calibrate", digits}, "name the file to write with -o"},
		{[]string{"calibrate", digits, "-o", out, "--method", "best"}, `method "best" is unknown`},
		{[]string{"calibrate", digits, "-o", out, "--activation-bits", "2"}, "want 8 or 4"},
		{[]string{"quantize", digits, "-o", out, "--activation-bits", "8"}, "--activation-bits needs ranges"},
		{[]string{"quantize", digits, "-o", out, "--ranges", bad}, "the smaller one first"},
		{[]string{"quantize", digits, "-o", out, "--ranges", bad, "--calibrate", bad}, "give one of the two"},
	} {
		if code, _, errs := command(t, c.args...); code != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, %q, want 2 and %q", c.args, code, errs, c.want)
		}
	}
}
