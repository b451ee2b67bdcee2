// Package pickle reads Python pickles without executing them.
//
// A pickle is a program for a stack machine that may name any function of any
// module and call it. [Read] runs the machine and calls nothing: what a pickle
// wants to call is put to a [Host], which answers with a value of its own or
// refuses. Sizes are compared with what is left of the file before memory is
// taken, and the number of steps is limited.
//
// The machine's instructions are those of protocols 0 to 5 (CPython,
// Lib/pickletools.py); extension codes and out-of-band buffers are refused.
package pickle
