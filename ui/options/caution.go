package options

import (
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// What a person should know before the run: how the options compare with plain
// quantization, and whether they are worth it.

// comparison is what the options keep, and plain quantization in no more room.
func (c *View) comparison() string {
	k := c.S.Comparison
	if k == nil || c.S.Weighing {
		return "\u00a0"
	}
	s := words.F("SQNR about %s", format.Decibel(k.Own.SQNR, k.Own.SQNR == nil))
	if k.Plain.Bits != 0 {
		s += words.F("; plain INT%d, %s per weight: %s", k.Plain.Bits, format.Bits(k.Plain.BitsPerWeight), format.Decibel(k.Plain.SQNR, k.Plain.SQNR == nil))
	}
	if k.Weights < k.All {
		s += words.F(" (measured on %s of the weights)", format.Percent(float64(k.Weights), float64(k.All)))
	}
	return s + "."
}

// cautions says why the result may not be worth a run.
func (c *View) cautions() (list []string) {
	if c.S.Larger() {
		list = append(list, words.F("The result would be larger than the original: %s instead of %s. Fewer bits, or form codebook, take less.",
			format.Bytes(c.S.Estimate.BytesAfter), format.Bytes(c.S.Model.Bytes)))
	}
	if c.S.Worse() {
		list = append(list, words.F("Plain INT%d would keep more in no more room. Strategy residual or resolution, or form codebook, make better use of the bits.", c.S.Comparison.Plain.Bits))
	}
	return list
}
