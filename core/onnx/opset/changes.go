package opset

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"splitquant/core/tensor"
)

// A change is a version in which an operator came to mean something else, or
// to be written in another way.
type change struct {
	op      string
	version int
}

// noKernel holds versions that ONNX Runtime 1.30 refuses to run on a CPU,
// while it runs the one before. Found by running them all.
var noKernel = map[change]bool{
	{"Bernoulli", 22}:         true,
	{"GlobalLpPool", 22}:      true,
	{"MaxRoiPool", 22}:        true,
	{"Multinomial", 22}:       true,
	{"RandomNormal", 22}:      true,
	{"RandomNormalLike", 22}:  true,
	{"RandomUniform", 22}:     true,
	{"RandomUniformLike", 22}: true,
	{"RoiAlign", 22}:          true,
	{"Swish", 25}:             true,
}

// changes holds how nodes are rewritten for the versions that changed them, in
// place or with nodes around them.
var changes = map[change]func(*lifting) error{
	{"AveragePool", 22}:        pool22,
	{"BatchNormalization", 9}:  batchNormalization9,
	{"BatchNormalization", 14}: batchNormalization14,
	{"Cast", 24}:               cast24,
	{"CastLike", 24}:           cast24,
	{"Clip", 11}:               clip11,
	{"ConvTranspose", 11}:      convTranspose11,
	{"DFT", 20}:                dft20,
	{"Dropout", 10}:            dropout10,
	{"Dropout", 12}:            dropout12,
	{"GridSample", 20}:         gridSample20,
	{"GroupNormalization", 21}: groupNormalization21,
	{"Hardmax", 13}:            softmax13,
	{"LogSoftmax", 13}:         softmax13,
	{"LpPool", 22}:             pool22,
	{"MaxPool", 22}:            pool22,
	{"Pad", 11}:                pad11,
	{"ReduceL1", 18}:           axesToInput,
	{"ReduceL2", 18}:           axesToInput,
	{"ReduceLogSum", 18}:       axesToInput,
	{"ReduceLogSumExp", 18}:    axesToInput,
	{"ReduceMax", 18}:          axesToInput,
	{"ReduceMean", 18}:         axesToInput,
	{"ReduceMin", 18}:          axesToInput,
	{"ReduceProd", 18}:         axesToInput,
	{"ReduceSum", 13}:          axesToInput,
	{"ReduceSumSquare", 18}:    axesToInput,
	{"Resize", 11}:             resize11,
	{"Resize", 13}:             resize13,
	{"RoiAlign", 16}:           roiAlign16,
	{"Scan", 9}:                scan9,
	{"Scatter", 11}:            scatter11,
	{"Slice", 10}:              slice10,
	{"Softmax", 13}:            softmax13,
	{"Split", 13}:              split13,
	{"Split", 18}:              split18,
	{"Squeeze", 13}:            axesToInput,
	{"TopK", 10}:               topK10,
	{"Unsqueeze", 13}:          axesToInput,
	{"Upsample", 9}:            upsample9,
	{"Upsample", 10}:           upsample10,
	{"Upsample", 11}:           upsample11,
}

// axesToInput makes an input of the attribute axes. Without it, as with an
// empty one, an operator takes all axes, before and after.
func axesToInput(l *lifting) error {
	axes, err := attr(l, "axes", []int64(nil))
	if err != nil {
		return err
	}
	l.drop("axes")
	if len(axes) > 0 || l.node.Op == "Unsqueeze" {
		l.setInput(1, l.ints("axes", axes...))
	}
	return nil
}

// pool22 refuses nodes that lose the windows that begin after the input's end.
func pool22(l *lifting) error {
	p, err := windows(l)
	if err != nil || !p.ceil {
		return err
	}
	for i, k := range p.kernel {
		if p.strides[i] > 1 && p.ends[i]+p.strides[i] > k {
			return errors.New("with ceil_mode, windows that begin in the padding at the end are left out")
		}
	}
	return nil
}

// A pool is what a pooling node says of its windows along each spatial axis.
type pool struct {
	ceil    bool
	kernel  []int64 // from first to last element
	strides []int64
	ends    []int64 // padding at the end
}

