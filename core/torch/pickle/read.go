package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A Host gives meaning to what a pickle refers to.
type Host interface {
	// Call is asked for the result of calling c. It must not modify args.
	Call(c Class, args []Value) (Value, error)
	// New is asked for a new instance of c.
	New(c Class, args []Value) (Value, error)
	// Persistent is asked for an object outside of the pickle.
	Persistent(id Value) (Value, error)
}

// Limits of what is read. A checkpoint of ten thousand tensors takes less than
// a million steps.
const (
	mostSteps  = 1 << 23
	mostString = 64 << 20
)

// ErrTruncated says that the pickle goes on where the file ends.
var ErrTruncated = errors.New("truncated pickle")

// Sniff reports whether a file that begins with head can be a pickle of
// protocol 2 or newer.
func Sniff(head []byte) bool {
	return len(head) >= 2 && head[0] == opProto && head[1] >= 2 && head[1] <= 5
}

// Read runs the pickle in the size bytes of r from offset at on. It returns its
// value and where it ends.
func Read(r io.ReaderAt, at, size int64, host Host) (v Value, end int64, err error) {
	m := &machine{r: r, at: at, size: size, host: host, memo: make(map[uint64]Value)}
	for step := 0; ; step++ {
		if step == mostSteps {
			return nil, 0, fmt.Errorf("the pickle has more than %d instructions", mostSteps)
		}
		begin := m.at
		op, err := m.byte()
		if err == nil && op == opStop {
			v, err := m.pop()
			return v, m.at, err
		}
		if err == nil {
			err = m.do(op)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("pickle, byte %d: %w", begin, err)
		}
	}
}

// The instructions, as pickletools.py names them.
const (
	opMark           = '('
	opStop           = '.'
	opPop            = '0'
	opPopMark        = '1'
	opDup            = '2'
	opFloat          = 'F'
	opInt            = 'I'
	opBinInt         = 'J'
	opBinInt1        = 'K'
	opLong           = 'L'
	opBinInt2        = 'M'
	opNone           = 'N'
	opPersID         = 'P'
	opBinPersID      = 'Q'
	opReduce         = 'R'
	opString         = 'S'
	opBinString      = 'T'
	opShortBinString = 'U'
	opUnicode        = 'V'
	opBinUnicode     = 'X'
	opAppend         = 'a'
	opBuild          = 'b'
	opGlobal         = 'c'
	opDict           = 'd'
	opEmptyDict      = '}'
	opAppends        = 'e'
	opGet            = 'g'
	opBinGet         = 'h'
	opInst           = 'i'
	opLongBinGet     = 'j'
	opList           = 'l'
	opEmptyList      = ']'
	opObj            = 'o'
	opPut            = 'p'
	opBinPut         = 'q'
	opLongBinPut     = 'r'
	opSetItem        = 's'
	opTuple          = 't'
	opEmptyTuple     = ')'
	opSetItems       = 'u'
	opBinFloat       = 'G'
	opBinBytes       = 'B'
	opShortBinBytes  = 'C'

	opProto           = 0x80
	opNewObj          = 0x81
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opLong4           = 0x8b
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opBinBytes8       = 0x8e
	opEmptySet        = 0x8f
	opAddItems        = 0x90
	opFrozenSet       = 0x91
	opNewObjEx        = 0x92
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
	opByteArray8      = 0x96
)

// mark lies on the stack below the items that belong together.
type mark struct{}

type machine struct {
	r        io.ReaderAt
	at, size int64
	buf      []byte // read ahead from at on
	host     Host
	stack    []Value
	memo     map[uint64]Value
}

// do carries out one instruction.
func (m *machine) do(op byte) error {
	switch op {
	case opProto:
		v, err := m.byte()
		if err == nil && v > 5 {
			err = fmt.Errorf("protocol %d is not known", v)
		}
		return err
	case opFrame:
		_, err := m.bytes(8)
		return err
	case opMark:
		m.push(mark{})
	case opPop:
		_, err := m.popAny()
		return err
	case opPopMark:
		_, err := m.popMark()
		return err
	case opDup:
		v, err := m.top()
		m.push(v)
		return err
	case opGlobal, opInst, opStackGlobal, opReduce, opBuild, opNewObj, opNewObjEx, opObj, opPersID, opBinPersID:
		return m.doObject(op)
	case opGet, opBinGet, opLongBinGet, opPut, opBinPut, opLongBinPut, opMemoize:
		return m.doMemo(op)
	case opEmptyList, opEmptyDict, opEmptySet, opEmptyTuple, opList, opDict, opTuple, opTuple1, opTuple2, opTuple3,
		opFrozenSet, opAppend, opAppends, opAddItems, opSetItem, opSetItems:
		return m.doContainer(op)
	default:
		return m.doScalar(op)
	}
	return nil
}

