package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"splitquant/core/dataset"
	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

type benchCmd struct {
	Paper benchPaperCmd `cmd:"" help:"The paper's table: BERT-Tiny classifiers, every strategy and form."`
}

type benchPaperCmd struct {
	Dir    string `arg:"" help:"The folder with the models and their token ids, as in shared/paper."`
	ORT    string `name:"ort" help:"The ONNX Runtime library; otherwise as ORT_LIB says, or npm's onnxruntime-node." placeholder:"PATH"`
	Bits   []int  `help:"Only these widths, as in 2,4." placeholder:"N"`
	Only   string `help:"Only this model." placeholder:"NAME"`
	Claims bool   `help:"Only the paper's two claims, beside what takes as many bits, as a Markdown table."`
	Out    string `short:"o" help:"Write .md, .csv or .json, one file for each model, NAME-OUT; standard output if not given."`
}

// classifiers are the folders of the models, and where their rows are.
var classifiers = []struct{ name, rows string }{
	{"emotion", "emotion"},
	{"sms_spam", "sms_spam"},
	{"emotion_paper_encoder", "emotion"},
}

func (c *benchPaperCmd) Run(ctx context.Context, s streams) error {
	write, err := report.FrontierWriterFor(c.Out)
	if err != nil {
		return usageError{err}
	}
	if err := ort.Load(c.ORT); err != nil {
		return err
	}
	if c.Claims {
		return c.claims(ctx, s)
	}
	for _, m := range classifiers {
		if c.Only != "" && c.Only != m.name {
			continue
		}
		f, err := c.table(ctx, m.name, s)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if c.Out == "" {
			err = write(s.out, f)
			fmt.Fprintln(s.out)
		} else {
			name := filepath.Join(filepath.Dir(c.Out), m.name+"-"+filepath.Base(c.Out))
			err = writeFrontier(ctx, name, f, write)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// paperModel is one of the classifiers, opened.
type paperModel struct {
	original []byte
	file     *plan.File
	texts    *dataset.Texts
	close    func()
}

func (c *benchPaperCmd) openPaper(name string) (*paperModel, error) {
	m := &paperModel{}
	var err error
	for _, known := range classifiers {
		if known.name == name {
			m.texts, err = readTexts(filepath.Join(c.Dir, known.rows, "test_tokens.tsv"))
		}
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.Dir, name, "model.onnx")
	if m.original, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	m.file, m.close, err = new(files).openModel(path)
	return m, err
}

// table runs one model as it is and by every setting.
func (c *benchPaperCmd) table(ctx context.Context, name string, s streams) (*report.Frontier, error) {
	m, err := c.openPaper(name)
	if err != nil {
		return nil, err
	}
	defer m.close()
	if err := somethingToDo(m.file.Model(), recipe.Defaults()); err != nil {
		return nil, err
	}
	float, err := classify(ctx, name, m.original, m.texts)
	if err != nil {
		return nil, err
	}
	table := &report.Frontier{Model: fmt.Sprintf("%s (float: %d of %d correct)", name, float.Correct, float.Rows)}
	for _, rule := range c.settings() {
		fmt.Fprintf(s.err, "%s: %s, %d bits\n", name, plan.Series(rule), rule.Bits)
		p, err := c.point(ctx, m.file, rule, m.texts)
		if err != nil {
			return nil, fmt.Errorf("%s, %d bits: %w", plan.Series(rule), rule.Bits, err)
		}
		table.Points = append(table.Points, p)
	}
	table.Sort()
	return table, nil
}

func (c *benchPaperCmd) settings() (chosen []recipe.Rule) {
	for _, rule := range plan.Settings() {
		for _, bits := range c.Bits {
			if rule.Bits == bits {
				chosen = append(chosen, rule)
			}
		}
		if len(c.Bits) == 0 {
			chosen = append(chosen, rule)
		}
	}
	return chosen
}

// point quantizes by one setting and counts what the result gets right.
func (c *benchPaperCmd) point(ctx context.Context, f *plan.File, rule recipe.Rule, texts *dataset.Texts) (report.Point, error) {
	rule.Layer = "*"
	o := recipe.Defaults()
	o.Layers = []recipe.Rule{rule}
	var result bytes.Buffer
	r, err := plan.Quantize(ctx, &result, f, o, plan.Memory{}, runtime.NumCPU(), nil)
	if err != nil {
		return report.Point{}, err
	}
	score, err := classify(ctx, "the result", result.Bytes(), texts)
	if err != nil {
		return report.Point{}, err
	}
	return report.Point{
		Series: plan.Series(rule), Bits: rule.Bits, BitsPerWeight: r.BitsPerWeight, SQNR: r.SQNR,
		Accuracy: &score.Accuracy, Correct: score.Correct, Rows: score.Rows,
	}, nil
}

// writeFrontier writes one file.
func writeFrontier(ctx context.Context, name string, f *report.Frontier, write func(io.Writer, *report.Frontier) error) error {
	out, err := new(files).create(ctx, name)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := write(out, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return out.commit()
}

func readTexts(name string) (*dataset.Texts, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	texts, err := dataset.ReadTexts(f, dataset.TextOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return texts, nil
}

// classify tries a classifier on texts.
func classify(ctx context.Context, name string, model []byte, texts *dataset.Texts) (*evaluate.Score, error) {
	session, err := ort.OpenBytes(name, model, ort.Options{})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	t, err := evaluate.Accuracy(ctx, []*evaluate.Model{running(name, session)}, texts, evaluate.AccuracyOptions{})
	if err != nil {
		return nil, err
	}
	return t.Models[0].Score, nil
}