// windows reads the windows of a pooling node.
func windows(l *lifting) (p pool, err error) {
	ceil, err := attr(l, "ceil_mode", int64(0))
	if err != nil {
		return p, err
	}
	kernel, err := attr(l, "kernel_shape", []int64(nil))
	if err != nil {
		return p, err
	}
	ones := slices.Repeat([]int64{1}, len(kernel))
	strides, err := attr(l, "strides", ones)
	if err != nil {
		return p, err
	}
	dilations, err := attr(l, "dilations", ones)
	if err != nil {
		return p, err
	}
	pads, err := attr(l, "pads", make([]int64, 2*len(kernel)))
	if err != nil {
		return p, err
	}
	if len(strides) != len(kernel) || len(dilations) != len(kernel) || len(pads) != 2*len(kernel) {
		return p, errors.New("kernel_shape, strides, dilations and pads disagree in length")
	}
	p = pool{ceil: ceil != 0, strides: strides, ends: pads[len(kernel):]}
	for i, k := range kernel {
		p.kernel = append(p.kernel, (k-1)*dilations[i]+1)
	}
	return p, nil
}

// batchNormalization9 drops spatial, which is about C against C x D1 x ... Dn
// statistics: the same where there are no D.
func batchNormalization9(l *lifting) error {
	spatial, err := attr(l, "spatial", int64(1))
	if err != nil {
		return err
	}
	if rank, ok := l.facts.Rank(l.input(0)); spatial == 0 && (!ok || rank > 2) {
		return errors.New("statistics for every element (spatial=0) are no more")
	}
	l.drop("spatial")
	return nil
}

// batchNormalization14 refuses nodes that train, which were told by their
// outputs and update their statistics otherwise since.
func batchNormalization14(l *lifting) error {
	for _, output := range l.node.Outputs[1:] {
		if output != "" {
			return errors.New("it trains: it has more than one output")
		}
	}
	return nil
}

// The 8-bit float types without a negative zero, as TensorProto numbers them.
const (
	float8e4m3fnuz = 18
	float8e5m2fnuz = 20
)

// cast24 refuses casts to types to which infinity was cast as NaN.
func cast24(l *lifting) error {
	to, err := attr(l, "to", int64(0)) // CastLike has a second input instead
	if err != nil {
		return err
	}
	if t, _ := l.facts.Type(l.input(1)); to == float8e4m3fnuz || to == float8e5m2fnuz || t == tensor.Float8 {
		return errors.New("infinity becomes another 8-bit float")
	}
	return nil
}

// clip11 makes inputs of the attributes min and max. Their defaults were those
// of float32 for all types; those of the inputs are the type's own.
func clip11(l *lifting) error {
	t, known := l.facts.Type(l.input(0))
	for i, a := range []Attr{{"min", float32(-math.MaxFloat32)}, {"max", float32(math.MaxFloat32)}} {
		limit := a.Value.(float32)
		v, err := attr(l, a.Name, limit)
		if err != nil {
			return err
		}
		l.drop(a.Name)
		if v == limit && known && t == tensor.Float32 {
			continue
		}
		c, err := l.like(a.Name, v)
		if err != nil {
			return err
		}
		l.setInput(1+i, c)
	}
	return nil
}

// convTranspose11 refuses nodes that leave their padding to be found: version
// 11 puts the odd one at the other end.
func convTranspose11(l *lifting) error {
	shape, err := attr(l, "output_shape", []int64(nil))
	if err != nil {
		return err
	}
	auto, err := attr(l, "auto_pad", "NOTSET")
	if err != nil {
		return err
	}
	if len(shape) > 0 || auto == "SAME_UPPER" || auto == "SAME_LOWER" {
		return errors.New("padding that is not given (auto_pad, output_shape) is at the other end")
	}
	return nil
}

// dft20 makes an input of the attribute axis, whose default changes too.
func dft20(l *lifting) error {
	axis, err := attr(l, "axis", int64(1))
	if err != nil {
		return err
	}
	l.drop("axis")
	l.setInput(2, l.constant("axis", tensor.Int64, nil, []int64{axis}))
	return nil
}

