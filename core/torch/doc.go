// Package torch reads and writes what torch.save writes, without running it.
//
// A checkpoint is a pickle that refers to storages: flat arrays of numbers,
// of which tensors are views with an offset, a shape and strides. Since PyTorch
// 1.6 both lie in a ZIP archive,
//
//	NAME/data.pkl   the pickle
//	NAME/data/0     a storage
//	NAME/version
//
// and before that one behind the other in a stream of pickles. TorchScript
// archives are like the former, with the program in NAME/code.
//
// [Open] reads the pickle and finds the tensors in it, however deep: in a state
// dict, in a checkpoint that has an optimizer as well, in the parameters of a
// whole module. Nothing is executed: a pickle is data to package pickle, and
// what it wants to call is looked up in a short list. [Write] writes a state
// dict.
//
// The formats are those of torch/serialization.py (save, _legacy_save) and
// torch/_utils.py (_rebuild_tensor_v2) of github.com/pytorch/pytorch.
package torch
