package figure

import (
	"fmt"
	"strings"

	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

const (
	textWaits    = "Drawing …"
	textAfterRun = "The picture follows when the run is over."
	textScale    = "Counts"
	textLog      = "logarithmic"
	textLinear   = "linear"
	textCount    = "count"
	textPrevious = "Previous layer"
	textNext     = "Next layer"
	textNumbers  = "Numbers behind the picture"
	textEmpty    = "This layer has no weights to draw."

	textHeadPart    = "Part"
	textHeadCentre  = "Centre"
	textHeadWeights = "Weights"
	textHeadLevels  = "Levels"
	textHeadFrom    = "From"
	textHeadTo      = "To"
	textPlainRow    = "plain"
	textTableRow    = "table"
)

var (
	partNames   = [...]string{"lower", "middle", "upper"}
	logarithmic = words.Logarithmic
	keys        = []words.Term{words.Cluster, words.Boundary, words.Level}
)

// labels are the titles of the panels: what the options come to beside plain
// quantization.
func labels(o recipe.Options) []string {
	l := []string{fmt.Sprintf("Plain, %d bits", o.Bits)}
	switch {
	case o.Palette != 0:
		return append(l, fmt.Sprintf("Palette of %d values", o.Palette))
	case !o.Splits():
		return l
	case o.Form == "float":
		return append(l, "Split, not quantized")
	case o.Form == "codebook":
		return append(l, fmt.Sprintf("Codebook, %d parts of %d bits", o.Parts, o.Bits))
	case o.Strategy == "residual":
		return append(l, fmt.Sprintf("%d digits of %d bits, added", o.Parts, o.Bits))
	}
	return append(l, fmt.Sprintf("Split, %d bits in each part", o.Bits))
}

// textAhead says what the picture shows that the figures do not.
func (c *View) textAhead() string {
	l := labels(c.S.Options)
	return "The picture shows what is chosen now: " + l[len(l)-1] + ", one scale per " + c.S.Options.Granularity + "."
}

// textPart says which weights are in a part.
func textPart(bounds []float64, i int) string {
	switch {
	case i == 0:
		return "up to " + format.Real(bounds[0])
	case i == len(bounds):
		return "from " + format.Real(bounds[i-1])
	}
	return format.Range(bounds[i-1], bounds[i])
}

func textAlt(name string) string {
	return "Histogram of the weights of " + name + " with clusters, boundaries and levels. The numbers behind it are in the table below."
}

// caption says what the picture shows, or what it waits for.
func (c *View) caption() string {
	f := c.S.Figure
	switch {
	case c.S.Drawing && c.S.Running:
		return textAfterRun
	case c.S.Drawing:
		return textWaits
	case f == nil && c.S.NoFigure != "":
		return c.S.NoFigure
	case f == nil:
		return textEmpty
	}
	var s []string
	if f.Of != "" {
		s = append(s, "weights and levels of "+f.Of+", the one with the largest weight")
	}
	if f.Note != "" {
		s = append(s, f.Note)
	}
	s = append(s, "mean "+format.Real(f.Mean), "standard deviation "+format.Real(f.Std), tails(f.Kurtosis))
	return strings.Join(s, "; ")
}

// tails says what the excess kurtosis of the weights means for quantization.
func tails(kurtosis float64) string {
	k := "excess kurtosis " + format.Real(kurtosis)
	switch {
	case kurtosis >= 3:
		return k + ": heavy tails, outliers stretch the range"
	case kurtosis >= 1:
		return k + ": heavier tails than a bell curve"
	}
	return k + ": few outliers"
}

func textManyLevels(n int, span string) string { return fmt.Sprintf("%d levels, %s", n, span) }