// dropout10 leaves out the mask, of bool since, if nothing uses it.
func dropout10(l *lifting) error {
	if len(l.node.Outputs) < 2 {
		return nil
	}
	if mask := l.node.Outputs[1]; mask != "" && l.facts.Used(mask) {
		return errors.New("its mask is used, which is of another type or filled otherwise")
	}
	l.node.Outputs = l.node.Outputs[:1]
	l.changed = true
	return nil
}

// dropout12 drops the ratio, an input now, which counts only in training, which
// is one too. The mask is all ones since.
func dropout12(l *lifting) error {
	l.drop("ratio")
	return dropout10(l)
}

func gridSample20(l *lifting) error {
	mode, err := attr(l, "mode", "bilinear")
	if err != nil {
		return err
	}
	if name := map[string]string{"bilinear": "linear", "bicubic": "cubic"}[mode]; name != "" {
		l.setAttr("mode", name)
	}
	return nil
}

// groupNormalization21 repeats scale and bias, which were one for a group, for
// each channel of it. The first stage computes in the type it computed in.
func groupNormalization21(l *lifting) error {
	t, _ := l.facts.Type(l.input(0))
	stash := onnxFloats[t]
	if stash == 0 {
		return errors.New("the float type in which it computes is not known")
	}
	groups, err := attr(l, "num_groups", int64(0))
	if err != nil {
		return err
	}
	channels := l.run("Shape", "channels", []string{l.input(0)}, Attr{"start", int64(1)}, Attr{"end", int64(2)})
	each := l.run("Div", "each", []string{channels, l.ints("groups", groups)})
	shape := l.run("Concat", "shape", []string{l.ints("one", 1), each}, Attr{"axis", int64(0)})
	column, flat := l.ints("column", -1, 1), l.ints("flat", -1)
	for i, part := range []string{"scale", "bias"} {
		one := l.run("Reshape", part+"/column", []string{l.input(1 + i), column})
		all := l.run("Expand", part+"/repeated", []string{one, shape})
		l.setInput(1+i, l.run("Reshape", part+"/flat", []string{all, flat}))
	}
	l.setAttr("stash_type", stash)
	return nil
}

// pad11 makes inputs of the attributes pads and value.
func pad11(l *lifting) error {
	pads, err := attr(l, "pads", []int64(nil))
	if err != nil {
		return err
	}
	mode, err := attr(l, "mode", "constant")
	if err != nil {
		return err
	}
	value, err := attr(l, "value", float32(0))
	if err != nil {
		return err
	}
	l.drop("pads")
	l.drop("value")
	l.setInput(1, l.ints("pads", pads...))
	if mode == "constant" && math.Float32bits(value) != 0 {
		c, err := l.like("value", value)
		if err != nil {
			return err
		}
		l.setInput(2, c)
	}
	return nil
}

// resize11 says what version 10 did without saying: coordinates are divided by
// the scale, and the nearest one is the lower, or the upper when scaling down.
func resize11(l *lifting) error {
	mode, err := attr(l, "mode", "nearest")
	if err != nil || mode != "nearest" {
		l.interpolate("")
		return err
	}
	scales, ok := l.facts.Floats(l.input(1))
	if !ok {
		return errors.New("its scales are not constant: the nearest element differs for up and down")
	}
	smaller := func(s float32) bool { return s < 1 }
	larger := func(s float32) bool { return s > 1 }
	switch {
	case !slices.ContainsFunc(scales, smaller):
		l.interpolate("floor")
	case !slices.ContainsFunc(scales, larger):
		l.interpolate("ceil")
	default:
		return fmt.Errorf("scales %v go up and down: the nearest element differs", scales)
	}
	return nil
}

// interpolate puts the scales behind the region, which version 13 made
// optional, and says how elements are found between them.
func (l *lifting) interpolate(nearest string) {
	region := ""
	if l.to < 13 {
		region = l.floats("roi")
	}
	scales := l.input(1)
	l.setInput(1, region)
	l.setInput(2, scales)
	l.setAttr("coordinate_transformation_mode", "asymmetric")
	if nearest != "" {
		l.setAttr("nearest_mode", nearest)
	}
}

