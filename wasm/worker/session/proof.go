package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/version"
	"splitquant/wasm/message"
)

// A proof is a Verify at work.
type proof struct {
	*Session
	*trial
	id     int
	info   message.ProofInfo
	ready  *report.Report // of the result that was sent along; nil without
	work   int            // models to run, and to watch
	seen   int            // of these, watched
	made   []report.Made
	differ map[int]*evaluate.Row
}

func (s *Session) verify(r message.Request, o recipe.Options, files []File) error {
	p := &proof{Session: s, id: r.ID, differ: map[int]*evaluate.Row{}}
	if r.Verify != nil {
		p.ready = r.Verify.Report
	}
	all, err := s.candidates(r.Verify, o, files)
	if err != nil {
		return err
	}
	p.work = 1 + len(all)
	if r.Verify.Static != nil {
		p.work += 3
	}
	p.tell(message.StageLoad, message.Original, 0)
	if p.trial, err = s.newTrial(r.Verify, files); err != nil {
		return err
	}
	defer p.close()
	p.info.Warnings = p.warnings
	if err := p.first(); err != nil {
		return err
	}
	p.info.Data = strings.Join(r.Verify.Data, ", ")
	for _, c := range all {
		p.add(c)
	}
	if how := r.Verify.Static; how != nil {
		p.addStatic(o, *how)
	}
	p.info.Done, p.info.Differs, p.info.Differ = 1, len(p.differ), p.rowsThatDiffer()
	last := message.Reply{ID: r.ID, Final: true, Proof: &p.info}
	file := p.report(r.Verify.Tokenizer)
	if file != nil {
		last.FileName = reportName(s.name)
	}
	s.host.Reply(last, file)
	return nil
}

// A candidate is a model to run beside the original.
type candidate struct {
	name    string
	options recipe.Options
	made    *File // nil: to be made
}

// candidates lists the result and the rivals that are asked for.
func (s *Session) candidates(v *message.VerifyRequest, o recipe.Options, files []File) ([]candidate, error) {
	if v == nil {
		return nil, errors.New("nothing is said about what to run on")
	}
	result := candidate{name: message.Result, options: o}
	if v.Result {
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == "" })
		if i < 0 {
			return nil, errors.New("the page sent no result along")
		}
		result.made = &files[i]
	}
	e, err := s.file.Estimate(o)
	if err != nil {
		return nil, err
	}
	all := []candidate{result}
	for _, r := range o.Rivals(e.BitsPerWeight) {
		if slices.Contains(v.Rivals, r.Name) {
			all = append(all, candidate{name: r.Name, options: r.Options})
		}
	}
	return all, nil
}

// tell tells how far the proof is; share is that of the model at work.
func (p *proof) tell(stage, of string, share float64) {
	p.info.Stage, p.info.Of = stage, of
	p.info.Done = (float64(len(p.info.Lines)+p.seen) + share) / float64(p.work)
	info := p.info
	info.Lines = slices.Clone(info.Lines)
	p.host.Reply(message.Reply{ID: p.id, Proof: &info}, nil)
}

// trying tells how far the run of a model is, of which from was done before.
func (p *proof) trying(of string, from float64) func(done, total int) {
	return func(done, total int) {
		p.tell(message.StageTry, of, from+(1-from)*float64(done)/float64(max(total, 1)))
	}
}

// first runs the original.
func (p *proof) first() error {
	start := time.Now()
	table, err := p.against(nil, p.trying(message.Original, 0))
	if err != nil {
		return err
	}
	p.info.Rows, p.info.Samples, p.info.Classes = table.Rows, table.Samples, table.Classes
	line := message.ProofLine{Result: table.Models[0], BitsPerWeight: bitsOf(p.file.Model().Layers), Seconds: time.Since(start).Seconds()}
	line.Model, line.Bytes = message.Original, p.file.Size()
	p.info.Lines = append(p.info.Lines, line)
	return nil
}

// add runs one more model. What goes wrong is said in its line.
func (p *proof) add(c candidate) {
	line := message.ProofLine{Result: evaluate.Result{Model: c.name}, Bits: c.options.Bits, Activations: c.options.ActivationBits}
	table, err := p.try(c, &line)
	if err != nil {
		line.Error = err.Error()
	}
	p.info.Lines = append(p.info.Lines, line)
	if table != nil {
		p.note(table.Differ)
	}
}

// making is the share of the work on a model that quantizing takes.
const making = 0.2

// try makes a candidate and runs it, and fills in its line.
func (p *proof) try(c candidate, line *message.ProofLine) (*evaluate.Table, error) {
	file, err := p.fileOf(c, line)
	if err != nil {
		return nil, err
	}
	p.tell(message.StageLoad, c.name, making)
	m, err := p.host.Open(c.name, file, p.beside)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	start := time.Now()
	table, err := p.against(m.Model, p.trying(c.name, making))
	if err != nil {
		return nil, err
	}
	line.Seconds = time.Since(start).Seconds()
	line.Score, line.Agreement = table.Models[1].Score, table.Models[1].Agreement
	line.Agreement.Outputs = nil
	return table, nil
}

