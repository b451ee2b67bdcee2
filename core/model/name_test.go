package model

import "testing"

func TestMainFile(t *testing.T) {
	for _, c := range []struct {
		want  string
		names []string
	}{
		{"net.onnx", []string{"w.bin", "net.onnx", "other.onnx"}},
		{"a.safetensors.index.json", []string{"a-1.safetensors", "a.safetensors.index.json", "a-2.safetensors"}},
		{"m/model.onnx", []string{"m/onnx/model.onnx", "m/model.onnx", "m/config.json", "__MACOSX/m.onnx"}},
		{"pytorch_model.bin", []string{"config.json", "pytorch_model.bin"}},
		{"readme", []string{"readme", "notes"}},
	} {
		if got := c.names[Main(c.names)]; got != c.want {
			t.Errorf("%q of %q, want %q", got, c.names, c.want)
		}
	}
	if IsName("notes.txt") || IsName("m/._net.onnx") || !IsName("NET.ONNX") {
		t.Error("models are told wrongly by their names")
	}
}
