// Package gguf reads GGUF, the format of llama.cpp and its relatives: versions 2
// and 3, little endian.
//
//	"GGUF"  version  number of tensors  number of metadata
//	metadata   name, type, value, ...
//	tensors    name, dimensions (the fastest first), type, offset, ...
//	data       each tensor at a multiple of general.alignment, 32 where it is not said
//
// Weights in blocks of codes (Q4_0, Q8_0, the K-quants and others) are read as
// the float32 values that they stand for, block by block, at any offset.
//
// The format is that of github.com/ggml-org/ggml, docs/gguf.md; the blocks are
// those of its src/ggml-common.h and the functions dequantize_row_... of
// src/ggml-quants.c.
package gguf