func (m *machine) doScalar(op byte) error {
	var v Value
	var err error
	switch op {
	case opNone:
	case opNewTrue, opNewFalse:
		v = op == opNewTrue
	case opBinInt, opBinInt1, opBinInt2:
		var n uint64
		n, err = m.uint(map[byte]int{opBinInt: 4, opBinInt1: 1, opBinInt2: 2}[op])
		v = int64(n)
		if op == opBinInt {
			v = int64(int32(n))
		}
	case opLong1, opLong4:
		v, err = m.long(map[byte]int{opLong1: 1, opLong4: 4}[op])
	case opInt, opLong:
		v, err = m.decimal()
	case opBinFloat:
		var b []byte
		if b, err = m.bytes(8); err == nil {
			v = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case opFloat:
		var s string
		if s, err = m.line(); err == nil {
			v, err = strconv.ParseFloat(s, 64)
		}
	case opString:
		if v, err = m.line(); err == nil {
			v = strings.Trim(v.(string), `'"`)
		}
	case opUnicode:
		v, err = m.line()
	case opShortBinString, opShortBinUnicode:
		v, err = m.text(1)
	case opBinString, opBinUnicode:
		v, err = m.text(4)
	case opBinUnicode8:
		v, err = m.text(8)
	case opShortBinBytes:
		v, err = m.blob(1)
	case opBinBytes:
		v, err = m.blob(4)
	case opBinBytes8, opByteArray8:
		v, err = m.blob(8)
	default:
		return fmt.Errorf("instruction 0x%02x is not known or not allowed", op)
	}
	if err == nil {
		m.push(v)
	}
	return err
}

func (m *machine) doContainer(op byte) error {
	switch op {
	case opEmptyList, opEmptySet:
		m.push(&List{})
	case opEmptyDict:
		m.push(&Dict{})
	case opEmptyTuple:
		m.push(&Tuple{})
	case opTuple1, opTuple2, opTuple3:
		items, err := m.popN(int(op-opTuple1) + 1)
		m.push(&Tuple{items})
		return err
	case opList, opFrozenSet, opTuple, opDict:
		items, err := m.popMark()
		if err != nil {
			return err
		}
		switch op {
		case opTuple:
			m.push(&Tuple{items})
		case opDict:
			d := &Dict{}
			m.push(d)
			return setItems(d, items)
		default:
			m.push(&List{items})
		}
	case opAppend, opSetItem:
		items, err := m.popN(map[byte]int{opAppend: 1, opSetItem: 2}[op])
		if err != nil {
			return err
		}
		return m.add(op == opSetItem, items)
	default: // opAppends, opAddItems, opSetItems
		items, err := m.popMark()
		if err != nil {
			return err
		}
		return m.add(op == opSetItems, items)
	}
	return nil
}

// add adds items to the list or dict on top of the stack.
func (m *machine) add(pairs bool, items []Value) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	switch c := top.(type) {
	case *List:
		if !pairs {
			c.Items = append(c.Items, items...)
			return nil
		}
	case *Dict:
		if pairs {
			return setItems(c, items)
		}
	case *Object:
		if pairs {
			return setItems(&c.Items, items)
		}
		c.List.Items = append(c.List.Items, items...)
		return nil
	}
	return fmt.Errorf("items are added to a %T", top)
}

func setItems(d *Dict, items []Value) error {
	if len(items)%2 != 0 {
		return errors.New("a key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		d.Set(items[i], items[i+1])
	}
	return nil
}

func (m *machine) doObject(op byte) (err error) {
	var v Value
	switch op {
	case opGlobal:
		v, err = m.global()
	case opStackGlobal:
		var names []Value
		if names, err = m.popN(2); err == nil {
			module, ok1 := names[0].(string)
			name, ok2 := names[1].(string)
			if v = (Class{module, name}); !ok1 || !ok2 {
				err = errors.New("the name of a class is no text")
			}
		}
	case opBuild:
		return m.build()
	case opPersID:
		if v, err = m.line(); err == nil {
			v, err = m.host.Persistent(v)
		}
	case opBinPersID:
		if v, err = m.pop(); err == nil {
			v, err = m.host.Persistent(v)
		}
	default:
		v, err = m.call(op)
	}
	if err == nil {
		m.push(v)
	}
	return err
}

// global reads the name of a class.
func (m *machine) global() (Class, error) {
	module, err := m.line()
	if err != nil {
		return Class{}, err
	}
	name, err := m.line()
	return Class{module, name}, err
}

// call carries out the instructions that call something.
func (m *machine) call(op byte) (Value, error) {
	var callee Value
	var args []Value
	var err error
	switch op {
	case opInst:
		if callee, err = m.global(); err == nil {
			args, err = m.popMark()
		}
	case opObj:
		if args, err = m.popMark(); err == nil {
			if len(args) == 0 {
				return nil, errors.New("an object without a class")
			}
			callee, args = args[0], args[1:]
		}
	default:
		n := 2
		if op == opNewObjEx { // the last are keyword arguments, of which nothing we keep is made
			n = 3
		}
		var items []Value
		if items, err = m.popN(n); err == nil {
			tuple, ok := items[1].(*Tuple)
			if !ok {
				return nil, fmt.Errorf("arguments are a %T, not a tuple", items[1])
			}
			callee, args = items[0], tuple.Items
		}
	}
	if err != nil {
		return nil, err
	}
	class, ok := callee.(Class)
	if !ok {
		return nil, fmt.Errorf("a %T is called, not a class or function", callee)
	}
	if op == opReduce {
		return m.host.Call(class, args)
	}
	return m.host.New(class, args)
}

// build gives the object on the stack its state. What is no object of ours
// keeps no attributes.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	top, err := m.top()
	if o, ok := top.(*Object); ok {
		o.State = state
	}
	return err
}

