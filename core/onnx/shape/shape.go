package shape

import (
	"slices"

	"splitquant/core/onnx/opset"
)

// A Shape has one length for each dimension, Unknown where it is not known. A
// nil Shape has an unknown number of dimensions; that of a scalar is empty and
// not nil.
type Shape []int64

// Unknown is the length of a dimension that is not known.
const Unknown = -1

// A Graph answers what is known of the inputs of a node.
type Graph interface {
	Shape(value string) Shape
	Ints(value string) ([]int64, bool) // of a constant integer tensor
}

// Infer returns the shapes of the outputs of a node of ai.onnx in the given
// opset; an empty list, or nil shapes, where they are not known.
func Infer(n opset.Node, version int, g Graph) []Shape {
	if n.Domain != "" {
		if n.Domain == "com.microsoft" && sameContrib[n.Op] {
			return []Shape{g.Shape(input(n, 0))}
		}
		return nil
	}
	i := inference{n, version, g}
	switch {
	case same[n.Op]:
		return []Shape{i.in(0)}
	case broadcast[n.Op]:
		return []Shape{i.broadcast()}
	case reduce[n.Op]:
		return []Shape{i.reduce()}
	}
	if rule := rules[n.Op]; rule != nil {
		return rule(&i)
	}
	return nil
}

// Merge returns what two statements about the same value say together; where
// they disagree nothing is known.
func Merge(a, b Shape) Shape {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case len(a) != len(b):
		return nil
	}
	c := slices.Clone(a)
	for i, d := range b {
		switch {
		case c[i] == Unknown:
			c[i] = d
		case d != Unknown && d != c[i]:
			c[i] = Unknown
		}
	}
	return c
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range words {
		m[w] = true
	}
	return m
}

