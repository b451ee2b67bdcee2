//go:build cgo

package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"unsafe"

	onnx "github.com/yalue/onnxruntime_go"

	"splitquant/core/tensor"
)

// loaded is the library of this process: ONNX Runtime's environment can be
// made once.
var loaded struct {
	sync.Mutex
	path string
}

// Load loads the ONNX Runtime library at path, or the one that [Find] finds
// where path is empty. [Open] does it by itself for the latter. A process has
// one library: loading another one is an error.
func Load(path string) error {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.path != "" && (path == "" || path == loaded.path) {
		return nil
	}
	if loaded.path != "" {
		return fmt.Errorf("ONNX Runtime is loaded from %s, it cannot change to %s", loaded.path, path)
	}
	if path == "" {
		found, err := Find()
		if err != nil {
			return err
		}
		path = found
	}
	onnx.SetSharedLibraryPath(path)
	if err := onnx.InitializeEnvironment(onnx.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("%s is no ONNX Runtime 1.24 or newer for this machine: %w", path, err)
	}
	loaded.path = path
	return nil
}

// Version returns the version of the loaded library, such as "1.30.0", or the
// empty string before one is loaded.
func Version() string {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.path == "" {
		return ""
	}
	return onnx.GetVersion()
}

// A Session is a model ready to run. It may be used by several goroutines and
// must be closed: its memory is not Go's.
type Session struct {
	Inputs  []Info // in the model's order
	Outputs []Info // tensors only: maps, sequences and types unknown to Go are left out

	name    string
	session *onnx.DynamicAdvancedSession
	fetch   []string // names of the outputs asked for, as plainNodes changes them
}

// Open opens the model in the file at path, with the external data beside it.
func Open(path string, o Options) (*Session, error) { return open(path, nil, o) }

// OpenBytes opens a model that lies in memory and has no external data. The
// name is for errors.
func OpenBytes(name string, model []byte, o Options) (*Session, error) {
	if len(model) == 0 {
		return nil, fmt.Errorf("model %q: no bytes", name)
	}
	return open(name, model, o)
}

// open opens model, or the file of that name where model is nil.
func open(name string, model []byte, o Options) (*Session, error) {
	if err := Load(""); err != nil {
		return nil, err
	}
	s := &Session{name: name}
	err := s.describe(model)
	if err == nil {
		err = s.start(model, o)
	}
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", name, err)
	}
	return s, nil
}

// start makes the session of a model that is described.
func (s *Session) start(model []byte, o Options) error {
	options, err := sessionOptions(o)
	if err != nil {
		return err
	}
	defer options.Destroy()
	if plain := s.chooseFetch(); len(plain) > 0 {
		if model == nil {
			if model, err = os.ReadFile(s.name); err != nil {
				return err
			}
			const folder = "session.model_external_initializers_file_folder_path"
			if err := options.AddSessionConfigEntry(folder, filepath.Dir(s.name)); err != nil {
				return err
			}
		}
		model = append(model[:len(model):len(model)], plainNodes(plain)...)
	}
	var inputs []string
	for _, in := range s.Inputs {
		inputs = append(inputs, in.Name)
	}
	if model == nil {
		s.session, err = onnx.NewDynamicAdvancedSession(s.name, inputs, s.fetch, options)
	} else {
		s.session, err = onnx.NewDynamicAdvancedSessionWithONNXData(model, inputs, s.fetch, options)
	}
	return err
}

// chooseFetch fills in which values to fetch, and returns the outputs for which
// the model needs nodes that make them.
func (s *Session) chooseFetch() (plain []Info) {
	for _, out := range s.Outputs {
		if needsPlain(out) {
			plain = append(plain, out)
			s.fetch = append(s.fetch, flatName(out.Name), shapeName(out.Name))
		} else {
			s.fetch = append(s.fetch, out.Name)
		}
	}
	return plain
}

// describe fills in what the model wants and gives.
func (s *Session) describe(model []byte) error {
	options, err := sessionOptions(Options{Threads: 1, Unoptimized: true})
	if err != nil {
		return err
	}
	defer options.Destroy()
	var in, out []onnx.InputOutputInfo
	if model == nil {
		in, out, err = onnx.GetInputOutputInfoWithOptions(s.name, options)
	} else {
		in, out, err = onnx.GetInputOutputInfoWithONNXData(model)
	}
	if err != nil {
		return err
	}
	for _, i := range in {
		if i.OrtValueType != onnx.ONNXTypeTensor {
			return fmt.Errorf("input %q is no tensor", i.Name)
		}
		s.Inputs = append(s.Inputs, info(i))
	}
	for _, o := range out {
		if o.OrtValueType == onnx.ONNXTypeTensor && fromONNX(o.DataType) != tensor.Invalid {
			s.Outputs = append(s.Outputs, info(o))
		}
	}
	if len(s.Inputs) == 0 || len(s.Outputs) == 0 {
		return fmt.Errorf("%d inputs and %d tensor outputs, expected at least one of each", len(s.Inputs), len(s.Outputs))
	}
	return nil
}

