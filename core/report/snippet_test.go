package report_test

import (
	"fmt"
	"testing"

	"splitquant/core/report"
)

func ExampleReport_Snippets() {
	r := report.Report{Opset: 25, Runtime: "1.24"}
	for _, s := range r.Snippets("digits-int2.onnx") {
		fmt.Printf("%s:\n%s", s.Language, s.Code)
	}
	// Output:
	// Python:
	// import onnxruntime  # 1.24 or newer
	// session = onnxruntime.InferenceSession("digits-int2.onnx")
	// print([i.name for i in session.get_inputs()], [o.name for o in session.get_outputs()])
	// JavaScript:
	// import * as ort from "onnxruntime-web";  // 1.24 or newer
	// const session = await ort.InferenceSession.create("digits-int2.onnx");
	// console.log(session.inputNames, session.outputNames);
}

func TestNoSnippets(t *testing.T) {
	if got := (&report.Report{}).Snippets("m.safetensors"); got != nil {
		t.Errorf("got %v for a file that ONNX Runtime does not read", got)
	}
}