// fileOf returns the file of a candidate, which is made unless it is there, and
// fills in what it weighs.
func (p *proof) fileOf(c candidate, line *message.ProofLine) (any, error) {
	how := report.Made{Model: c.name, Version: version.Version, Options: c.options.String()}
	defer func() { p.made = append(p.made, how) }()
	if c.made != nil {
		how.Report = p.ready
		e, err := p.file.Estimate(c.options)
		line.Bytes, line.BitsPerWeight = c.made.Size, e.BitsPerWeight
		return c.made.ReaderAt, err
	}
	made, r, err := p.make(c.options, func(share float64) { p.tell(message.StageMake, c.name, making*share) })
	if err != nil {
		return nil, err
	}
	line.Bytes, line.BitsPerWeight = r.BytesAfter, r.BitsPerWeight
	r.Model.Name = p.name
	how.Report = r
	return made, nil
}

// make quantizes the session's model.
func (s *Session) make(o recipe.Options, progress func(share float64)) (Store, *report.Report, error) {
	result := s.host.NewStore()
	r, err := plan.Quantize(context.Background(), result, s.file, o, s.host.NewStore(), 1, func(p plan.Progress) { progress(p.Done) })
	return result, r, err
}

// bitsOf is what a weight of the layers takes in the original.
func bitsOf(layers []model.Layer) float64 {
	var bits, weights float64
	for i := range layers {
		if l := &layers[i]; l.Skipped == "" && l.Weight != nil {
			n := float64(l.Parameters())
			bits += n * float64(l.Weight.Type.Bits())
			weights += n
		}
	}
	return bits / max(weights, 1)
}

// note takes in the rows to which the newest model answers otherwise than the
// original.
func (p *proof) note(rows []evaluate.Row) {
	for _, r := range rows {
		d := p.differ[r.Row]
		if d == nil {
			d = &evaluate.Row{Row: r.Row, Title: r.Title, Label: r.Label}
			p.differ[r.Row] = d
		}
		d.Predicted = fill(d.Predicted, len(p.info.Lines)-1, r.Predicted[0])
		d.Predicted = append(d.Predicted, r.Predicted[1])
	}
}

// fill makes a list as long as n, with the answer of the original: models that
// have noted nothing agree with it.
func fill(answers []int, n, original int) []int {
	for len(answers) < n {
		answers = append(answers, original)
	}
	return answers
}

// rowsThatDiffer returns the first of them, in order, with an answer for every
// line.
func (p *proof) rowsThatDiffer() []evaluate.Row {
	var rows []evaluate.Row
	for _, row := range slices.Sorted(maps.Keys(p.differ)) {
		if len(rows) == message.MaxDiffer {
			break
		}
		d := *p.differ[row]
		d.Predicted = fill(d.Predicted, len(p.info.Lines), d.Predicted[0])
		for i, l := range p.info.Lines {
			if l.Error != "" {
				d.Predicted[i] = -1
			}
		}
		rows = append(rows, d)
	}
	return rows
}

// report writes what was found as a page of its own; nil if that fails, since
// the proof stands without.
func (p *proof) report(tokenizer string) Store {
	r := &report.Proof{Version: version.Version, Runtime: "ONNX Runtime Web", Data: p.info.Data, Tokenizer: tokenizer, Inputs: p.inputs, Warnings: p.info.Warnings}
	r.Table = evaluate.Table{Rows: p.info.Rows, Samples: p.info.Samples, Classes: p.info.Classes, Differ: p.info.Differ}
	for _, l := range p.info.Lines {
		if l.Error == "" {
			r.Models = append(r.Models, l.Result)
		}
		r.Seconds += l.Seconds
	}
	r.Made = p.made
	write, err := report.ProofWriterFor(reportName(p.name))
	if err != nil {
		return nil
	}
	file := p.host.NewStore()
	if err := write(file, r); err != nil {
		return nil
	}
	return file
}

// reportName names the report on a model.
func reportName(model string) string { return strings.TrimSuffix(model, ".onnx") + "-proof.html" }

// sensitivity quantizes one layer at a time, and all but one.
func (s *Session) sensitivity(r message.Request, o recipe.Options, files []File) error {
	units, err := plan.New(s.file.Model(), o)
	if err != nil {
		return err
	}
	t, err := s.newTrial(r.Verify, files)
	if err != nil {
		return err
	}
	defer t.close()
	study := &evaluate.Study{
		Original: t.original.Rewind(), Options: o, Set: t.set, Inputs: t.samples,
		Try: func(_ context.Context, o recipe.Options) (*evaluate.Model, func(), error) {
			file, _, err := s.make(o, func(float64) {})
			if err != nil {
				return nil, nil, err
			}
			m, err := s.host.Open("the model with some layers quantized", file, s.beside)
			return m.Model, m.Close, err
		},
		Progress: func(done, total int) {
			info := &message.HurtInfo{Done: float64(done) / float64(total)}
			s.host.Reply(message.Reply{ID: r.ID, Hurt: info}, nil)
		},
	}
	for _, u := range units.Units {
		study.Layers = append(study.Layers, units.Names(u))
	}
	ranking, err := study.Run(context.Background())
	if err != nil {
		return err
	}
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Hurt: &message.HurtInfo{Done: 1, Ranking: ranking, Warnings: t.warnings}}, nil)
	return nil
}