func info(i onnx.InputOutputInfo) Info {
	return Info{Name: i.Name, Type: fromONNX(i.DataType), Shape: tensor.Shape(i.Dimensions)}
}

// sessionOptions translates o; the caller destroys the result.
func sessionOptions(o Options) (*onnx.SessionOptions, error) {
	options, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	level := onnx.GraphOptimizationLevel(onnx.GraphOptimizationLevelEnableAll)
	if o.Unoptimized {
		level = onnx.GraphOptimizationLevelDisableAll
	}
	err = errors.Join(
		options.SetGraphOptimizationLevel(level),
		options.SetLogSeverityLevel(onnx.LoggingLevelFatal), // errors come back to the caller
		options.SetIntraOpNumThreads(o.Threads),
		options.AddSessionConfigEntry("session.qdq_matmulnbits_accuracy_level", strconv.Itoa(1)), // float32
	)
	if err != nil {
		options.Destroy()
		return nil, err
	}
	return options, nil
}

// Close frees the session.
func (s *Session) Close() error { return s.session.Destroy() }

// Run runs the model on one value for each of its inputs and returns all its
// outputs by name.
func (s *Session) Run(inputs map[string]Value) (map[string]Value, error) {
	outputs, err := s.run(inputs)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", s.name, err)
	}
	return outputs, nil
}

func (s *Session) run(inputs map[string]Value) (map[string]Value, error) {
	if len(inputs) > len(s.Inputs) {
		return nil, fmt.Errorf("%d inputs were given, expected %d", len(inputs), len(s.Inputs))
	}
	var pinner runtime.Pinner // the library keeps pointers to our bytes while it runs
	defer pinner.Unpin()
	in := make([]onnx.Value, len(s.Inputs))
	defer destroy(in)
	for i, info := range s.Inputs {
		v, ok := inputs[info.Name]
		if !ok {
			return nil, fmt.Errorf("input %q is missing", info.Name)
		}
		err := v.check(info)
		if err == nil {
			in[i], err = toONNX(v, &pinner)
		}
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", info.Name, err)
		}
	}
	out := make([]onnx.Value, len(s.fetch))
	if err := s.session.Run(in, out); err != nil {
		return nil, err
	}
	defer destroy(out)
	return s.collect(out)
}

// collect names the fetched values and puts flat ones into their shape.
func (s *Session) collect(fetched []onnx.Value) (map[string]Value, error) {
	values := make(map[string]Value, len(s.Outputs))
	for _, info := range s.Outputs {
		v, err := fromValue(fetched[0])
		if err == nil && needsPlain(info) {
			v, err = fromPlain(v, fetched[1], info.Type)
			fetched = fetched[1:]
		}
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", info.Name, err)
		}
		values[info.Name] = v
		fetched = fetched[1:]
	}
	return values, nil
}

// fromPlain gives a flat value the shape and the type that it stands for.
func fromPlain(flat Value, shape onnx.Value, typ tensor.Type) (Value, error) {
	dims, ok := shape.(*onnx.Tensor[int64])
	if !ok {
		return Value{}, fmt.Errorf("the shape is a %T", shape)
	}
	flat.Shape = tensor.Shape(dims.GetData())
	if !is16bit(typ) {
		return flat, nil
	}
	// The values need not be rounded yet: ONNX Runtime drops our cast, and the
	// model's own, where it has the value in float32 anyway.
	floats, err := flat.Floats()
	if err != nil {
		return Value{}, err
	}
	v := Value{Type: typ, Shape: flat.Shape, Data: make([]byte, 2*len(floats))}
	return v, tensor.PutFloat(v.Data, floats, typ)
}

// destroy frees the values that were made before an error, or all of them.
func destroy(values []onnx.Value) {
	for _, v := range values {
		if v != nil {
			v.Destroy()
		}
	}
}

// toONNX makes a value that shares v's bytes, which stay pinned until pinner
// lets them go.
func toONNX(v Value, pinner *runtime.Pinner) (onnx.Value, error) {
	if len(v.Shape) == 0 {
		return scalar(v)
	}
	if v.Type == tensor.String {
		return newStrings(v)
	}
	data := v.Data
	if len(data) == 0 {
		data = make([]byte, 1) // of an empty tensor, whose bytes nobody reads
	}
	pinner.Pin(&data[0])
	t, err := onnx.NewCustomDataTensor(onnx.Shape(v.Shape), data, types[v.Type])
	if err != nil {
		return nil, err
	}
	return t, nil
}

