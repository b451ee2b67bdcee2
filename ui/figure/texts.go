package figure

import (
	"strings"

	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

const (
	textWaits    words.Text = "Drawing …"
	textAfterRun words.Text = "The picture follows when the run is over."
	textScale    words.Text = "Counts"
	textLog      words.Text = "logarithmic"
	textLinear   words.Text = "linear"
	textCount    words.Text = "count"
	textPrevious words.Text = "Previous layer"
	textNext     words.Text = "Next layer"
	textNumbers  words.Text = "Numbers behind the picture"
	textEmpty    words.Text = "This layer has no weights to draw."

	textHeadPart    words.Text = "Part"
	textHeadCentre  words.Text = "Centre"
	textHeadWeights words.Text = "Weights"
	textHeadLevels  words.Text = "Levels"
	textHeadFrom    words.Text = "From"
	textHeadTo      words.Text = "To"
	textPlainRow    words.Text = "plain"
	textTableRow    words.Text = "table"
)

var (
	partNames   = [...]words.Text{"lower", "middle", "upper"}
	logarithmic = words.Logarithmic
	keys        = []words.Term{words.Cluster, words.Boundary, words.Level}
)

// labels are the titles of the panels: what the options come to beside plain
// quantization.
func labels(o recipe.Options) []string {
	l := []string{words.F("Plain, %d bits", o.Bits)}
	switch {
	case o.Palette != 0:
		return append(l, words.F("Palette of %d values", o.Palette))
	case !o.Splits():
		return l
	case o.Form == "float":
		return append(l, words.T("Split, not quantized"))
	case o.Form == "codebook":
		return append(l, words.F("Codebook, %d parts of %d bits", o.Parts, o.Bits))
	case o.Strategy == "residual":
		return append(l, words.F("%d digits of %d bits, added", o.Parts, o.Bits))
	}
	return append(l, words.F("Split, %d bits in each part", o.Bits))
}

// textAhead says what the picture shows that the figures do not.
func (c *View) textAhead() string {
	o := c.S.For(c.S.Chosen)
	l := labels(o)
	return words.F("The picture shows what is chosen now: %s, one scale per %s.", l[len(l)-1], o.Granularity)
}

// textPart says which weights are in a part.
func textPart(bounds []float64, i int) string {
	switch {
	case i == 0:
		return words.F("up to %s", format.Real(bounds[0]))
	case i == len(bounds):
		return words.F("from %s", format.Real(bounds[i-1]))
	}
	return format.Range(bounds[i-1], bounds[i])
}

func textAlt(name string) string {
	return words.F("Histogram of the weights of %s with clusters, boundaries and levels. The numbers behind it are in the table below.", name)
}

// caption says what the picture shows, or what it waits for.
func (c *View) caption() string {
	f := c.S.Figure
	switch {
	case c.S.Drawing && c.S.Running:
		return words.T(textAfterRun)
	case c.S.Drawing:
		return words.T(textWaits)
	case f == nil && c.S.NoFigure != "":
		return c.S.NoFigure
	case f == nil:
		return words.T(textEmpty)
	}
	var s []string
	if f.Of != "" {
		s = append(s, words.F("weights and levels of %s, the one with the largest weight", f.Of))
	}
	if f.Note != "" {
		s = append(s, f.Note)
	}
	s = append(s, words.F("mean %s", format.Real(f.Mean)), words.F("standard deviation %s", format.Real(f.Std)), tails(f.Kurtosis))
	return strings.Join(s, words.T("; "))
}

// tails says what the excess kurtosis of the weights means for quantization.
func tails(kurtosis float64) string {
	k := format.Real(kurtosis)
	switch {
	case kurtosis >= 3:
		return words.F("excess kurtosis %s: heavy tails, outliers stretch the range", k)
	case kurtosis >= 1:
		return words.F("excess kurtosis %s: heavier tails than a bell curve", k)
	}
	return words.F("excess kurtosis %s: few outliers", k)
}

func textManyLevels(n int, span string) string { return words.F("%d levels, %s", n, span) }
