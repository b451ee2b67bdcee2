package pickle

// A Value is one of: nil (None), bool, int64, float64, string, []byte, *List,
// *Tuple, *Dict, *Object, Class, or what a Host has made.
type Value any

// Big is an integer of more than 64 bits: its bytes, little endian, in two's
// complement.
type Big string

// A List is a list, or the items of a set.
type List struct{ Items []Value }

// A Tuple does not change once it is made.
type Tuple struct{ Items []Value }

// A Dict keeps its entries in the order in which they came.
type Dict struct {
	Entries []Entry
	index   map[Value]int // of keys that can be compared
}

// An Entry of a Dict.
type Entry struct{ Key, Value Value }

// Set puts an entry in the place of one of the same key, or at the end.
func (d *Dict) Set(key, value Value) {
	switch key.(type) {
	case string, int64, bool, float64, nil:
		if i, ok := d.index[key]; ok {
			d.Entries[i].Value = value
			return
		}
		if d.index == nil {
			d.index = make(map[Value]int)
		}
		d.index[key] = len(d.Entries)
	}
	d.Entries = append(d.Entries, Entry{key, value})
}

// Get returns the value of a key that is a string, number or nil.
func (d *Dict) Get(key Value) (Value, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Entries[i].Value, true
}

// A Class names a class or a function.
type Class struct{ Module, Name string }

// String returns the name as Python writes it.
func (c Class) String() string { return c.Module + "." + c.Name }

// An Object is an instance of a class that only its name is known of.
type Object struct {
	Class Class
	Args  []Value
	State Value // what it is built from, mostly a Dict of attributes; nil without
	Items Dict  // where it is a kind of dict
	List  List  // where it is a kind of list
}