// scalar makes a value of rank 0, which the binding has for Go's types only.
func scalar(v Value) (onnx.Value, error) {
	switch v.Type {
	case tensor.Float64:
		return newScalar[float64](v.Data)
	case tensor.Float32:
		return newScalar[float32](v.Data)
	case tensor.Int64:
		return newScalar[int64](v.Data)
	case tensor.Int32:
		return newScalar[int32](v.Data)
	case tensor.Int16:
		return newScalar[int16](v.Data)
	case tensor.Int8:
		return newScalar[int8](v.Data)
	case tensor.Uint64:
		return newScalar[uint64](v.Data)
	case tensor.Uint32:
		return newScalar[uint32](v.Data)
	case tensor.Uint16:
		return newScalar[uint16](v.Data)
	case tensor.Uint8:
		return newScalar[uint8](v.Data)
	case tensor.Bool:
		return newScalar[bool](v.Data)
	}
	return nil, fmt.Errorf("a scalar of type %v cannot be an input", v.Type)
}

func newScalar[T onnx.TensorData](data []byte) (onnx.Value, error) {
	values := make([]T, 1)
	copy(bytesOf(values), data)
	t, err := onnx.NewScalar(values[0])
	if err != nil {
		return nil, err
	}
	return t, nil
}

func newStrings(v Value) (onnx.Value, error) {
	t, err := onnx.NewStringTensor(onnx.Shape(v.Shape))
	if err != nil {
		return nil, err
	}
	if err := t.SetContents(v.Strings); err != nil {
		t.Destroy()
		return nil, err
	}
	return t, nil
}

// fromValue returns what a fetched value holds.
func fromValue(v onnx.Value) (Value, error) {
	switch t := v.(type) {
	case *onnx.Tensor[float64]:
		return fromTensor(tensor.Float64, t)
	case *onnx.Tensor[float32]:
		return fromTensor(tensor.Float32, t)
	case *onnx.Tensor[int64]:
		return fromTensor(tensor.Int64, t)
	case *onnx.Tensor[int32]:
		return fromTensor(tensor.Int32, t)
	case *onnx.Tensor[int16]:
		return fromTensor(tensor.Int16, t)
	case *onnx.Tensor[int8]:
		return fromTensor(tensor.Int8, t)
	case *onnx.Tensor[uint64]:
		return fromTensor(tensor.Uint64, t)
	case *onnx.Tensor[uint32]:
		return fromTensor(tensor.Uint32, t)
	case *onnx.Tensor[uint16]:
		return fromTensor(tensor.Uint16, t)
	case *onnx.Tensor[uint8]:
		return fromTensor(tensor.Uint8, t)
	case *onnx.Tensor[bool]:
		return fromTensor(tensor.Bool, t)
	case *onnx.StringTensor:
		return fromStrings(t)
	}
	return Value{}, fmt.Errorf("a %T cannot be read", v)
}

// fromTensor takes over the tensor's elements, which are Go's.
func fromTensor[T onnx.TensorData](typ tensor.Type, t *onnx.Tensor[T]) (Value, error) {
	return Value{Type: typ, Shape: tensor.Shape(t.GetShape()), Data: bytesOf(t.GetData())}, nil
}

func fromStrings(t *onnx.StringTensor) (Value, error) {
	v := Value{Type: tensor.String, Shape: tensor.Shape(t.GetShape())}
	n, err := v.Shape.Elems()
	if err != nil {
		return Value{}, err
	}
	v.Strings = make([]string, n)
	for i := range v.Strings {
		if v.Strings[i], err = t.GetElement(int64(i)); err != nil {
			return Value{}, err
		}
	}
	return v, nil
}

// bytesOf returns the memory of s. ONNX Runtime runs on little-endian machines
// only, so that these are the bytes that a Value holds.
func bytesOf[T onnx.TensorData](s []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(t)))
}

// types pairs our element types with ONNX's.
var types = map[tensor.Type]onnx.TensorElementDataType{
	tensor.Float64:  onnx.TensorElementDataTypeDouble,
	tensor.Float32:  onnx.TensorElementDataTypeFloat,
	tensor.Float16:  onnx.TensorElementDataTypeFloat16,
	tensor.BFloat16: onnx.TensorElementDataTypeBFloat16,
	tensor.Int64:    onnx.TensorElementDataTypeInt64,
	tensor.Int32:    onnx.TensorElementDataTypeInt32,
	tensor.Int16:    onnx.TensorElementDataTypeInt16,
	tensor.Int8:     onnx.TensorElementDataTypeInt8,
	tensor.Uint64:   onnx.TensorElementDataTypeUint64,
	tensor.Uint32:   onnx.TensorElementDataTypeUint32,
	tensor.Uint16:   onnx.TensorElementDataTypeUint16,
	tensor.Uint8:    onnx.TensorElementDataTypeUint8,
	tensor.Bool:     onnx.TensorElementDataTypeBool,
	tensor.String:   onnx.TensorElementDataTypeString,
}

// fromONNX returns our name of an element type, Invalid where we have none.
func fromONNX(t onnx.TensorElementDataType) tensor.Type {
	for ours, theirs := range types {
		if theirs == t {
			return ours
		}
	}
	return tensor.Invalid
}
