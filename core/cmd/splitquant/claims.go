package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/version"
)

// The paper's claims are gains in accuracy of INT2 by the split, in points
// (arXiv 2501.12428, abstract), each on a model of its authors.
var claimed = []struct {
	model, is string
	points    float64 // 0 where the paper has none
}{
	{"emotion", "emotions: BERT-Tiny, trained by us", 3.3},
	{"sms_spam", "spam: BERT-Tiny, trained by us", 2.1},
	{"emotion_paper_encoder", "emotions: the linear layers of the paper's model, embeddings and LayerNorm by us", 3.3},
}

// rivals are what the claims are about, and what takes as many bits.
var rivals = []struct {
	name string
	rule recipe.Rule
}{
	{"plain INT2", recipe.Rule{Bits: 2, Strategy: "none", Form: "plain"}},
	{"split INT2", recipe.Rule{Bits: 2, Strategy: "kmeans", Form: "summed"}},
	{"plain INT6", recipe.Rule{Bits: 6, Strategy: "none", Form: "plain"}},
	{"split INT2 as a codebook", recipe.Rule{Bits: 2, Strategy: "kmeans", Form: "codebook"}},
	{"plain INT4", recipe.Rule{Bits: 4, Strategy: "none", Form: "plain"}},
}

// claims writes the table of the paper's two headline claims as Markdown.
func (c *benchPaperCmd) claims(ctx context.Context, s streams) error {
	var b strings.Builder
	fmt.Fprintf(&b, "| data, model | rows | float | %s | points won | in the paper |\n", strings.Join(rivalNames(), " | "))
	fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(rivals)+5))
	for _, claim := range claimed {
		if c.Only != "" && c.Only != claim.model {
			continue
		}
		points, float, err := c.compete(ctx, claim.model, s)
		if err != nil {
			return fmt.Errorf("%s: %w", claim.model, err)
		}
		fmt.Fprintf(&b, "| %s | %d | %.2f |", claim.is, float.Rows, 100*float.Accuracy)
		for _, p := range points {
			low, high := evaluate.Wilson(p.Correct, p.Rows)
			fmt.Fprintf(&b, " %.2f (%.2f to %.2f), %.2f bits |", 100**p.Accuracy, 100*low, 100*high, p.BitsPerWeight)
		}
		fmt.Fprintf(&b, " %+.2f | %+.1f |\n", 100*(*points[1].Accuracy-*points[0].Accuracy), claim.points)
	}
	fmt.Fprintf(&b, "\nSplitQuant %s, ONNX Runtime %s.\n", version.Version, ort.Version())
	_, err := io.WriteString(s.out, b.String())
	return err
}

func rivalNames() (names []string) {
	for _, r := range rivals {
		names = append(names, r.name)
	}
	return names
}

// compete runs one model in float and in every rival form.
func (c *benchPaperCmd) compete(ctx context.Context, name string, s streams) (points []report.Point, float *evaluate.Score, err error) {
	m, err := c.openPaper(name)
	if err != nil {
		return nil, nil, err
	}
	defer m.close()
	if float, err = classify(ctx, name, m.original, m.texts); err != nil {
		return nil, nil, err
	}
	for _, r := range rivals {
		fmt.Fprintf(s.err, "%s: %s\n", name, r.name)
		p, err := c.point(ctx, m.file, r.rule, m.texts)
		if err != nil {
			return nil, nil, fmt.Errorf("%s, %d bits: %w", plan.Series(r.rule), r.rule.Bits, err)
		}
		points = append(points, p)
	}
	return points, float, nil
}
