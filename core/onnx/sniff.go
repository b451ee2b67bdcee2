package onnx

import (
	"bytes"
	"encoding/binary"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// modelFields are the fields of ModelProto that a file may begin with.
var modelFields = map[protowire.Number]protowire.Type{
	1: protowire.VarintType, 2: protowire.BytesType, 3: protowire.BytesType, 4: protowire.BytesType,
	5: protowire.VarintType, 6: protowire.BytesType, 7: protowire.BytesType, 8: protowire.BytesType,
	14: protowire.BytesType, 20: protowire.BytesType, 25: protowire.BytesType, 26: protowire.BytesType,
}

// SniffLen is how many bytes of a file [Sniff] wants to see, if there are as many.
const SniffLen = 512

// Sniff reports whether a file that begins with head is an ONNX model, whole or
// damaged. ONNX has no magic number: it must begin with fields that a model has.
func Sniff(head []byte) bool {
	if Foreign(head) != "" {
		return false
	}
	num, typ, n := protowire.ConsumeTag(head)
	if want, known := modelFields[num]; n < 0 || !known || typ != want {
		return false
	}
	switch num {
	case 1: // ir_version: a small number
		v, n := protowire.ConsumeVarint(head[n:])
		return n > 0 && v > 0 && v < 1000
	case 7, 8: // a graph, an opset import
		return true
	}
	// Some text first, which must be followed by another field of a model.
	_, size := protowire.ConsumeBytes(head[n:])
	if typ == protowire.VarintType {
		_, size = protowire.ConsumeVarint(head[n:])
	}
	if size < 0 {
		return false
	}
	num, typ, size = protowire.ConsumeTag(head[n+size:])
	want, known := modelFields[num]
	return size > 0 && known && typ == want
}

// Foreign says in words what a file is that begins with head and is certainly
// no ONNX model; empty where it does not know.
func Foreign(head []byte) string {
	text := strings.ToLower(string(bytes.TrimLeft(head[:min(len(head), 64)], " \t\r\n\ufeff")))
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	switch {
	case strings.HasPrefix(text, "version https://git-lfs"):
		return "this is a Git LFS pointer, not the model; fetch the real file (git lfs pull)"
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<head"):
		return "this is a web page, the download failed"
	case strings.HasPrefix(text, "<?xml"):
		return "this is an XML file"
	case at(0, "PK\x03\x04"):
		return "this is a ZIP archive; unpack it first, or it is a PyTorch or NumPy file"
	case at(0, "\x1f\x8b"):
		return "this is a gzip file; unpack it first"
	case at(4, "TFL3"):
		return "this is a TensorFlow Lite model, which is not supported"
	case at(4, "ORTM"):
		return "this is a model in ONNX Runtime's own ORT format, which is not supported; use the .onnx file"
	case at(0, "GGUF"):
		return "this is a GGUF file"
	case at(0, "\x93NUMPY"):
		return "this is a NumPy array"
	case at(0, "\x89HDF"):
		return "this is an HDF5 file (Keras), which is not supported"
	case at(0, "\x80\x02"), at(0, "\x80\x03"), at(0, "\x80\x04"), at(0, "\x80\x05"):
		return "this is a Python pickle"
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<40:
		return "this is a safetensors file"
	}
	return ""
}
