// Package quant knows integer grids: how a range of weights becomes a scale and
// a zero point, and weights become codes and come back.
package quant
