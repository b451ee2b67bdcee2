package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"splitquant/core/evaluate"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// The paper's claims are gains in accuracy of INT2 by the split, in points
// (arXiv 2501.12428, abstract), each on a model of its authors.
var claimed = []struct{ model, is, points string }{
	{"emotion", "emotions: BERT-Tiny, trained by us", "+3.3"},
	{"sms_spam", "spam: BERT-Tiny, trained by us", "+2.1"},
	{"emotion_paper_encoder", "emotions: the linear layers of the paper's model, the rest by us", "+3.3"},
}

// rivals are what the claims are about, and what takes as many bits.
var rivals = []struct {
	name string
	rule recipe.Rule
}{
	{"plain INT2", recipe.Rule{Bits: 2, Strategy: "none", Form: "plain"}},
	{"the paper's split, INT2 in three layers", recipe.Rule{Bits: 2, Strategy: "kmeans", Form: "summed"}},
	{"plain INT6, which ONNX stores in 8 bits", recipe.Rule{Bits: 6, Strategy: "none", Form: "plain"}},
	{"the same split as a codebook", recipe.Rule{Bits: 2, Strategy: "kmeans", Form: "codebook"}},
	{"plain INT4", recipe.Rule{Bits: 4, Strategy: "none", Form: "plain"}},
}

// claims writes the table of the paper's two headline claims as Markdown: a
// column for each model, a row for each rival.
func (c *benchPaperCmd) claims(ctx context.Context, s streams) error {
	head, float := []string{"accuracy % (95 % interval)", "bits per weight"}, []string{"float", "32"}
	won, paper := []string{"won by the split, points", ""}, []string{"in the paper, on its own models", ""}
	rows := make([][]string, len(rivals))
	for _, claim := range claimed {
		if c.Only != "" && c.Only != claim.model {
			continue
		}
		points, score, err := c.compete(ctx, claim.model, s)
		if err != nil {
			return fmt.Errorf("%s: %w", claim.model, err)
		}
		head = append(head, fmt.Sprintf("%s, %d rows", claim.is, score.Rows))
		float = append(float, fmt.Sprintf("%.2f", 100*score.Accuracy))
		won = append(won, fmt.Sprintf("%+.2f", 100*(*points[1].Accuracy-*points[0].Accuracy)))
		paper = append(paper, claim.points)
		for i, p := range points {
			if len(rows[i]) == 0 {
				rows[i] = []string{rivals[i].name, fmt.Sprintf("%.2f", p.BitsPerWeight)}
			}
			low, high := evaluate.Wilson(p.Correct, p.Rows)
			rows[i] = append(rows[i], fmt.Sprintf("%.2f (%.2f to %.2f)", 100**p.Accuracy, 100*low, 100*high))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range slices.Concat([][]string{float}, rows[:2], [][]string{won, paper}, rows[2:]) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	_, err := io.WriteString(s.out, b.String())
	return err
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
