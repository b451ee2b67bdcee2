// Package state is everything that the page shows, as plain data, and what
// follows from it. It knows no browser, so it is tested like any other Go.
package state

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	names "splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// PerPage is the most rows that a table has in the document: all of them are
// built anew after every event.
const PerPage = 30

// State is what the page knows. The zero value is not valid; start from [New].
type State struct {
	// The model.
	Opening string             // the file that is being opened, or empty
	Kept    string             // the model that was kept on the visit before, or empty
	Keeps   bool               // the model that is open is kept for the next visit
	Model   *message.ModelInfo // nil until one is open
	Looks   map[int]message.LookInfo
	Left    map[int]bool // layers that the recipe leaves out; it follows from Options
	Page    int          // of the layer table, from 0
	Folded  bool         // the layer table shows only its heading

	// The choices, and what would come of them.
	Options    recipe.Options      // to be changed by Choose alone
	Scope      string              // the glob of the layers that choices are made for; empty: all
	Focus      int                 // the layer that was pointed at for choices, or -1
	named      []message.LayerInfo // the layers as their names tell, before corrections
	past       []recipe.Options
	future     []recipe.Options
	More       bool // the rarer options are shown too
	Estimate   *message.EstimateInfo
	NoEstimate string                  // why there is none
	Weighing   bool                    // Estimate is not of Options yet
	Comparison *message.ComparisonInfo // of Options; nil until it is known

	// What helps to choose.
	Aid Aid

	// The run.
	Running  bool
	Task     string // what else goes on that takes long: message.Suggest, message.Frontier, or empty
	Started  time.Time
	Progress message.ProgressInfo
	Result   *Result
	Sort     Sort
	RowPage  int // of the result table
	Snippet  int // which code to load the result is shown

	// The picture.
	Chosen   int // layer, or -1
	Figure   *message.FigureInfo
	Drawing  bool   // Figure is not of Chosen and Options yet
	NoFigure string // why there is none
	Linear   bool   // counts on a linear axis, not a logarithmic one
	Numbers  bool   // the figure's numbers are shown as a table

	Proof Proof

	SaveName string // the file picked to save to, or empty

	Error  string // in words; empty where there is none
	Status string // what happened last, for everyone to read or hear

	Room  Room
	Theme string

	Commit   string // that the page was built from, where it is known
	Newer    bool   // a newer version of the page waits
	Language string // of words.Languages
	Screen   string // of package route
	Notice   string // about the address or the screen; empty where there is none
}

// Room is how wide the window is.
type Room int

// The widths: of a desk, of a small window, of a phone.
const (
	Wide Room = iota
	Middle
	Narrow
)

// Result is what came of a run.
type Result struct {
	Report  *report.Report
	Rival   *message.ComparisonInfo // plain quantization in no more room; nil until it is known
	Asked   recipe.Options          // the options that it was asked with
	URL     string                  // of the file
	Name    string                  // of the file
	SavedAs string                  // the picked file that it was written to, or empty
}

// New returns the state of a page that was just opened.
func New() State {
	return State{Options: recipe.Defaults(), Chosen: -1, Focus: -1, Sort: Sort{By: ByDamage}, Aid: newAid(), Proof: newProof(), Theme: ThemeAuto}
}

// SetModel starts anew with an opened model; theme and choices stay, but for
// what they say about the layers and activations of another model.
func (s *State) SetModel(m *message.ModelInfo) {
	stays := s.Model != nil && s.Model.Name == m.Name
	s.Opening, s.Model, s.named, s.Error = "", m, m.Layers, ""
	s.Looks, s.Left, s.Page, s.Folded = map[int]message.LookInfo{}, map[int]bool{}, 0, false
	s.Estimate, s.Comparison, s.Result, s.Running, s.Task = nil, nil, nil, false, ""
	s.Aid.Frontier = nil
	s.Chosen, s.Figure, s.Drawing, s.RowPage = -1, nil, false, 0
	s.SaveName = ""
	s.Proof.forget()
	o, names := s.clone(), []string(nil)
	if stays {
		names = s.Names()
	} else {
		o = inFloat(o)
	}
	s.Scope, s.Focus, s.past, s.future = "", -1, nil, nil
	s.turnTo(keepFor(o, names))
}

// Outdated reports whether the result was made with other options than those
// that are chosen now.
func (s *State) Outdated() bool {
	return s.Result != nil && !same(s.Result.Asked, s.Options)
}

// Refused says why the options do not go together; empty where they do.
func (s *State) Refused() string {
	if err := s.Asked().Validate(); err != nil {
		return err.Error()
	}
	return ""
}

// Blocked says why an open model cannot be run; empty where it can.
func (s *State) Blocked() string {
	if s.Model == nil {
		return ""
	}
	if refused := s.Refused(); refused != "" {
		return words.F("These options do not go together: %s.", refused)
	}
	if s.InUse() == 0 && s.Options.Activations != "split" {
		if len(s.Left) > 0 {
			return words.T("No layer is left to work on. Tick one in the table.")
		}
		return words.T("This model has no layer that can be worked on.")
	}
	return ""
}

// Usable reports whether the layer can be worked on at all.
func (s *State) Usable(layer int) bool { return s.Model.Layers[layer].Skipped == "" }

