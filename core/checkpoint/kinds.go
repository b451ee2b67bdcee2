package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// A Named is a tensor and the name that a result gives it, which is not always
// that of the file.
type Named struct {
	Name   string
	Tensor *model.Tensor
}

// Layers lists the weights among tensors, and says of each what kind of layer it
// seems to belong to. One-dimensional tensors are no weights: they are biases,
// scales of normalisations, statistics.
func Layers(tensors []Named) []model.Layer {
	byName := make(map[string]*model.Tensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = t.Tensor
	}
	var layers []model.Layer
	for _, t := range tensors {
		if len(t.Tensor.Shape) < 2 || !t.Tensor.Type.IsFloat() || t.Tensor.Data == nil {
			continue
		}
		l := model.Layer{Name: t.Name, Shape: t.Tensor.Shape, Weight: t.Tensor, NBits: "MatMulNBits is an operator of ONNX Runtime, a checkpoint has none"}
		if s, ok := strings.CutSuffix(t.Name, ".weight"); ok {
			l.Name = s
		}
		if b := byName[biasName(t.Name)]; b != nil && b.Type.IsFloat() && len(b.Shape) == 1 {
			l.Bias = b
		}
		guess(&l, t.Name)
		layers = append(layers, l)
	}
	return layers
}

// weights and biases are the words of a name that tell one from the other.
var weights = map[string]string{"weight": "bias", "weights": "biases", "kernel": "bias", "w": "b", "W": "b"}

// biasName is what the bias beside a weight is called, empty where names do not
// say.
func biasName(name string) string {
	for from := len(name); from > 0; {
		from = strings.LastIndexAny(name[:from], "._/") // of the last words first
		end := from + 1 + strings.IndexAny(name[from+1:]+".", "._/:")
		if b := weights[name[from+1:end]]; b != "" {
			return name[:from+1] + b + name[end:]
		}
	}
	return ""
}

// guess sets the kind of a layer whose weight has the given name.
func guess(l *model.Layer, name string) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("._/:", r) })
	last := words[:max(len(words)-1, 0)] // what the module is called, without "weight"
	module := strings.ToLower(moduleName(name))
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return slices.Contains(words, w) })
	}
	switch {
	case recurrent(words):
		recurrentKind(l)
	case strings.Contains(module, "norm") || slices.Contains(last, "ln") || slices.Contains(last, "bn"):
		l.Kind, l.Op, l.OutAxis, l.Skipped = model.Norm, "Norm", -1, "a normalisation: its weight scales channels"
	case l.Bias == nil && embedding(module):
		SetEmbedding(l)
	case !has("weight", "weights", "kernel", "w"):
		l.Kind, l.Op, l.OutAxis = model.Unknown, "?", -1
		l.Skipped = "its name does not say what it is: name it to --as-linear if it is the weight of a layer"
	default:
		SetLinear(l)
		if has("kernel") { // as TensorFlow and JAX write them: inputs first
			l.OutAxis = len(l.Shape) - 1
		} else if l.Kind == model.Conv && transposed(module) {
			l.Kind, l.Op, l.OutAxis = model.ConvTranspose, strings.Replace(l.Op, "Conv", "ConvTranspose", 1), 1
		}
	}
	if l.Bias != nil && l.Bias.Shape[0] != l.Rows() {
		l.Bias = nil
	}
}

// SetLinear says that a layer is a Linear or, with more than two axes, a Conv,
// whatever its name.
func SetLinear(l *model.Layer) {
	l.Kind, l.Op, l.OutAxis, l.Skipped, l.Optional = model.Linear, "Linear", 0, "", false
	if n := len(l.Shape); n > 2 {
		l.Kind, l.Op = model.Conv, fmt.Sprintf("Conv%dd", n-2)
	}
}

// SetEmbedding says that a layer is an embedding, whatever its name.
func SetEmbedding(l *model.Layer) {
	l.Kind, l.Op, l.OutAxis = model.Embedding, "Embedding", 0
	l.Skipped, l.Optional = "an embedding is looked up, not multiplied", true
}

// moduleName is the last part of a name that is not "weight" or a number.
func moduleName(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '/' })
	for _, p := range slices.Backward(parts) {
		if weights[p] == "" && strings.Trim(p, "0123456789") != "" {
			return p
		}
	}
	return name
}

func embedding(module string) bool {
	switch module {
	case "wte", "wpe", "shared", "relative_attention_bias":
		return true
	}
	for _, word := range strings.FieldsFunc(module, func(r rune) bool { return r == '_' || r == '-' }) {
		if strings.HasPrefix(word, "emb") && word != "embedder" || word == "embd" {
			return true
		}
	}
	return strings.HasSuffix(module, "embedding") || strings.HasSuffix(module, "embeddings")
}

func transposed(module string) bool {
	for _, s := range []string{"transpose", "deconv", "convt", "conv_t", "upconv", "tconv"} {
		if strings.Contains(module, s) {
			return true
		}
	}
	return false
}

// recurrent reports whether a weight is that of a recurrent cell: weight_ih,
// weight_hh_l0, w_ih, ...
func recurrent(words []string) bool {
	for i, w := range words {
		if (w == "ih" || w == "hh") && i > 0 && (words[i-1] == "weight" || words[i-1] == "w") {
			return true
		}
	}
	return false
}

// recurrentKind describes the gates of a recurrent cell, which lie one after
// another: four of an LSTM, three of a GRU. Copies of the cell cannot be added up.
func recurrentKind(l *model.Layer) {
	l.Kind, l.Op, l.OutAxis, l.SummedOnly, l.Bias = model.Recurrent, "RNN", 0, true, nil
	if len(l.Shape) != 2 {
		l.Skipped = "a recurrent weight has two axes"
		return
	}
	rows, cols := l.Shape[0], l.Shape[1]
	switch {
	case rows == 4*cols || rows%4 == 0 && rows%3 != 0:
		l.Op, l.Blocks = "LSTM", 4
	case rows == 3*cols || rows%3 == 0 && rows%4 != 0:
		l.Op, l.Blocks = "GRU", 3
	}
}

// Parameters counts the elements of the float tensors.
func Parameters(tensors []*model.Tensor) (n int64) {
	for _, t := range tensors {
		if elems, err := t.Shape.Elems(); err == nil && t.Type.IsFloat() {
			n += elems
		}
	}
	return n
}

// Bytes returns the size of a tensor's data.
func Bytes(typ tensor.Type, shape tensor.Shape) (int64, error) {
	n, err := shape.Elems()
	if err != nil {
		return 0, err
	}
	return typ.Bytes(n)
}
