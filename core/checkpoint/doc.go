// Package checkpoint is about model files that hold named tensors and no graph:
// safetensors, PyTorch's checkpoints, GGUF, NumPy's archives.
//
// [Layers] tells from names and shapes what a weight is used for, [Expand] puts
// in the place of changed weights what a run has made of them:
//
//	fc.weight  becomes  fc.lower.weight, fc.middle.weight, fc.upper.weight
//	fc.bias    becomes  fc.lower.bias, fc.middle.bias, fc.upper.bias
//
// which a module with the submodules lower, middle and upper in place of fc
// loads, as the reference implementation has it. Where fc.lower.weight is
// quantized, there are instead
//
//	fc.lower.weight.codes   uint8, one row of bits: code after code, the low bits of a byte first
//	fc.lower.weight.scales  float, of a shape that broadcasts to the weight's
//	fc.lower.weight.zeros   one zero point for each scale, packed like codes; none where all are 0
//	fc.lower.weight.table   of a codebook: the value of each code
//
// and the value of a code is scale * (code - zero), or scale * table[code]. A
// weight that stays in one part is called fc.weight.codes and so on.
//
// [Description] says how it all fits together, as JSON that a reader needs: see
// the README for one of forty lines.
package checkpoint
