package page

import (
	"bytes"

	"splitquant/core/report"
	"splitquant/ui/engine"
	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// What helps a person to choose: a comparison with plain quantization, always
// there; a recipe for a goal, and all settings side by side, when asked for.

// The comparisons are made on about so many weights: beside the options at
// once, beside a result more thoroughly.
const (
	fewWeights  = 1 << 20
	manyWeights = 1 << 24
)

const (
	textSuggesting words.Text = "Measuring every setting on every layer."
	textMeasuring  words.Text = "Measuring every setting on the model."
	textMeasured   words.Text = "All settings are measured."
)

// compare asks what the options keep, and what plain quantization does.
func (p *View) compare() {
	p.compares++
	p.S.Comparison = nil
	if p.S.Model == nil || p.S.Blocked() != "" || p.S.InUse() == 0 {
		return
	}
	o, this := p.S.Asked(), p.compares
	p.engine.Ask(message.Request{Do: message.Compare, Options: &o, Limit: fewWeights}, func(r message.Reply, _ engine.Blob) {
		if this == p.compares {
			p.S.Comparison, p.render = r.Comparison, true
		}
	})
}

// rival asks the same for the result.
func (p *View) rival() {
	result := p.S.Result
	p.engine.Ask(message.Request{Do: message.Compare, Options: &result.Asked, Limit: manyWeights}, func(r message.Reply, _ engine.Blob) {
		result.Rival, p.render = r.Comparison, true
	})
}

// begin starts a task that takes long; the bar shows how far it is.
func (p *View) begin(task string, says words.Text, r message.Request, done func(message.Reply)) {
	if p.S.Model == nil || p.S.Busy() || p.S.Opening != "" {
		return
	}
	p.S.Task, p.S.Error, p.S.Status = task, "", words.T(says)
	p.S.Progress, p.S.Started = message.ProgressInfo{}, p.now()
	p.engine.Ask(r, func(r message.Reply, _ engine.Blob) {
		if !r.Final {
			p.progress(r.Progress)
			return
		}
		p.render = true
		p.S.Task, p.S.Status = "", ""
		if r.Error != "" {
			p.S.Error = textNoAid(r.Error)
			return
		}
		done(r)
	})
}

func textNoAid(why string) string { return words.F("That did not work: %s.", why) }

func (p *View) suggest() {
	o, goal := p.S.Asked(), p.S.Aid.Goal()
	p.begin(message.Suggest, textSuggesting, message.Request{Do: message.Suggest, Options: &o, Goal: &goal}, func(r message.Reply) {
		if s := r.Suggestion; s != nil {
			p.S.Scope = ""
			p.S.Choose(s.Recipe)
			p.S.Status = words.F("Each layer has its choice now: %s per weight, SQNR %s. Undo takes it back.",
				format.Bits(s.BitsPerWeight), format.Decibel(s.SQNR, s.SQNR == nil))
			p.chosenAnew()
		}
	})
}

func (p *View) measure() {
	o := p.S.Asked()
	p.begin(message.Frontier, textMeasuring, message.Request{Do: message.Frontier, Options: &o}, func(r message.Reply) {
		p.S.Aid.Frontier, p.S.Status = r.Frontier, words.T(textMeasured)
		p.host.ScrollTo(FrontierID)
	})
}

// saveFrontier saves the figure or its numbers, as the ending says.
func (p *View) saveFrontier(ending string) {
	write, err := report.FrontierWriterFor(ending)
	var b bytes.Buffer
	if err == nil {
		err = write(&b, p.S.Side())
	}
	if err != nil {
		p.S.Error = err.Error()
		return
	}
	kind := map[string]string{".svg": "image/svg+xml", ".csv": "text/csv"}[ending]
	p.host.Save(stem(p.S.Model.Name)+"-frontier"+ending, kind, b.Bytes())
}

// anywhere makes the result once more, for every runtime.
func (p *View) anywhere() {
	if p.S.Busy() {
		return
	}
	p.S.Scope = ""
	p.S.SetOption("target", "any")
	p.chosenAnew()
	p.run()
}

func (p *View) copy(text string) {
	p.host.Copy(text, func(err error) {
		p.Update(func() {
			if err != nil {
				p.S.Error = words.F("Nothing was copied: %v. Mark the lines and copy them.", err)
				return
			}
			p.S.Status = words.T("Copied.")
		})
	})
}