// InUse counts the layers that will be worked on.
func (s *State) InUse() int {
	n := 0
	for i := range s.Model.Layers {
		if s.Usable(i) && !s.Left[i] {
			n++
		}
	}
	return n
}

// Pages returns how many pages n rows take, at least 1.
func Pages(n int) int { return max(1, (n+PerPage-1)/PerPage) }

// Rows returns the first row of a page of n rows and the one after its last.
func Rows(n, page int) (from, to int) {
	return min(page*PerPage, n), min((page+1)*PerPage, n)
}

// Unseen returns the layers on the current page that nobody has looked at.
func (s *State) Unseen() []int {
	if s.Model == nil || s.Folded {
		return nil
	}
	var unseen []int
	from, to := Rows(len(s.Model.Layers), s.Page)
	for i := from; i < to; i++ {
		if _, seen := s.Looks[i]; !seen && s.Model.Layers[i].Parameters > 0 {
			unseen = append(unseen, i)
		}
	}
	return unseen
}

// The columns that the result table is sorted by.
const (
	ByDamage = "damage" // lowest SQNR first
	ByOrder  = "order"  // as in the model
	ByPlain  = "plain"
	ByBits   = "bits"
	BySize   = "size"
)

// Sort is the order of the result table.
type Sort struct {
	By       string
	Reversed bool
}

// Click is what a click on the heading of a column makes of the order.
func (s Sort) Click(by string) Sort { return Sort{by, s.By == by && !s.Reversed} }

// Sorted returns the indices of the layers in the order that s asks for.
// Layers that were left alone come last in any order but the model's own.
func (s Sort) Sorted(layers []report.Layer) []int {
	order := make([]int, len(layers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &layers[i], &layers[j]
		if s.By != ByOrder && (a.Skipped == "") != (b.Skipped == "") {
			if a.Skipped == "" {
				return -1
			}
			return 1
		}
		c := s.compare(a, b, i, j)
		if s.Reversed {
			return -c
		}
		return c
	})
	return order
}

func (s Sort) compare(a, b *report.Layer, i, j int) int {
	switch s.By {
	case ByDamage:
		return cmp.Compare(decibels(a.SQNR), decibels(b.SQNR))
	case ByPlain:
		return cmp.Compare(decibels(a.Plain), decibels(b.Plain))
	case ByBits:
		return cmp.Compare(b.BitsPerWeight, a.BitsPerWeight)
	case BySize:
		return cmp.Compare(b.BytesAfter, a.BytesAfter)
	}
	return cmp.Compare(i, j)
}

// decibels takes the absence of noise as infinitely many.
func decibels(db *float64) float64 {
	if db == nil {
		return math.Inf(1)
	}
	return *db
}

// Largest returns the quantized layer with the largest absolute weight: the
// outlier that a split is there to keep; nil if nothing was quantized.
func Largest(layers []report.Layer) *report.Layer {
	var largest *report.Layer
	for i := range layers {
		l := &layers[i]
		if l.Skipped == "" && (largest == nil || l.MaxAbs > largest.MaxAbs) {
			largest = l
		}
	}
	return largest
}

// Worst returns the layer of the model that the last run damaged most, or -1.
func (s *State) Worst() int {
	layers := s.Result.Report.Layers
	order := Sort{By: ByDamage}.Sorted(layers)
	if len(order) == 0 || layers[order[0]].Skipped != "" {
		return -1
	}
	return s.Find(layers[order[0]].Name)
}

// Find returns the index of the layer of that name in the model, or -1.
func (s *State) Find(name string) int {
	if s.Model == nil {
		return -1
	}
	return slices.IndexFunc(s.Model.Layers, func(l message.LayerInfo) bool { return l.Name == name })
}

// Reveal chooses a layer and turns both tables to the pages that it is on.
func (s *State) Reveal(layer int) {
	s.Chosen, s.Page = layer, layer/PerPage
	if s.Result == nil {
		return
	}
	layers := s.Result.Report.Layers
	row := slices.IndexFunc(s.Sort.Sorted(layers), func(i int) bool { return layers[i].Name == s.Model.Layers[layer].Name })
	if row >= 0 {
		s.RowPage = row / PerPage
	}
}

// HasModel reports whether one of the files is a model.
func HasModel(files []string) bool { return slices.ContainsFunc(files, names.IsName) }

// OtherModels returns the models among the files that [MainFile] is not, but for
// its parts. A .bin may be data of any of them.
func OtherModels(files []string) []string {
	var others []string
	main := MainFile(files)
	parts, _ := names.Shards(files[main], files)
	for i, n := range files {
		if slices.Contains(parts, n) {
			continue
		}
		data := strings.HasSuffix(strings.ToLower(n), ".bin")
		if names.IsName(n) && !data && i != main && !strings.HasSuffix(strings.ToLower(files[main]), ".index.json") {
			others = append(others, n)
		}
	}
	return others
}

// MainFile returns which of the files is the model; the others hold its data.
func MainFile(files []string) int { return names.Main(files) }

// The themes, in the order of the switch.
const (
	ThemeAuto  = "auto" // as the system has it
	ThemeLight = "light"
	ThemeDark  = "dark"
)

// Themes lists them.
var Themes = []string{ThemeAuto, ThemeLight, ThemeDark}
