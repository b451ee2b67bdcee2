package proof

import (
	"fmt"
	"strconv"
	"strings"

	"splitquant/core/evaluate"
	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"

	"github.com/vugu/vugu"
)

const (
	textTitle          words.Text = "Proof"
	textOn             words.Text = "Run on"
	textChoose         words.Text = "Choose data …"
	textNoData         words.Text = "Use generated inputs"
	textScale          words.Text = "Pixels become"
	textCompare        words.Text = "Compare with"
	textHurts          words.Text = "Which layer hurts?"
	textProgress       words.Text = "Progress of the proof"
	textTable          words.Text = "The models side by side"
	textModel          words.Text = "Model"
	textSize           words.Text = "Size"
	textBits           words.Text = "Bits per weight"
	textAccuracy       words.Text = "Accuracy"
	textCorrect        words.Text = "Correct"
	textAgrees         words.Text = "Agrees"
	textSQNR           words.Text = "Output SQNR"
	textCosine         words.Text = "Cosine"
	textDiff           words.Text = "Largest difference"
	textTime           words.Text = "Time"
	textSave           words.Text = "Save the report"
	textHurtBy         words.Text = "Hurts"
	textAlone          words.Text = "Alone"
	textAloneTip       words.Text = "What is lost when this layer alone is quantized: points of accuracy, or decibels of the output SQNR."
	textSpared         words.Text = "Sparing it"
	textSparedTip      words.Text = "What is won when every layer but this one is quantized, next to quantizing them all."
	textConfusion      words.Text = "Which classes are mistaken for which"
	textConfusionMeans words.Text = "Rows by their label, columns by the answer of the model."
	textLabelAnswer    words.Text = "Label, then answer"
	textDifferTable    words.Text = "Rows on which the models differ"
	textRow            words.Text = "Row"
	textInput          words.Text = "Input"
	textLabel          words.Text = "Label"
	textPrevious       words.Text = "Previous"
	textNext           words.Text = "Next"
	textHurtTitle      words.Text = "Which layer hurts"
	textLayer          words.Text = "Layer"
	textNextTime       words.Text = "From now on"
	textEight          words.Text = "8 bits"
	textLeave          words.Text = "Leave out"
	textAgain          words.Text = "Run again"
	textOutdated       words.Text = "This is of the options before. Run the proof again for what is chosen now."
	textKinds          words.Text = "Or drop files here: text (TSV or CSV with a label and a text) with its vocab.txt or tokenizer.json, token ids, .npz, .npy, MNIST idx files, or a ZIP with a folder of images for each class. They stay on this machine."
	textAccuracyTip    words.Text = "The share of rows that the model answers with their label. The span is where it lies with 95 % certainty for rows like these: differences inside it may be chance."
	textAgreesTip      words.Text = "The share of rows whose top answer is that of the original."
	textSQNRTip        words.Text = "How much stronger the outputs of the original are than what quantization changed in them. 6 dB more is half the change."
	textSizes          words.Text = "Sizes that the model leaves open"
	textStatic         words.Text = "Activations, too"
	textStaticTip      words.Text = "Also runs the result with static quantization of activations: what goes into layers and comes out of activation functions is rounded to codes over ranges that are found on this data."
	textMethod         words.Text = "Ranges"
	textMethodTip      words.Text = "How much of what was seen a range spans. A narrow one clips outliers and has finer steps."
	textCosineTip      words.Text = "How far the outputs point the same way as those of the original: 1 is the same way."
)

var textBitsTip = words.BitsWeight.Means

func (c *View) textFacts() string {
	switch {
	case c.S.Model == nil:
		return words.T("Open a model to try it on data.")
	case c.busy():
		return words.T("The models run in this page.")
	case c.p().Info != nil:
		return words.T("The models ran in this page.")
	}
	return words.T("Runs the original and the result side by side, in this page.")
}

func (c *View) textData() string {
	p := c.p()
	switch {
	case len(p.Data) == 0 && p.Tokenizer == "":
		return words.T("Generated inputs: how far the outputs are apart.")
	case len(p.Data) == 0:
		return words.F("%s is here. Choose the data, too.", format.Name(p.Tokenizer))
	case p.Tokenizer == "":
		return names(p.Data)
	}
	return words.F("%[1]s, with %[2]s", names(p.Data), format.Name(p.Tokenizer))
}

// names lists the names of files.
func names(files []string) string {
	short := make([]string, len(files))
	for i, f := range files {
		short[i] = format.Name(f)
	}
	return strings.Join(short, ", ")
}

func (c *View) textGo() string {
	if c.busy() {
		return words.T("Cancel")
	}
	return words.T("Run the proof")
}

func textScaleOf(word string) string {
	switch word {
	case message.ScaleUnit:
		return words.T("0 to 1")
	case message.ScaleSigned:
		return words.T("−1 to 1")
	case message.ScaleImageNet:
		return words.T("mean 0, as for ImageNet")
	}
	return words.T("0 to 255")
}

