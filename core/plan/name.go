package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"splitquant/core/recipe"
)

// FileName returns what the result of a run on the model file of the given
// name is called: "resnet.onnx" becomes "resnet-int2-kmeans.onnx".
func FileName(name string, o recipe.Options) string {
	stem, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		stem, ext = name[:i], name[i:]
	}
	switch {
	case slices.ContainsFunc(o.Layers, func(r recipe.Rule) bool { return r != recipe.Rule{Layer: r.Layer, Exclude: r.Exclude} }):
		return fmt.Sprintf("%s-mixed%s", stem, ext)
	case o.Palette != 0:
		return fmt.Sprintf("%s-palette%d%s", stem, o.Palette, ext)
	case !o.Splits() && o.Form != "float":
		return fmt.Sprintf("%s-int%d-plain%s", stem, o.Bits, ext)
	case o.Form == "float":
		return fmt.Sprintf("%s-split%s", stem, ext)
	case o.Form == "layers":
		return fmt.Sprintf("%s-int%d-%s%s", stem, o.Bits, o.Strategy, ext)
	}
	return fmt.Sprintf("%s-int%d-%s-%s%s", stem, o.Bits, o.Strategy, o.Form, ext)
}

// FileName is the function FileName with the ending of what is written: that of
// "gpt.gguf" is "gpt-int2-kmeans.safetensors".
func (f *File) FileName(name string, o recipe.Options) string {
	_, endings := f.result()
	ext := path.Ext(name)
	if !slices.Contains(endings, strings.ToLower(ext)) {
		if kinds[strings.ToLower(ext)] != "" {
			name = strings.TrimSuffix(name, ext)
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".index"), endings[0]) + endings[0]
	}
	return FileName(name, o)
}

// Download is what one download of the estimated result is called: [File.FileName],
// or the name of an archive where the result has a file beside it.
func (f *File) Download(name string, o recipe.Options, e Estimate) string {
	name = f.FileName(name, o)
	if e.BytesBeside > 0 {
		return zipName(name)
	}
	return name
}

// kinds are what files with an ending are, as model.Model.Format has it; other
// kinds that are no models of ours are "other".
var kinds = map[string]string{
	".onnx": "onnx", ".safetensors": "safetensors", ".gguf": "gguf", ".npz": "npz", ".npy": "npy",
	".pt": "pytorch", ".pth": "pytorch", ".bin": "pytorch", ".ckpt": "pytorch", ".tar": "pytorch", ".jit": "pytorch",
	".csv": "other", ".gz": "other", ".h5": "other", ".html": "other", ".json": "other", ".keras": "other", ".md": "other",
	".ort": "other", ".pkl": "other", ".svg": "other", ".tflite": "other", ".tsv": "other", ".txt": "other", ".xml": "other", ".zip": "other",
}

// Misnamed says that the name of the file is that of another kind; empty where it
// is not.
func (f *File) Misnamed(name string) string {
	ext := strings.ToLower(path.Ext(name))
	kind, format := kinds[ext], f.Model().Format
	if kind == "" || kind == "other" || kind == format {
		return ""
	}
	return fmt.Sprintf("the name ends in %s, the content is %s: it is read as that", ext, formats[format])
}

var formats = map[string]string{
	"onnx": "an ONNX model", "safetensors": "a safetensors file", "gguf": "a GGUF file", "npz": "an archive of NumPy arrays",
	"npy": "a NumPy array", "pytorch": "a PyTorch checkpoint",
}

// CheckName returns an error where a result must not be called name, because
// that is the name of another kind of file.
func (f *File) CheckName(name string) error {
	what, endings := f.result()
	ext := strings.ToLower(path.Ext(name))
	if kinds[ext] == "" || slices.Contains(endings, ext) {
		return nil
	}
	return fmt.Errorf("%s: the result is %s; name it %s%s", name, what, name[:len(name)-len(ext)], endings[0])
}
