// Package npz reads NumPy's arrays: single ones (.npy), and ZIP archives of them
// (.npz).
//
// An array is a magic number, a version, a header that is a Python literal, and
// the elements:
//
//	"\x93NUMPY" 1 0 118 0  {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  ...
//
// Arrays in column-major order and of big-endian numbers are read as they should
// be. Arrays of Python objects are refused: they are pickles.
//
// The format is that of numpy/lib/format.py of github.com/numpy/numpy.
package npz
