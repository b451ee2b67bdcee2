// Package onnx reads and writes ONNX models.
package onnx
