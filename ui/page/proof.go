package page

import (
	"maps"
	"slices"
	"time"

	"splitquant/ui/engine"
	"splitquant/ui/proof"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// proofTime is the least time between two renders for the progress of a proof.
const proofTime = 250 * time.Millisecond

// A prover is what the page needs for proofs: an engine of its own, so that
// the page answers while it runs, and the files that it runs on.
type prover struct {
	engine engine.Client
	data   Picked
	result engine.Blob // of the last run, or nil
	drawn  time.Time   // when the progress was rendered last
}

func (p *View) newProof() *proof.View {
	s := &p.S
	return &proof.View{
		S:      s,
		Run:    func() { p.do(p.verify) },
		Cancel: func() { p.do(p.cancelProof) },
		Hurts:  func() { p.do(p.sensitivity) },
		NoData: func() { p.do(p.dropData) },
		Rival:  func(name string) { s.Proof.Rivals[name] = !s.Proof.Rivals[name] },
		Scale:  func(word string) { s.Proof.Images = word },
		Size:   s.Proof.SetSize,
		Static: func(bits int) { s.Proof.Static = bits },
		Method: func(word string) { s.Proof.Method = word },
		Round:  func(l message.ProofLine) { p.do(func() { s.ChooseStatic(l); p.chosenAnew() }) },
		Table:  func(line int) { s.Proof.Table = line },
		Turn:   func(page int) { s.Proof.Page = page },
		Give:   func(bits int, layers ...string) { p.do(func() { s.GiveBits(bits, layers...); p.chosenAnew() }) },
		Leave:  func(layers []string) { p.do(func() { p.leave(layers) }) },
	}
}

// OpenData takes files to run proofs on. It takes the lock itself.
func (p *View) OpenData(picked Picked) {
	if len(picked.Names) == 0 {
		return
	}
	p.Update(func() {
		p.S.Proof.SetData(picked.Names)
		p.S.Proof.Error = ""
		p.prover.data = p.prover.data.With(picked)
		p.host.ScrollTo(proof.ID)
	})
}

func (p *View) dropData() {
	p.S.Proof.Data, p.S.Proof.Tokenizer = nil, ""
	p.prover.data = Picked{}
}

// dataFiles returns the files that the proof names.
func (p *View) dataFiles() (files engine.Files) {
	for _, name := range append(slices.Clone(p.S.Proof.Data), p.S.Proof.Tokenizer) {
		d := p.prover.data
		for i := len(d.Names) - 1; i >= 0; i-- { // of files of the same name, the last
			if d.Names[i] == name {
				files = append(files, d.Files[i])
				break
			}
		}
	}
	return files
}

func (p *View) verify() {
	v := p.start(message.Verify)
	files := p.dataFiles()
	if s := &p.S; s.Result != nil && !s.Outdated() && p.prover.result != nil {
		v.Result, v.Report = true, s.Result.Report
		files = append(files, p.prover.result)
	}
	v.Rivals = p.S.RivalNames()
	if q := &p.S.Proof; q.Static > 0 {
		v.Static = &message.StaticRequest{Bits: q.Static, Method: q.Method}
	}
	asked := p.S.Asked()
	p.ask(message.Request{Do: message.Verify, Options: &asked, Verify: v}, files, func(r message.Reply, b engine.Blob) {
		if r.Proof == nil {
			return
		}
		q := &p.S.Proof
		fresh := q.Info == nil || len(q.Info.Lines) != len(r.Proof.Lines) || r.Final
		q.Stage, q.Of, q.Progress = r.Proof.Stage, r.Proof.Of, r.Proof.Done
		if fresh {
			q.Info, q.Asked, q.Page = r.Proof, asked, 0
			q.Table = min(1, len(r.Proof.Lines)-1)
			p.render = true
		}
		if r.Final {
			if r.FileName != "" {
				q.Report, q.SaveAs = p.host.ObjectURL(b), r.FileName
			}
			p.host.ScrollTo(proof.LinesID)
		}
	})
}

func (p *View) sensitivity() {
	v := p.start(message.Sensitivity)
	v.Rows = message.SensitivityRows
	asked := p.S.Asked()
	asked.Layers = slices.Clone(asked.Layers)
	for i := range asked.Layers {
		asked.Layers[i].Bits = 0 // what they do without bits of their own
	}
	p.ask(message.Request{Do: message.Sensitivity, Options: &asked, Verify: v}, p.dataFiles(), func(r message.Reply, _ engine.Blob) {
		if r.Hurt == nil {
			return
		}
		q := &p.S.Proof
		q.Progress = r.Hurt.Done
		if r.Final {
			q.Hurt, q.Doubt = r.Hurt.Ranking, r.Hurt.Warnings
			p.host.ScrollTo(proof.HurtID)
		}
	})
}

// start says that work of that kind begins, and returns what it is to work on.
func (p *View) start(doing string) *message.VerifyRequest {
	q := &p.S.Proof
	q.Doing, q.Error, q.Progress, q.Of, q.Started = doing, "", 0, "", p.now()
	if doing == message.Verify {
		if q.Report != "" {
			p.host.RevokeURL(q.Report)
		}
		q.Report = ""
		q.Info = nil
	} else {
		q.Hurt = nil
	}
	v := &message.VerifyRequest{Data: q.Data, Tokenizer: q.Tokenizer}
	if state.HasPixels(q.Data) {
		v.Scale = q.Images
	}
	if len(q.Data) == 0 {
		v.Sizes = maps.Clone(q.Sizes)
	}
	return v
}

// ask asks the prover; receive gets its replies that are no error.
func (p *View) ask(r message.Request, files engine.Files, receive func(message.Reply, engine.Blob)) {
	p.prover.engine.AskWith(r, files, func(r message.Reply, b engine.Blob) {
		q := &p.S.Proof
		if r.Error != "" {
			q.Doing, q.Error, p.render = "", textNoProof(r.Error), true
			return
		}
		receive(r, b)
		if r.Final {
			q.Doing, p.render = "", true
		}
		if t := p.now(); t.Sub(p.prover.drawn) >= proofTime {
			p.prover.drawn, p.render = t, true
		}
	})
}

func (p *View) cancelProof() {
	p.prover.engine.Drop()
	p.S.Proof.Doing = ""
	p.S.Status = words.T(textProofCancelled)
}

// leave leaves layers out, or takes them in again.
func (p *View) leave(layers []string) {
	for _, name := range layers {
		if i := p.S.Find(name); i >= 0 {
			p.S.Take(i)
		}
	}
	p.chosenAnew()
}
