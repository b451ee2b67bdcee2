package report

import "fmt"

func ExampleReport_Snippets() {
	r := &Report{Needs: "ONNX Runtime and ONNX Runtime Web 1.24 or newer"}
	fmt.Println(r.Snippets("digits-int2.onnx")[0].Code)
	// Output:
	// import onnxruntime as ort  # ONNX Runtime and ONNX Runtime Web 1.24 or newer
	// session = ort.InferenceSession("digits-int2.onnx")
	// outputs = session.run(None, inputs)  # {name: array} for each of session.get_inputs()
}
