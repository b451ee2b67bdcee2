// Package measure says how good a quantized weight is and what it costs.
package measure