// placeholder says which size a dimension has unless somebody says otherwise.
func placeholder(d evaluate.Dimension) string {
	if d.Largest > d.Size {
		return words.F("%[1]d to %[2]d", d.Size, d.Largest)
	}
	return strconv.FormatInt(d.Size, 10)
}

func textWidth(bits int) string {
	if bits == 0 {
		return words.T("no")
	}
	return words.F("in %d bits", bits)
}

func textMethodOf(word string) string {
	switch word {
	case "minmax":
		return words.T("all that was seen")
	case "mse":
		return words.T("least squared error")
	case "entropy":
		return words.T("least divergence (entropy)")
	}
	return words.F("%s %% of the values", strings.TrimPrefix(word, "percentile:"))
}

// textStaticLine names a line of the result with activations in codes.
func textStaticLine(l message.ProofLine) string {
	if l.Model == message.StaticSplit {
		return words.F("result, activations in %d bits and three chunks", l.Activations)
	}
	return words.F("result, activations in %d bits", l.Activations)
}

// textRound offers to quantize as a line does.
func textRound(l message.ProofLine) string {
	if l.Model == message.StaticSplit {
		return words.F("Activations in %d bits and three chunks, from now on", l.Activations)
	}
	return words.F("Activations in %d bits, from now on", l.Activations)
}

func (c *View) textRanges() string {
	i := c.p().Info
	if i.Rows == 0 {
		return words.T("Ranges of activations are those of the generated inputs: for a model that is used, find them on data.")
	}
	return words.F("Ranges of activations were found on %s of them.", format.Plural(int64(i.RangeRows), "row", "rows"))
}

// textRival names a rival of a result of so many bits.
func textRival(name string, bits int) string {
	switch name {
	case recipe.RivalPlain:
		return words.F("plain, %d bits", bits)
	case recipe.RivalSize:
		return words.T("plain, at the size of the result")
	}
	return words.F("split by %[1]s, %[2]d bits", name, bits)
}

// lineName names a line of the table.
func (c *View) lineName(l message.ProofLine) string {
	if l.Model == recipe.RivalSize {
		return words.F("plain, %d bits", l.Bits)
	}
	return modelName(l)
}

// modelName names a model by what a line, or what is known of it, says.
func modelName(l message.ProofLine) string {
	switch {
	case l.Model == message.Original:
		return words.T("original")
	case l.Model == message.Result:
		return words.T("result")
	case static(l):
		return textStaticLine(l)
	}
	return textRival(l.Model, l.Bits)
}

// Text says how far the proof is.
func Text(s *state.State) string {
	p := &s.Proof
	switch {
	case p.Doing == message.Sensitivity:
		return words.F("trying one layer at a time, %d %%", Percent(s))
	case p.Of == "":
		return words.T("starting")
	}
	of := modelName(message.ProofLine{Result: evaluate.Result{Model: p.Of}, Bits: s.Options.Bits, Activations: p.Static})
	switch {
	case p.Stage == message.StageWatch:
		return words.T("watching activations")
	case p.Stage == message.StageMake:
		return words.F("quantizing: %s", of)
	case p.Stage == message.StageLoad:
		return words.F("opening: %s", of)
	}
	return words.F("running: %s", of)
}

// textRanOn says what the models ran on.
func (c *View) textRanOn() string {
	i := c.p().Info
	if i.Rows == 0 {
		return words.F("On %s, the same for all.", format.Plural(int64(i.Samples), "generated input", "generated inputs"))
	}
	return words.F("On %[1]s: %[2]s.", i.Data, format.Plural(int64(i.Rows), "row", "rows"))
}

// A row is a model as the table shows it.
type row struct{ name, size, bits, accuracy, correct, agrees, sqnr, cosine, diff, time, class string }

func (c *View) rows() []row {
	lines := c.lines()
	rows := make([]row, len(lines))
	for i, l := range lines {
		r := row{name: c.lineName(l), size: format.Bytes(l.Bytes), bits: format.None}
		if l.BitsPerWeight > 0 {
			r.bits = strconv.FormatFloat(l.BitsPerWeight, 'f', 2, 64)
		}
		if l.Model == message.Result {
			r.class = "chosen"
		}
		if l.Error != "" {
			r.accuracy, r.correct, r.agrees, r.sqnr, r.cosine, r.diff, r.time = format.None, format.None, format.None, format.None, format.None, format.None, format.None
			rows[i] = r
			continue
		}
		r.time = format.Seconds(l.Seconds)
		if n := c.p().Info.Rows; n > 0 {
			r.accuracy = fmt.Sprintf("%.2f\u00a0%% (%.1f–%.1f)", 100*l.Accuracy, 100*l.Low, 100*l.High)
			r.correct = words.F("%[1]s of %[2]s", format.Count(int64(l.Correct)), format.Count(int64(n)))
		}
		if l.Model == message.Original {
			r.agrees, r.sqnr, r.cosine, r.diff = format.None, format.None, format.None, format.None
		} else {
			r.agrees, r.sqnr, r.cosine, r.diff = share(l.Top1), format.Decibel(l.SQNR, l.Exact), real(l.Cosine), format.Real(l.MaxAbs)
		}
		rows[i] = r
	}
	return rows
}

