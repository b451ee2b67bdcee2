package torch

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"splitquant/core/tensor"
	"splitquant/core/torch/pickle"
)

// A host is what a checkpoint's pickle may refer to.
type host struct {
	storages map[string]*storage
}

// Persistent implements pickle.Host.
func (h *host) Persistent(id pickle.Value) (pickle.Value, error) {
	t, ok := id.(*pickle.Tuple)
	if !ok || len(t.Items) == 0 {
		return nil, fmt.Errorf("a persistent id is %v", id)
	}
	switch t.Items[0] {
	case "storage":
		return h.storageOf(t.Items)
	case "module": // the class of a module, with its source
		if len(t.Items) > 1 {
			return t.Items[1], nil
		}
	}
	return nil, fmt.Errorf("a persistent id begins with %v", t.Items[0])
}

// New implements pickle.Host: an instance of a class is known by its name alone.
func (h *host) New(c pickle.Class, args []pickle.Value) (pickle.Value, error) {
	if dicts[c.String()] {
		return &pickle.Dict{}, nil
	}
	if !allowed(c) {
		return nil, fmt.Errorf("%s is not allowed; nothing was executed", c)
	}
	return &pickle.Object{Class: c, Args: args}, nil
}

var dicts = map[string]bool{"collections.OrderedDict": true, "collections.defaultdict": true, "builtins.dict": true, "__builtin__.dict": true}

// Call implements pickle.Host.
func (h *host) Call(c pickle.Class, args []pickle.Value) (pickle.Value, error) {
	name := c.String()
	switch name {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
		return rebuild(name, args)
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
		"torch.nn.parameter.Buffer", "torch.jit._pickle.restore_type_tag",
		"torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist", "torch.jit._pickle.build_tensorlist":
		if len(args) == 0 {
			return nil, fmt.Errorf("%s has no arguments", c)
		}
		return args[0], nil // what it makes of it is what it is
	case "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2", "torch.tensor._rebuild_from_type": // (function, type, its arguments, ...)
		if len(args) >= 3 {
			function, ok1 := args[0].(pickle.Class)
			inner, ok2 := args[2].(*pickle.Tuple)
			if ok1 && ok2 && strings.HasPrefix(function.String(), "torch._utils._rebuild_") {
				return h.Call(function, inner.Items)
			}
		}
		return nil, fmt.Errorf("%s has other arguments than it should", c)
	case "torch.Size":
		if len(args) == 1 {
			return args[0], nil
		}
	}
	if dicts[name] {
		return newDict(args), nil
	}
	if !allowed(c) {
		return nil, fmt.Errorf("%s is not allowed; nothing was executed", c)
	}
	return &pickle.Object{Class: c, Args: args}, nil
}

// newDict makes a dict of pairs, which Python 2 gives as an argument.
func newDict(args []pickle.Value) *pickle.Dict {
	d := &pickle.Dict{}
	if len(args) != 1 {
		return d
	}
	pairs, _ := args[0].(*pickle.List)
	if pairs == nil {
		return d
	}
	for _, p := range pairs.Items {
		var items []pickle.Value
		switch p := p.(type) {
		case *pickle.List:
			items = p.Items
		case *pickle.Tuple:
			items = p.Items
		}
		if len(items) == 2 {
			d.Set(items[0], items[1])
		}
	}
	return d
}

// functions are those that checkpoints call, of modules of which other functions
// do harm.
var functions = []string{
	"_codecs.encode", "copy_reg._reconstructor", "copyreg._reconstructor", "copyreg.__newobj__", "builtins.set", "builtins.frozenset", "builtins.slice",
	"builtins.complex", "builtins.bytearray", "builtins.object", "builtins.int", "builtins.float", "builtins.str", "builtins.list",
	"builtins.tuple", "builtins.range", "builtins.bytes", "__builtin__.set", "__builtin__.frozenset", "__builtin__.slice", "__builtin__.object",
	"__builtin__.complex", "__builtin__.bytearray", "__builtin__.xrange", "datetime.datetime", "datetime.date", "datetime.timedelta",
	"functools.partial", "collections.deque",
}

// packages are those of which checkpoints call functions that do no harm even
// where they are executed.
var packages = []string{"torch", "torchvision", "torchaudio", "numpy", "__torch__"}

// starters are modules whose classes start programs or open connections.
var starters = []string{"asyncio", "ctypes", "multiprocessing", "os", "posix", "nt", "subprocess", "socket", "threading", "webbrowser"}

// allowed reports whether an opaque value may stand for what c makes. A class,
// which by custom begins with a capital, may be any: checkpoints hold settings
// of many kinds, and whole modules.
func allowed(c pickle.Class) bool {
	if slices.Contains(functions, c.String()) {
		return true
	}
	root, _, _ := strings.Cut(c.Module, ".")
	if slices.Contains(packages, root) {
		return true
	}
	last := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
	for _, first := range last {
		return (unicode.IsUpper(first) || first == '_' && len(last) > 1 && unicode.IsUpper(rune(last[1]))) && !slices.Contains(starters, root)
	}
	return false
}

// rebuild reads the arguments of _rebuild_tensor and its successors:
//
//	(storage, offset, shape, strides[, requires_grad, hooks[, dtype]])
func rebuild(name string, args []pickle.Value) (pickle.Value, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%s has %d arguments", name, len(args))
	}
	v, ok := args[0].(*view)
	if !ok {
		return &pickle.Object{Class: pickle.Class{Module: "torch", Name: "Tensor"}}, nil // of a storage that we do not know
	}
	offset, ok1 := args[1].(int64)
	shape, ok2 := ints(args[2])
	strides, ok3 := ints(args[3])
	if !ok1 || !ok2 || !ok3 {
		return nil, fmt.Errorf("%s has arguments %v", name, args[1:4])
	}
	t := &rebuilt{view: v, typ: v.typ, offset: offset, shape: tensor.Shape(shape), strides: strides}
	if strings.HasSuffix(name, "_v3") && len(args) > 6 {
		c, _ := args[6].(pickle.Class)
		if t.typ, ok = dtypeOf(func(d dtype) bool { return c.Module == "torch" && d.name == c.Name }); !ok {
			return nil, fmt.Errorf("tensors of type %s are not known", c)
		}
	}
	return t, nil
}

// ints returns the numbers of a tuple or list.
func ints(v pickle.Value) (numbers []int64, ok bool) {
	var items []pickle.Value
	switch v := v.(type) {
	case *pickle.Tuple:
		items = v.Items
	case *pickle.List:
		items = v.Items
	default:
		return nil, false
	}
	const mostAxes = 64 // PyTorch's own limit
	if len(items) > mostAxes {
		return nil, false
	}
	for _, i := range items {
		n, ok := i.(int64)
		if !ok {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}
