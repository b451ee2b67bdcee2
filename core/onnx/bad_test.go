package onnx

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSharedBad opens every file of models/bad that claims to be ONNX, and
// those of other kinds that must not be taken for it.
func TestSharedBad(t *testing.T) {
	fails := map[string]string{
		"truncated.onnx":             "the file is truncated",
		"empty.onnx":                 "the file is empty",
		"is-safetensors.onnx":        "this is a safetensors file",
		"lfs-pointer.onnx":           "this is a Git LFS pointer",
		"html-404.onnx":              "this is a web page, the download failed",
		"zipped-model.zip":           "this is a ZIP archive; unpack it first",
		"tflite.tflite":              "this is a TensorFlow Lite model, which is not supported",
		"mnist.ort":                  "ORT format, which is not supported; use the .onnx file",
		"external-missing.onnx":      `its data are in "other_name.bin", which is needed too`,
		"external-traversal.onnx":    "unsafe external data path",
		"huge-length.onnx":           "corrupt protobuf at byte 2: field 7 claims 9223372036854775807 bytes, 380 are left",
		"garbage.onnx":               "not an ONNX model",
		"bad-wiretype.onnx":          "corrupt protobuf at byte 2: field 7 has wire type 7",
		"no-graph.onnx":              "the model has no graph",
		"dims-overflow.onnx":         `tensor "classifier.0.weight": shape [2147483648 2147483648 4] has more elements than 64 bits count`,
		"raw-length-mismatch.onnx":   `tensor "classifier.0.weight": raw_data has 40315 bytes, shape [84 120] of float32 needs 40320`,
		"text-instead-of.gguf":       "not an ONNX model",
		"one-byte.gguf":              "not an ONNX model",
		"q4_0.gguf":                  "this is a GGUF file",
		"plain-pickle.pkl":           "this is a Python pickle",
		"fortran.npz":                "this is a ZIP archive",
		"header-2e60.safetensors":    "not an ONNX model",
		"is-onnx.pt":                 "",
		"nan-weight.onnx":            "",
		"constant-tensor.onnx":       "",
		"two-values.onnx":            "",
		"denormals.onnx":             "",
		"negative-zero.onnx":         "",
		"one-element.onnx":           "",
		"zero-element.onnx":          "",
		"duplicate-initializer.onnx": "",
		"missing-weight.onnx":        "",
	}
	paths, _ := filepath.Glob(filepath.Join(shared(t, "models", "bad"), "*.onnx"))
	for _, path := range paths {
		if _, ok := fails[filepath.Base(path)]; !ok {
			t.Errorf("%s is not tested", filepath.Base(path))
		}
	}
	for name, want := range fails {
		t.Run(name, func(t *testing.T) {
			f, err := openFile(t, shared(t, "models", "bad", name))
			switch {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && err == nil:
				t.Errorf("opened, expected: %s", want)
			case want != "" && !strings.Contains(err.Error(), want):
				t.Errorf("%v, expected: %s", err, want)
			case err != nil:
				t.Log(err)
			default:
				readAll(t, f)
			}
		})
	}
}