var (
	// same have outputs of the shape of their first input.
	same = set("Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BatchNormalization", "BitwiseNot", "Cast", "CastLike",
		"Ceil", "Celu", "Clip", "Cos", "Cosh", "CumSum", "DequantizeLinear", "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu",
		"GroupNormalization", "Hardmax", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "IsInf", "IsNaN",
		"LayerNormalization", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "LRN", "MeanVarianceNormalization", "Mish",
		"Neg", "Not", "PRelu", "QuantizeLinear", "Reciprocal", "Relu", "RMSNormalization", "Round", "Selu", "Shrink", "Sigmoid",
		"Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Trilu", "ScatterND", "ScatterElements")
	sameContrib = set("BiasGelu", "FastGelu", "Gelu", "QuickGelu", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
	broadcast   = set("Add", "And", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater", "GreaterOrEqual", "Less",
		"LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow", "Sub", "Sum", "Where", "Xor")
	reduce = set("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
		"ReduceSum", "ReduceSumSquare")
	rules map[string]func(i *inference) []Shape
)

func init() {
	one := func(f func(i *inference) Shape) func(i *inference) []Shape {
		return func(i *inference) []Shape { return []Shape{f(i)} }
	}
	rules = map[string]func(i *inference) []Shape{
		"Conv": one((*inference).conv), "ConvTranspose": one((*inference).convTranspose),
		"MaxPool": one((*inference).pool), "AveragePool": one((*inference).pool), "LpPool": one((*inference).pool),
		"GlobalAveragePool": one((*inference).globalPool), "GlobalMaxPool": one((*inference).globalPool), "GlobalLpPool": one((*inference).globalPool),
		"Gemm": one((*inference).gemm), "MatMul": one((*inference).matMul),
		"Concat": one((*inference).concat), "Reshape": one((*inference).reshape), "Transpose": one((*inference).transpose),
		"Flatten": one((*inference).flatten), "Squeeze": one((*inference).squeeze), "Unsqueeze": one((*inference).unsqueeze),
		"Pad": one((*inference).pad), "Slice": one((*inference).slice), "Resize": one((*inference).resize), "Upsample": one((*inference).resize),
		"Gather": one((*inference).gather), "Expand": one((*inference).expand), "Split": (*inference).split,
		"DepthToSpace": one((*inference).depthToSpace), "Shape": one((*inference).shape),
	}
}

// An inference is a node with what is known of its inputs.
type inference struct {
	node    opset.Node
	version int
	g       Graph
}

func input(n opset.Node, k int) string {
	if k < len(n.Inputs) {
		return n.Inputs[k]
	}
	return ""
}

// in returns the shape of input k.
func (i *inference) in(k int) Shape {
	if name := input(i.node, k); name != "" {
		return i.g.Shape(name)
	}
	return nil
}

func (i *inference) attr(name string) any {
	for _, a := range i.node.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

// int returns an attribute, or otherwise where it is not there.
func (i *inference) int(name string, otherwise int64) int64 {
	if v, ok := i.attr(name).(int64); ok {
		return v
	}
	return otherwise
}

// list returns numbers that are an attribute, or input k.
func (i *inference) list(name string, k int) (values []int64, given, ok bool) {
	if v := i.attr(name); v != nil {
		values, ok = v.([]int64)
		return values, true, ok
	}
	if k < 0 || input(i.node, k) == "" {
		return nil, false, true
	}
	values, ok = i.g.Ints(input(i.node, k))
	return values, true, ok
}

// axis returns attribute axis, counted from the front.
func (i *inference) axis(rank int, otherwise int64) (int, bool) {
	return fromFront(i.int("axis", otherwise), rank)
}

func fromFront(axis int64, rank int) (int, bool) {
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), axis >= 0 && axis < int64(rank)
}

// unknowns is a shape of known rank.
func unknowns(rank int) Shape { return slices.Repeat(Shape{Unknown}, rank) }

// product is that of dimensions, Unknown where one is.
func product(s Shape) int64 {
	n := int64(1)
	for _, d := range s {
		if d == Unknown {
			return Unknown
		}
		if n *= d; n < 0 || n > 1<<48 {
			return Unknown
		}
	}
	return n
}

func (i *inference) broadcast() Shape {
	if i.version < 7 {
		return i.in(0) // the second operand is the one that is widened
	}
	out := Shape{}
	for k := range i.node.Inputs {
		s := i.in(k)
		if s == nil {
			return nil
		}
		if out = Broadcast(out, s); out == nil {
			return nil
		}
	}
	return out
}

// Broadcast returns the shape of an element-wise operation on two values; nil
// where one is unknown.
func Broadcast(a, b Shape) Shape {
	if a == nil || b == nil {
		return nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for k, d := range b {
		at := &out[len(a)-len(b)+k]
		switch {
		case d == 1 || d == *at:
		case *at == 1:
			*at = d
		case *at == Unknown: // it is d or 1, and so becomes d
			*at = d
		case d == Unknown: // likewise
		default:
			return nil
		}
	}
	return out
}

// spatial returns the shape of a window that slides over the input, with the
// given channels in the output.
func (i *inference) spatial(channels int64, kernel []int64) Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	if len(x) < 3 {
		return nil
	}
	out := unknowns(len(x))
	out[0], out[1] = x[0], channels
	n := len(x) - 2
	if len(kernel) != n {
		return out
	}
	auto, _ := i.attr("auto_pad").(string)
	strides, dilations, pads := i.window("strides", n, 1), i.window("dilations", n, 1), i.window("pads", 2*n, 0)
	if strides == nil || dilations == nil || pads == nil || i.int("ceil_mode", 0) != 0 {
		return out
	}
	for k := range n {
		size, span := x[2+k], (kernel[k]-1)*dilations[k]+1
		switch {
		case size == Unknown || kernel[k] == Unknown || strides[k] <= 0:
		case auto == "SAME_UPPER" || auto == "SAME_LOWER":
			out[2+k] = (size + strides[k] - 1) / strides[k]
		default:
			if auto == "VALID" {
				pads[k], pads[n+k] = 0, 0
			}
			if room := size + pads[k] + pads[n+k] - span; room >= 0 {
				out[2+k] = room/strides[k] + 1
			}
		}
	}
	return out
}

// window returns a list attribute of n numbers, each otherwise if it is not
// there; nil where it has another length.
func (i *inference) window(name string, n int, otherwise int64) []int64 {
	v, ok := i.attr(name).([]int64)
	switch {
	case i.attr(name) == nil:
		return slices.Repeat([]int64{otherwise}, n)
	case !ok || len(v) != n:
		return nil
	}
	return slices.Clone(v)
}

func (i *inference) conv() Shape {
	w := i.in(1)
	if w == nil || len(w) < 3 {
		return nil
	}
	if i.in(0) == nil {
		return withChannels(len(w), w[0])
	}
	return i.spatial(w[0], w[2:])
}

func withChannels(rank int, channels int64) Shape {
	out := unknowns(rank)
	out[1] = channels
	return out
}

func (i *inference) convTranspose() Shape {
	w := i.in(1)
	if w == nil || len(w) < 3 {
		return nil
	}
	channels := int64(Unknown)
	if w[1] != Unknown {
		channels = w[1] * i.int("group", 1)
	}
	out := withChannels(len(w), channels)
	if x := i.in(0); len(x) == len(w) {
		out[0] = x[0]
	}
	return out
}

func (i *inference) pool() Shape {
	kernel, ok := i.attr("kernel_shape").([]int64)
	x := i.in(0)
	if !ok || len(x) < 3 {
		return nil
	}
	return i.spatial(x[1], kernel)
}

func (i *inference) globalPool() Shape {
	x := i.in(0)
	if len(x) < 3 {
		return nil
	}
	out := slices.Repeat(Shape{1}, len(x))
	out[0], out[1] = x[0], x[1]
	return out
}

func (i *inference) gemm() Shape {
	out := Shape{Unknown, Unknown}
	if a := i.in(0); len(a) == 2 {
		out[0] = a[i.int("transA", 0)&1]
	}
	if b := i.in(1); len(b) == 2 {
		out[1] = b[1-i.int("transB", 0)&1]
	}
	return out
}

func (i *inference) matMul() Shape {
	a, b := i.in(0), i.in(1)
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	if len(a) == 1 {
		if len(b) == 1 {
			return Shape{}
		}
		return append(slices.Clone(b[:len(b)-2]), b[len(b)-1])
	}
	if len(b) == 1 {
		return slices.Clone(a[:len(a)-1])
	}
	out := Broadcast(a[:len(a)-2], b[:len(b)-2])
	if out == nil {
		return nil
	}
	return append(out, a[len(a)-2], b[len(b)-1])
}

func (i *inference) concat() Shape {
	var out Shape
	for k := range i.node.Inputs {
		s := i.in(k)
		if s == nil {
			return nil
		}
		axis, ok := i.axis(len(s), 1)
		if !ok {
			return nil
		}
		if out == nil {
			out = slices.Clone(s)
			continue
		}
		sum := int64(Unknown)
		if out[axis] != Unknown && s[axis] != Unknown {
			sum = out[axis] + s[axis]
		}
		s = slices.Clone(s)
		s[axis], out[axis] = Unknown, Unknown
		if out = Merge(out, s); out == nil {
			return nil
		}
		out[axis] = sum
	}
	return out
}

func (i *inference) reshape() Shape {
	want, given, ok := i.list("shape", 1)
	if !given || !ok {
		return nil
	}
	x := i.in(0)
	out := Shape(slices.Clone(want))
	if out == nil {
		out = Shape{}
	}
	free := -1
	for k, d := range out {
		switch {
		case d == 0 && i.int("allowzero", 0) == 0:
			out[k] = Unknown
			if k < len(x) {
				out[k] = x[k]
			}
		case d == -1:
			free = k
		}
	}
	if free < 0 || x == nil {
		return out
	}
	rest := slices.Concat(out[:free], out[free+1:])
	if n, known := product(x), product(rest); n >= 0 && known > 0 {
		out[free] = n / known
	}
	return out
}

func (i *inference) transpose() Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	out := slices.Clone(x)
	perm, ok := i.attr("perm").([]int64)
	if !ok {
		slices.Reverse(out)
		return out
	}
	if len(perm) != len(x) {
		return nil
	}
	for k, p := range perm {
		if p < 0 || int(p) >= len(x) {
			return nil
		}
		out[k] = x[p]
	}
	return out
}

