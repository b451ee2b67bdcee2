// Package words explains the terms of art that the page uses, each in one
// sentence. A term is marked up as
//
//	<span class="term" tabindex="0" data-tip="what it means">its name</span>
//
// and package browser shows the sentence when it is pointed at or focused.
package words

// A Term is a word with its explanation.
type Term struct{ Name, Means Text }

// The terms.
var (
	Operator    = Term{"Operator", "What the layer computes: Conv is a convolution, Gemm and MatMul are matrix products."}
	Shape       = Term{"Shape", "The dimensions of the weight: for a convolution output channels × input channels × kernel."}
	Parameters  = Term{"Weights", "How many numbers the weight of the layer holds."}
	Range       = Term{"Range", "The smallest and the largest weight. Quantization spreads its few levels over this span."}
	Values      = Term{"Values", "How the weights are spread over the range: a small histogram, on a logarithmic scale."}
	SQNR        = Term{"SQNR", "Signal-to-quantization-noise ratio: how much stronger the weights are than the error that rounding them made. More is better; 6 dB more is half the error."}
	Plain       = Term{"plain", "Quantized to the same number of bits without splitting, for comparison."}
	Outlier     = Term{"Largest weight", "The outlier: the weight that is farthest from zero, and what is left of it after quantization. Clipping destroys it; a split keeps it."}
	BitsWeight  = Term{"Bits per weight", "What one weight takes in the file, scales and zero points included. Three layers of 2 bits store 6."}
	Cluster     = Term{"colours: clusters", "The lower, middle and upper weights of a layer: the three groups whose members lie closest together."}
	Boundary    = Term{"dashed: boundaries", "The weight at which one cluster ends and the next begins."}
	Level       = Term{"lines and dots: levels", "The values that a quantized weight can have. Every weight is rounded to the nearest level of its part."}
	Logarithmic = Term{"logarithmic", "Each step up is ten times as many weights, so that a single outlier is still seen."}
)
