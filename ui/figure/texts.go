package figure

import (
	"fmt"

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
)

var (
	partNames   = [...]string{"lower", "middle", "upper"}
	logarithmic = words.Logarithmic
	keys        = []words.Term{words.Cluster, words.Boundary, words.Level}
)

func textPlain(o recipe.Options) string { return fmt.Sprintf("Plain, %d bits", o.Bits) }

func textSplit(o recipe.Options) string {
	if o.Form == "float" {
		return "Split, not quantized"
	}
	return fmt.Sprintf("Split, %d bits in each part", o.Bits)
}

func textPart(bounds []float64, i int) string {
	lo, hi := format.Real(bounds[0]), format.Real(bounds[1])
	return [...]string{"up to " + lo, lo + " to " + hi, "from " + hi}[i]
}

func textAlt(name string) string {
	return "Histogram of the weights of " + name + " with clusters, boundaries and levels. The numbers behind it are in the table below."
}

func textOptions(o recipe.Options) string {
	return fmt.Sprintf("drawn for %s, %s, one scale per %s", o.Strategy, o.Form, o.Granularity)
}

// caption says what the picture shows, or what it waits for.
func (c *View) caption() string {
	switch {
	case c.S.Drawing && c.S.Running:
		return textAfterRun
	case c.S.Drawing:
		return textWaits
	case c.S.Figure == nil && c.S.NoFigure != "":
		return c.S.NoFigure
	case c.S.Figure == nil:
		return textEmpty
	case c.S.Figure.Note != "":
		return textOptions(c.S.Options) + "; " + c.S.Figure.Note
	}
	return textOptions(c.S.Options)
}

func textManyLevels(n int, span string) string { return fmt.Sprintf("%d levels, %s", n, span) }
