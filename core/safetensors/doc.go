// Package safetensors reads and writes the safetensors format: a header in JSON
// that says where in the file each tensor lies, and the tensors.
//
//	8 bytes   length of the header, little endian
//	header    {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
//	tensors   row-major, little endian, without gaps
//
// [Open] reads the header alone. [Write] sorts tensors by the size of their
// elements, the widest first, so that each is aligned to its own.
//
// The format is that of github.com/huggingface/safetensors, README.md ("Format").
package safetensors
