package page

import (
	"bytes"
	"strings"

	"splitquant/core/recipe"
	"splitquant/ui/words"
)

// Recipes leave the page and come back as the files of the command line's
// --recipe.

// mostRecipe is how large a recipe may be: thousands of layers.
const mostRecipe = 4 << 20

func (p *View) saveRecipe() {
	var b bytes.Buffer
	if err := p.S.Asked().Write(&b); err != nil {
		p.S.Error = err.Error()
		return
	}
	p.host.Save(stem(p.S.Model.Name)+"-recipe.json", "application/json", b.Bytes())
}

// OpenRecipe takes over the recipe in a file that was picked. It takes the
// lock itself.
func (p *View) OpenRecipe(picked Picked) {
	if len(picked.Files) == 0 || p.S.Model == nil {
		return
	}
	name := picked.Names[0]
	p.host.Read(picked.Files[0], mostRecipe, func(content []byte, err error) {
		p.Update(func() {
			if err == nil {
				err = p.takeRecipe(name, content)
			}
			if err != nil {
				p.S.Error = words.F("%s could not be used as a recipe: %v.", name, err)
			}
		})
	})
}

func (p *View) takeRecipe(name string, content []byte) error {
	o, err := recipe.Read(bytes.NewReader(content))
	if err != nil {
		return err
	}
	p.S.Error = ""
	p.S.Scope = ""
	p.S.Choose(o)
	p.S.Status = words.F("The recipe %s holds now.", name)
	if lost := o.Unmatched(p.S.Names()); len(lost) > 0 {
		p.S.Status += words.F(" No layer of this model is called %s.", strings.Join(lost, ", "))
	}
	p.chosenAnew()
	return nil
}

// drop forgets the rule for a glob, or with none those of single layers.
func (p *View) drop(glob string) {
	if glob == "" {
		p.S.DropSingle()
		return
	}
	p.S.DropRule(glob)
}

// isRecipe reports whether the files are one recipe, for the model that is
// open.
func (p *View) isRecipe(picked Picked) bool {
	return p.S.Model != nil && len(picked.Names) == 1 && strings.HasSuffix(strings.ToLower(picked.Names[0]), ".json")
}

// stem is a file's name without its ending.
func stem(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// textNotOpened leaves out the name of the format that the error begins with:
// the file's name stands there already.
func textNotOpened(name, why string) string {
	if why == "" {
		why = words.T("the engine gave no answer")
	}
	for _, format := range []string{"onnx", "safetensors", "torch", "gguf", "npz", "npy"} {
		why = strings.TrimPrefix(why, format+": ")
	}
	return words.F("%s could not be opened: %s.", name, why)
}
