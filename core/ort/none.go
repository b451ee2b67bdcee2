//go:build !cgo

package ort

// A Session is a model ready to run.
type Session struct{ Inputs, Outputs []Info }

// Load returns [ErrNotAvailable].
func Load(path string) error { return ErrNotAvailable }

// Version returns the empty string.
func Version() string { return "" }

// Open returns [ErrNotAvailable].
func Open(path string, o Options) (*Session, error) { return nil, ErrNotAvailable }

// OpenBytes returns [ErrNotAvailable].
func OpenBytes(name string, model []byte, o Options) (*Session, error) { return nil, ErrNotAvailable }

// Run returns [ErrNotAvailable].
func (s *Session) Run(inputs map[string]Value) (map[string]Value, error) { return nil, ErrNotAvailable }

// Close returns [ErrNotAvailable].
func (s *Session) Close() error { return ErrNotAvailable }
