// Package measure says how good quantized weights are, how they are
// distributed, and what they weigh.
//
// # How good
//
// [Noise] compares weights with what comes back after quantization; its
// [Noise.SQNR] is the signal-to-quantization-noise ratio in decibels. Ten more
// decibels are a tenth of the noise power, and a bit more in every code is worth
// about six. Noise of several layers is merged into the pooled SQNR of a model.
// As these figures are written into files, they are the same bits on every
// platform and for every number of workers, if work is cut at multiples of
// [Piece] and merged in order:
//
//	var noise measure.Noise
//	noise.Add(w, dequantized)
//	fmt.Printf("%.2f dB", noise.SQNR())
//
// # How distributed
//
// [Summarize] and [Histogram] describe values for people to read; [Moments] does
// so for values that come in pieces, and [Sparkline] draws counts in one line.
// They stand on gonum, whose last bits are not the same everywhere: nothing that
// is written into a model may depend on them.
//
// # How heavy
//
// [Storage] gives the stored bits per weight, scales, zero points and tables
// included.
package measure
