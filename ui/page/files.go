package page

import (
	"errors"
	"net/url"
	"path"
	"strings"

	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// Where models come from beside a person's hands: the page's own site, and the
// visit before.

// mostKept is the most bytes that are kept for the next visit: the browser
// copies them.
const mostKept = 512 << 20

// openBeside opens a model that the address of the page asks for: a file
// beside the page, and nothing from anywhere else.
func (p *View) openBeside(address string) {
	if address == p.beside {
		return
	}
	p.beside = address
	name, err := ownFile(address)
	if err != nil {
		p.S.Error = words.F("%s was not opened: %v.", format.Name(address), err)
		return
	}
	p.S.Opening, p.S.Error = name, ""
	p.host.FetchBeside(address, func(picked Picked, err error) {
		p.Update(func() {
			p.S.Opening = ""
			if err != nil {
				p.S.Error = words.F("%s was not opened: %v.", format.Name(address), err)
				return
			}
			p.open(picked)
		})
	})
}

// ownFile returns the name of the file at an address below the page's own, or
// why it is none.
func ownFile(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || strings.Contains(address, "\\"):
		return "", errors.New(words.T("it is no address of a file"))
	case u.Scheme != "" || u.Host != "" || u.Opaque != "" || strings.HasPrefix(address, "/"):
		return "", errors.New(words.T("only files beside this page are opened, nothing is asked of any other place"))
	case strings.HasPrefix(path.Clean(u.Path), ".."):
		return "", errors.New(words.T("it lies outside the folder of this page"))
	case u.Path == "" || strings.HasSuffix(u.Path, "/"):
		return "", errors.New(words.T("it is no address of a file"))
	}
	return path.Base(u.Path), nil
}

// keep remembers the files of the model that is open.
func (p *View) keep(picked Picked) {
	p.S.Kept = ""
	if p.S.Keeps && p.S.Model.Bytes <= mostKept {
		p.host.Keep(picked)
		p.keepRecipe()
	}
}

func (p *View) keepRecipe() {
	if p.S.Model == nil || !p.S.Keeps {
		return
	}
	var b strings.Builder
	if p.S.Asked().Write(&b) == nil {
		p.host.KeepRecipe(b.String())
	}
}

// setKeeps says whether a model is kept for the next visit. What is kept is
// forgotten when it is not.
func (p *View) setKeeps(keeps bool) {
	p.S.Keeps = keeps
	p.host.SetKeeps(keeps)
	switch {
	case !keeps:
		p.S.Kept = ""
		p.host.Forget()
		p.S.Status = words.T("Nothing is kept, and what was kept is deleted.")
	case p.S.Model != nil && len(p.opens.Names) > 0:
		p.keep(p.opens)
		p.S.Status = words.F("%s is kept for your next visit, on this machine.", p.S.Model.Name)
	}
}

// Remember asks for what was kept on the visit before. It takes the lock
// itself.
func (p *View) Remember() {
	p.host.Kept(func(picked Picked, recipe string) {
		p.Update(func() {
			if len(picked.Names) > 0 && p.S.Model == nil && p.S.Opening == "" {
				p.S.Kept, p.kept, p.keptRecipe = picked.main(), picked, recipe
			}
		})
	})
}

// Warm starts the engine while the user reads. It takes the lock itself.
func (p *View) Warm() { p.Update(p.engine.Warm) }

// goOn opens what was kept, with its choices.
func (p *View) goOn() {
	p.resumes = p.keptRecipe
	p.open(p.kept)
}

// resume takes over the choices that were kept with the model.
func (p *View) resume() {
	if p.resumes == "" {
		return
	}
	if o, err := recipe.Read(strings.NewReader(p.resumes)); err == nil {
		p.S.Resume(o)
	}
	p.resumes = ""
}
