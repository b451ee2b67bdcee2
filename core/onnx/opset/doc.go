// Package opset knows what changed between versions of the ai.onnx operator
// set, and writes what a model of an old one needs.
//
// A graph says which version of the operators it is written in, its opset. Codes
// of 4 bits have a type of their own from opset 21 on, codes of 2 bits from 25;
// DequantizeLinear takes scales along an axis from 13. A model that is older has
// two ways.
//
// [Lift] writes its nodes as a newer opset wants them. Of the 198 operators up to
// opset 25, most mean in every version what they meant in the first; some say
// the same in another way, such as axes that became an input:
//
//	r, err := opset.Lift(node, 11, 21, names, facts)
//
// The versions of all operators are in one table, and what is done for those
// that changed existing nodes in another. Lift refuses what has no exact
// counterpart, and what ONNX Runtime does not run in the newer version.
//
// [Unpack] leaves the opset as it is and takes the codes, packed in bytes, apart
// with operators that every opset from 7 on has. The stored bits are the same.
// Codes may be numbers on a grid, with scales for the tensor, for each channel
// or for blocks of one, or indices of a table.
//
// Nodes here are plain structs: package onnx reads and writes them.
//
// Sources: docs/Changelog.md, docs/Versioning.md and onnx/defs of
// github.com/onnx/onnx; for what its text leaves open (such as the nearest
// element of an old Resize), ONNX Runtime 1.30, which the tests run old and
// lifted nodes in.
package opset