// resize13 leaves out the scales, then empty, where there are sizes.
func resize13(l *lifting) error {
	mode, err := attr(l, "coordinate_transformation_mode", "")
	if err != nil {
		return err
	}
	if mode == "tf_half_pixel_for_nn" {
		return fmt.Errorf("coordinate_transformation_mode %s is no more", mode)
	}
	if l.input(3) != "" && l.input(2) != "" {
		l.setInput(2, "")
	}
	return nil
}

// roiAlign16 names what was the only way and is no longer the default.
func roiAlign16(l *lifting) error {
	l.setAttr("coordinate_transformation_mode", "output_half_pixel")
	return nil
}

func scan9(*lifting) error {
	return errors.New("the first axis is no longer a batch of its own")
}

func scatter11(l *lifting) error {
	l.setOp("ScatterElements")
	return nil
}

// slice10 makes inputs of the attributes starts, ends and axes.
func slice10(l *lifting) error {
	for i, name := range []string{"starts", "ends", "axes"} {
		v, err := attr(l, name, []int64(nil))
		if err != nil {
			return err
		}
		l.drop(name)
		if v != nil {
			l.setInput(1+i, l.ints(name, v...))
		}
	}
	return nil
}

// softmax13 keeps what was meant: all axes from axis on are one. Since 13 axis
// is that one alone, the same where it is the last.
func softmax13(l *lifting) error {
	axis, err := attr(l, "axis", int64(1))
	if err != nil {
		return err
	}
	l.setAttr("axis", int64(-1))
	if rank, ok := l.facts.Rank(l.input(0)); axis == -1 || ok && axis == int64(rank)-1 {
		return nil
	}
	x, y := l.input(0), l.node.Outputs[0]
	shape := l.run("Shape", "shape", []string{x})
	l.setInput(0, l.run("Flatten", "flat", []string{x}, Attr{"axis", axis}))
	rows := l.name("rows")
	l.node.Outputs = []string{rows}
	back := Node{Name: l.name("reshape"), Op: "Reshape", Inputs: []string{rows, shape}, Outputs: []string{y}}
	if l.to >= 14 { // before, some shapes of empty tensors could not be asked for
		back.Attrs = []Attr{{"allowzero", int64(1)}}
	}
	l.after = append(l.after, back)
	return nil
}

// split13 makes an input of the attribute split.
func split13(l *lifting) error {
	split, err := attr(l, "split", []int64(nil))
	if err != nil {
		return err
	}
	l.drop("split")
	if len(split) > 0 {
		l.setInput(1, l.ints("split", split...))
	}
	return nil
}

// split18 counts the outputs, as is wanted where no sizes are given.
func split18(l *lifting) error {
	if l.input(1) == "" {
		l.setAttr("num_outputs", int64(len(l.node.Outputs)))
	}
	return nil
}

// topK10 makes an input of the attribute k.
func topK10(l *lifting) error {
	k, err := attr(l, "k", int64(0))
	if err != nil {
		return err
	}
	l.drop("k")
	l.setInput(1, l.ints("k", k))
	return nil
}

// upsample9 makes an input of the attribute scales.
func upsample9(l *lifting) error {
	scales, err := attr(l, "scales", []float32(nil))
	if err != nil {
		return err
	}
	l.drop("scales")
	l.setInput(1, l.floats("scales", scales...))
	return nil
}

// upsample10 is called Resize only where it ends, since upsample11 is surer of
// what it is: it only goes up.
func upsample10(l *lifting) error {
	if l.to == 10 {
		l.setOp("Resize")
	}
	return nil
}

func upsample11(l *lifting) error {
	mode, err := attr(l, "mode", "nearest")
	if err != nil {
		return err
	}
	l.setOp("Resize")
	if mode == "nearest" {
		l.interpolate("floor")
	} else {
		l.interpolate("")
	}
	return nil
}