func (m *machine) doMemo(op byte) error {
	var i uint64
	var err error
	switch op {
	case opMemoize:
		i = uint64(len(m.memo))
	case opGet, opPut:
		var v Value
		v, err = m.decimal()
		n, ok := v.(int64)
		if err == nil && !ok {
			err = errors.New("a memo has no such number")
		}
		i = uint64(n)
	case opBinGet, opBinPut:
		i, err = m.uint(1)
	default:
		i, err = m.uint(4)
	}
	if err != nil {
		return err
	}
	switch op {
	case opGet, opBinGet, opLongBinGet:
		v, ok := m.memo[i]
		if !ok {
			return fmt.Errorf("there is no memo %d", i)
		}
		m.push(v)
	default:
		v, err := m.top()
		if err != nil {
			return err
		}
		m.memo[i] = v
	}
	return nil
}

// The stack.

var errStack = errors.New("the stack is empty")

func (m *machine) push(v Value) { m.stack = append(m.stack, v) }

func (m *machine) popAny() (Value, error) {
	if len(m.stack) == 0 {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

func (m *machine) top() (Value, error) {
	if len(m.stack) == 0 {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	if _, ok := v.(mark); ok {
		return nil, errors.New("a mark in place of a value")
	}
	return v, nil
}

func (m *machine) pop() (Value, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// popN returns the last n values in the order in which they were pushed.
func (m *machine) popN(n int) ([]Value, error) {
	items := make([]Value, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

// popMark returns the values above the last mark, which it takes away.
func (m *machine) popMark() ([]Value, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			items := append([]Value(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, errors.New("a mark is missing")
}

// The source.

const ahead = 64 << 10

// bytes returns the next n bytes, which stay as they are until the next call.
func (m *machine) bytes(n int) ([]byte, error) {
	if int64(n) > m.size-m.at {
		return nil, ErrTruncated
	}
	if len(m.buf) < n {
		m.buf = make([]byte, min(int64(max(n, ahead)), m.size-m.at))
		if got, err := m.r.ReadAt(m.buf, m.at); got < len(m.buf) {
			m.buf = nil
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	b := m.buf[:n]
	m.buf, m.at = m.buf[n:], m.at+int64(n)
	return b, nil
}

func (m *machine) byte() (byte, error) {
	b, err := m.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// uint reads a little-endian number of n bytes.
func (m *machine) uint(n int) (v uint64, err error) {
	b, err := m.bytes(n)
	for i := range b {
		v |= uint64(b[i]) << (8 * i)
	}
	return v, err
}

// counted reads as many bytes as a number of n bytes says.
func (m *machine) counted(n int) ([]byte, error) {
	size, err := m.uint(n)
	switch {
	case err != nil:
		return nil, err
	case size > uint64(m.size-m.at):
		return nil, fmt.Errorf("%w: %d bytes of text or data are announced, %d are left", ErrTruncated, size, m.size-m.at)
	case size > mostString:
		return nil, fmt.Errorf("%d bytes of text or data in one piece, at most %d are read", size, mostString)
	}
	return m.bytes(int(size))
}

func (m *machine) text(n int) (string, error) {
	b, err := m.counted(n)
	return string(b), err
}

func (m *machine) blob(n int) ([]byte, error) {
	b, err := m.counted(n)
	return append([]byte{}, b...), err
}

// long reads an integer of any size.
func (m *machine) long(n int) (Value, error) {
	b, err := m.counted(n)
	if err != nil {
		return nil, err
	}
	if len(b) > 8 {
		return Big(b), nil
	}
	v := int64(0)
	for i := range b {
		v |= int64(b[i]) << (8 * i)
	}
	if n := len(b); n > 0 {
		v = v << (64 - 8*n) >> (64 - 8*n)
	}
	return v, nil
}

// line reads to the next line feed, which it takes away.
func (m *machine) line() (string, error) {
	const most = 1 << 16
	var s []byte
	for len(s) < most {
		c, err := m.byte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(s), nil
		}
		s = append(s, c)
	}
	return "", fmt.Errorf("a line of more than %d bytes", most)
}

// decimal reads a line with a number; 00 and 01 are False and True in protocol 0.
func (m *machine) decimal() (Value, error) {
	s, err := m.line()
	switch {
	case err != nil:
		return nil, err
	case s == "00", s == "01":
		return s == "01", nil
	}
	v, err := strconv.ParseInt(strings.TrimSuffix(s, "L"), 10, 64)
	return v, err
}
