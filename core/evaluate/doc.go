// Package evaluate runs models and says what changed between them: how far
// their outputs are apart, how many rows of labelled data each gets right, and
// which layer of a model loses the most when it is quantized.
//
// It knows no runtime. A [Model] is whatever can be run: an ort.Session on the
// command line, ONNX Runtime Web in the page.
package evaluate
