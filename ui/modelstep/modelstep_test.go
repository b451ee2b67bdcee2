package modelstep

import (
	"os"
	"strings"
	"testing"

	"splitquant/core/report"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

func TestTheSampleHasTheSizeThatTheButtonNames(t *testing.T) {
	info, err := os.Stat("../../public/" + SampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != SampleBytes {
		t.Errorf("%s has %d bytes, SampleBytes is %d", SampleFile, info.Size(), SampleBytes)
	}
}

func TestView(t *testing.T) {
	s := state.New()
	c := &View{S: &s}
	root := uitest.Render(c)
	input := uitest.Find(root, "data-testid", "file-input")
	if len(input) != 1 || uitest.Attr(input[0], "type") != "file" || !uitest.Has(input[0], "multiple") {
		t.Fatalf("no file input for several files: %v", input)
	}
	for _, id := range []string{uitest.Attr(input[0], "id"), FolderInput} {
		if len(uitest.Find(root, "for", id)) != 1 {
			t.Errorf("the input %s has no label", id)
		}
	}
	if text, ok := uitest.ByTestID(root, "sample-digits"); !ok || !strings.Contains(text, "210 kB") {
		t.Errorf("the sample's button says %q", text)
	}
	if _, ok := uitest.ByTestID(root, "model-name"); ok {
		t.Error("there is a model's name before there is a model")
	}

	s.SetModel(&message.ModelInfo{
		Model: report.Model{Name: "digits.onnx", Format: "onnx", Version: "IR 8, opset 17", Parameters: 52138},
		Bytes: 209513, Warnings: []string{"odd"},
	})
	root = uitest.Render(c)
	if name, _ := uitest.ByTestID(root, "model-name"); name != "digits.onnx" {
		t.Errorf("the model is called %q", name)
	}
	if text := uitest.Text(root); !strings.Contains(text, "digits.onnx ONNX · IR 8, opset 17 · 52,138 parameters · 210 kB") || !strings.Contains(text, "odd") {
		t.Errorf("an open model says %q", text)
	}
	if len(uitest.Find(root, "data-testid", "file-input")) != 1 {
		t.Error("no other model can be opened")
	}
}