func (i *inference) flatten() Shape {
	x := i.in(0)
	if x == nil {
		return Shape{Unknown, Unknown}
	}
	axis := i.int("axis", 1)
	if axis < 0 {
		axis += int64(len(x))
	}
	if axis < 0 || axis > int64(len(x)) {
		return nil
	}
	return Shape{product(x[:axis]), product(x[axis:])}
}

func (i *inference) squeeze() Shape {
	x := i.in(0)
	axes, given, ok := i.list("axes", 1)
	if x == nil || !ok || !given && slices.Contains(x, Unknown) {
		return nil
	}
	gone := make([]bool, len(x))
	for k := range x {
		gone[k] = !given && x[k] == 1
	}
	for _, a := range axes {
		k, ok := fromFront(a, len(x))
		if !ok {
			return nil
		}
		gone[k] = true
	}
	out := Shape{}
	for k, d := range x {
		if !gone[k] {
			out = append(out, d)
		}
	}
	return out
}

func (i *inference) unsqueeze() Shape {
	x := i.in(0)
	axes, given, ok := i.list("axes", 1)
	if x == nil || !ok || !given {
		return nil
	}
	out := unknowns(len(x) + len(axes))
	fresh := make([]bool, len(out))
	for _, a := range axes {
		k, ok := fromFront(a, len(out))
		if !ok || fresh[k] {
			return nil
		}
		fresh[k], out[k] = true, 1
	}
	for k := range out {
		if !fresh[k] {
			out[k], x = x[0], x[1:]
		}
	}
	return out
}

