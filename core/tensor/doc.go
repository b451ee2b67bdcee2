// Package tensor knows the numbers inside model files: their element types,
// shapes, and the bytes that hold them.
package tensor
