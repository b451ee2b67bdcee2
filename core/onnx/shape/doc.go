// Package shape works out how many dimensions a value of an ONNX graph has, and
// how long they are, as far as the graph itself tells.
//
// [Infer] takes one node at a time: from the shapes of its inputs, and the few
// inputs whose values matter, it says the shapes of the outputs. What depends on
// data is unknown; a shape that is stated is never wrong for a graph that runs.
//
// Sources: docs/Operators.md and docs/Broadcasting.md of github.com/onnx/onnx.
package shape