func (i *inference) reduce() Shape {
	x := i.in(0)
	axes, given, ok := i.list("axes", 1)
	if x == nil || !ok {
		return nil
	}
	if !given || len(axes) == 0 {
		if i.int("noop_with_empty_axes", 0) != 0 {
			return x
		}
		axes = nil
		for k := range x {
			axes = append(axes, int64(k))
		}
	}
	out, keep := Shape{}, i.int("keepdims", 1) != 0
	gone := make([]bool, len(x))
	for _, a := range axes {
		k, ok := fromFront(a, len(x))
		if !ok {
			return nil
		}
		gone[k] = true
	}
	for k, d := range x {
		switch {
		case !gone[k]:
			out = append(out, d)
		case keep:
			out = append(out, 1)
		}
	}
	return out
}

func (i *inference) pad() Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	pads, given, ok := i.list("pads", 1)
	if !ok || !given || len(pads) != 2*len(x) || input(i.node, 3) != "" {
		return unknowns(len(x))
	}
	out := slices.Clone(x)
	for k := range out {
		if out[k] != Unknown {
			out[k] += pads[k] + pads[len(x)+k]
		}
	}
	return out
}

func (i *inference) slice() Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	starts, _, ok1 := i.list("starts", 1)
	ends, _, ok2 := i.list("ends", 2)
	axes, given, ok3 := i.list("axes", 3)
	steps, stepped, ok4 := i.list("steps", 4)
	if !ok3 {
		return unknowns(len(x))
	}
	if !given {
		if !ok1 {
			return unknowns(len(x))
		}
		for k := range starts {
			axes = append(axes, int64(k))
		}
	}
	out := slices.Clone(x)
	for k, a := range axes {
		axis, ok := fromFront(a, len(x))
		if !ok {
			return nil
		}
		size, step := x[axis], int64(1)
		out[axis] = Unknown
		if !ok1 || !ok2 || !ok4 || size == Unknown || len(starts) != len(axes) || len(ends) != len(axes) || stepped && len(steps) != len(axes) {
			continue
		}
		if stepped {
			step = steps[k]
		}
		if step <= 0 {
			continue // rare
		}
		clamp := func(at int64) int64 {
			if at < 0 {
				at += size
			}
			return min(max(at, 0), size)
		}
		out[axis] = (max(clamp(ends[k])-clamp(starts[k]), 0) + step - 1) / step
	}
	return out
}

// resize keeps batch and channels where its scales are known to be 1 there.
// Its other dimensions are left unknown.
func (i *inference) resize() Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	out := unknowns(len(x))
	sizes, given, ok := i.list("", 3)
	if ok && given && len(sizes) == len(x) && i.attr("axes") == nil && i.attr("keep_aspect_ratio_policy") == nil {
		copy(out, sizes)
	}
	if s, ok := i.attr("scales").([]float32); ok && len(s) == len(x) {
		for k, scale := range s {
			if scale == 1 {
				out[k] = x[k]
			}
		}
	}
	return out
}

func (i *inference) gather() Shape {
	x, indices := i.in(0), i.in(1)
	if x == nil || indices == nil {
		return nil
	}
	axis, ok := i.axis(len(x), 0)
	if !ok {
		return nil
	}
	return slices.Concat(Shape{}, x[:axis], indices, x[axis+1:])
}

func (i *inference) expand() Shape {
	want, given, ok := i.list("", 1)
	if !given || !ok {
		return nil
	}
	return Broadcast(i.in(0), Shape(want))
}

func (i *inference) split() []Shape {
	x := i.in(0)
	if x == nil {
		return nil
	}
	axis, ok := i.axis(len(x), 0)
	sizes, given, known := i.list("split", 1)
	if !ok {
		return nil
	}
	var all []Shape
	for k := range i.node.Outputs {
		out := slices.Clone(x)
		out[axis] = Unknown
		n := int64(len(i.node.Outputs))
		switch {
		case given && known && len(sizes) == len(i.node.Outputs):
			out[axis] = sizes[k]
		case !given && x[axis] != Unknown && x[axis]%n == 0:
			out[axis] = x[axis] / n
		}
		all = append(all, out)
	}
	return all
}

func (i *inference) depthToSpace() Shape {
	x, block := i.in(0), i.int("blocksize", 0)
	if len(x) != 4 || block <= 0 || block > 1<<15 {
		return nil
	}
	out := unknowns(4)
	out[0] = x[0]
	if x[1] != Unknown {
		out[1] = x[1] / (block * block)
	}
	return out
}

// shape is that of a list with one entry for each dimension.
func (i *inference) shape() Shape {
	x := i.in(0)
	if x == nil || i.attr("start") != nil || i.attr("end") != nil {
		return Shape{Unknown}
	}
	return Shape{int64(len(x))}
}
