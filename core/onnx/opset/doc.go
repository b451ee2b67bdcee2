// Package opset knows what changed between versions of the ai.onnx operator
// set, and writes a node of an old set as the new one wants it.
package opset