func share(x *float64) string {
	if x == nil {
		return format.None
	}
	return fmt.Sprintf("%.2f\u00a0%%", 100**x)
}

func real(x *float64) string {
	if x == nil {
		return format.None
	}
	return strconv.FormatFloat(*x, 'f', 6, 64)
}

// faults says which models could not be run.
func (c *View) faults() []string {
	var faults []string
	for _, l := range c.lines() {
		if l.Error != "" {
			faults = append(faults, c.lineName(l)+": "+l.Error)
		}
	}
	return faults
}

// verdict says in one sentence what came of it.
func (c *View) verdict() string {
	lines := c.lines()
	if len(lines) < 2 || lines[1].Error != "" || lines[1].Model != message.Result {
		return ""
	}
	was, is := lines[0], lines[1]
	size := words.F("The result is %s times smaller.", format.Times(float64(was.Bytes), float64(is.Bytes)))
	if !c.labelled() {
		return size
	}
	n := int64(c.p().Info.Rows)
	return size + " " + words.F("It answers %[1]s of %[2]s right, the original %[3]s.",
		format.Count(int64(is.Correct)), format.Count(n), format.Count(int64(was.Correct)))
}

func (c *View) textDiffer() string {
	i := c.p().Info
	if i.Differs > len(i.Differ) {
		return words.F("The models differ on %[1]s of %[2]s rows; here are the first %[3]s", format.Count(int64(i.Differs)), format.Count(int64(i.Rows)), format.Count(int64(len(i.Differ))))
	}
	return words.F("The models differ on %[1]s of %[2]s rows", format.Count(int64(i.Differs)), format.Count(int64(i.Rows)))
}

func (c *View) textPage() string {
	n := len(c.p().Info.Differ)
	from := c.p().Page * perPage
	return words.F("%[1]d to %[2]d of %[3]d", from+1, min(from+perPage, n), n)
}

func textOf(d evaluate.Row) string { return format.Short(d.Title, 200) }

// class names a class.
func (c *View) class(i int) string {
	if classes := c.p().Info.Classes; i >= 0 && i < len(classes) {
		return format.Short(classes[i], 30)
	}
	return strconv.Itoa(i)
}

// answer is what a model answered, marked where it is wrong: not by colour alone.
func (c *View) answer(d evaluate.Row, a int) string {
	switch {
	case a < 0:
		return format.None
	case a != d.Label:
		return "✗ " + c.class(a)
	}
	return "✓ " + c.class(a)
}

func answerClass(d evaluate.Row, a int) string {
	if a != d.Label {
		return "bad"
	}
	return "right"
}

func (c *View) textHurtMeans() string {
	h := c.p().Hurt
	if h.Rows > 0 {
		return words.F("Tried on %s.", format.Plural(int64(h.Rows), "row", "rows"))
	}
	return words.F("Tried on %s.", format.Plural(int64(h.Samples), "generated input", "generated inputs"))
}

func (c *View) textGiveWorst() string {
	if len(c.S.WorstLayers(2)) == 1 {
		return words.T("Give the worst layer 8 bits")
	}
	return words.T("Give the two worst layers 8 bits")
}

func textEightOf(layer string) string { return words.F("8 bits for %s", layer) }
func textLeaveOf(layer string) string { return words.F("Leave out %s", layer) }

func breakable(name string) vugu.HTML { return vugu.HTML(format.Breakable(format.Name(name))) }

// nameOf names a layer, or those that share a weight.
func nameOf(l evaluate.Sensitive) string { return strings.Join(l.Layers, ", ") }

// amount writes a loss or a gain: points of accuracy, or decibels.
func (c *View) amount(x float64) string {
	if c.p().Hurt.Rows > 0 {
		return words.F("%s points", format.Signed(100*x))
	}
	return format.Signed(x) + "\u00a0dB"
}

// bar draws what a layer costs, next to what the worst one does.
func (c *View) bar(l evaluate.Sensitive) vugu.HTML {
	const width = 140
	worst := 0.0
	for _, o := range c.p().Hurt.Layers {
		worst = max(worst, o.Loss+o.Gain)
	}
	w := 0.0
	if worst > 0 {
		w = width * max(l.Loss+l.Gain, 0) / worst
	}
	return vugu.HTML(fmt.Sprintf(`<svg class="hurt-bar" width="%d" height="12" aria-hidden="true"><rect width="%.1f" height="12" rx="2"/></svg>`, width, w))
}
