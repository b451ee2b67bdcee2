package onnx

import (
	"io"

	"splitquant/core/model"
)

// A Target says where a written file must run. It bounds the opset that a
// model may be lifted to.
type Target string

const (
	Auto   Target = "auto"    // ONNX Runtime and ONNX Runtime Web 1.24 and newer: opset 25
	Web    Target = "web"     // the same
	ORT120 Target = "ort1.20" // ONNX Runtime 1.20: opset 21, IR 10
	Any    Target = "any"     // any runtime of opset 13, IR 7
)

// WriteOptions say how a changed model is written.
type WriteOptions struct {
	Target     Target // Auto where empty
	Properties []model.Property
}

// Written says what a file became.
type Written struct {
	Bytes    int64
	IR       int64 // version of the format
	Opset    int64 // version of ai.onnx
	Lifted   bool  // from an older opset
	Unpacked bool  // some codes are unpacked by standard operators, the opset has no type for them
}

// Write writes the model with the changes applied, and everything else byte for
// byte as it was; without changes that is the file itself.
func (f *File) Write(w io.Writer, changes []model.Change, opt WriteOptions) (Written, error) {
	panic("coming")
}

// CanQuantize returns why no quantized form can be written for this model, nil
// where it can. The float form always can.
func (f *File) CanQuantize() error { panic("coming") }
