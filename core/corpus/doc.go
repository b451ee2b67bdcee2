// Package corpus holds no code, only tests of the whole: real models that
// other people made, and the paper's own, go through the pipeline and then
// through ONNX Runtime.
//
// The models lie in ../shared beside the repository and are not part of it;
// where they or ONNX Runtime are absent the tests skip and say so. Setting
// SPLITQUANT_FULL=1 runs every combination of options instead of a selection.
package corpus
