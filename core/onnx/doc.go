// Package onnx reads ONNX models by range and writes them again with some
// weights changed and everything else byte for byte as it was.
//
// # Reading
//
// An ONNX file is one protobuf message, a ModelProto (github.com/onnx/onnx,
// onnx/onnx.proto), without magic number or table of contents. [Open] walks its
// fields through a window of 64 kB and jumps over what it does not need, so that
// a file of 2.5 GB costs its headers. What it keeps is where each message lies:
// graphs, nodes, attributes and tensors, those of subgraphs and functions too.
// [File.Model] lists the tensors, each an io.ReaderAt of plain little-endian
// elements whichever way the file stores them (raw_data, one of the typed
// fields, packed or not, or a file beside the model), and the layers:
//
//	f, err := onnx.Open(file, size, nil)
//	for _, l := range f.Model().Layers {
//		fmt.Println(l.Name, l.Op, l.Shape, l.Skipped)
//	}
//
// A layer is a node with a constant weight, in the main graph, in a subgraph or
// in a function of the model. The constant may be an initializer or a Constant
// node, of the same graph or one further out, and may pass through Transpose,
// Reshape, Cast, Identity, Squeeze, Unsqueeze, Slice and Concat: it is the
// constant itself that is worked on. A weight that a Concat joins from several
// constants is a layer for each of them, called conv1/1, conv1/2 and so on, and
// the weights of a recurrent node are lstm/W and lstm/R. OutAxis is what the
// output channels are in the constant, or -1 where a Slice, a Concat or a Reshape
// leaves no such axis: then it has one scale. Skipped says in words why a layer is
// left alone.
//
// # Writing
//
// The output is a list of segments: ranges of the source, bytes made here, and
// data that a change brings. [File.Write] enters edits, each for one field of
// one message, and puts the list together from the inside out: a message
// without an edit is one range of the source; around an edit only tags and
// lengths are new. So all lengths are known before the first byte is written,
// no tensor is ever held in memory, and unknown fields survive. Without changes
// the list is the source itself.
//
// A result below 2 GiB, the most that protobuf holds, is one file: data that the
// source has beside it are taken in. A larger one puts its tensors in a file
// beside, see [WriteOptions].
//
// # How a change becomes nodes
//
// A [model.Change] gives parts that stand for a weight W. A part of floats is an
// initializer. A part of codes is an initializer of their packed type, a scale,
// a zero point (left out where it is zero), and a DequantizeLinear; float16,
// bfloat16 and float64 weights get a Cast behind it. Then:
//
//   - One part takes the name W, so that nothing that reads W changes.
//   - FormSummed: the parts are W/lower, W/middle and W/upper. W/sum adds the
//     last to W/sum/partial, which adds the others, and takes the name W.
//   - FormLayers: node conv1 becomes conv1/lower, conv1/middle and conv1/upper,
//     copies with all attributes and unknown fields, and conv1/sum, which adds
//     them likewise and gives the output its old name. Where the bias is not split it goes to the first
//     copy. The Add behind a MatMul is its bias: it becomes conv1/lower/bias and
//     so on. What the weight passes through on its way is copied like the node.
//   - FormCodebook: the codes are indices; Cast and Gather give them the values of
//     a table, Mul the scales of channels. ONNX Runtime does this once, when it
//     loads the file: the layer runs as fast as with floats.
//   - FormMatMulNBits: com.microsoft:MatMulNBits in place of a MatMul or a Gemm,
//     one for every part, their outputs added likewise; what the Gemm adds
//     becomes an Add. [File.CanNBits] says for which layers, [Target.CanNBits]
//     where it runs. Its accuracy_level is 1: activations stay float32, where
//     rounding them to 8 bits would be faster.
//
// Scales may be one for the tensor, one for each channel, or one for each block
// of a channel (DequantizeLinear's block_size).
//
// Copies of a recurrent, a packed or a fused node cannot be added up, nor can
// those of a layer with a joined weight; these layers are SummedOnly.
//
// A weight that several layers share is stored and dequantized once, in the graph
// where it was: subgraphs read it from there, and the body of a Loop does not
// unpack it again and again. A function has no initializers; there, all that is
// stored is in Constant nodes. The old constant goes, with what else names it.
//
// # Folding
//
// A layer takes over the BatchNormalization next to it, and constant factors and
// offsets behind it, where that is exact: [model.Layer].Fold says what they do to
// its channels. If a change is Folded, its parts stand for the weight with that
// in it; the nodes go, and the layer's output takes the name of the last of them.
//
// # Activations
//
// [WriteOptions].Activations names element-wise functions that are to work on
// three chunks of their channels: relu1 becomes relu1/split, relu1/chunk1 to
// relu1/chunk3 and relu1/concat, which gives the output its old name. What
// exporters write as several nodes, such as x Sigmoid(x), is one function. How
// many channels there are package shape works out.
//
// [WriteOptions].Static rounds activations to codes and back: a QuantizeLinear and a
// DequantizeLinear between a value and all that read it. They stand behind the
// output of every element-wise function, behind each of its chunks where it is
// cut, and at the input of every changed layer, unless that is rounded already and
// only rearranged since, as by a MaxPool. What leaves the model is not rounded.
// [File.Values] lists what needs a range for that. Three chunks with three scales
// are joined as floats: they keep more of the signal, and no runtime multiplies
// what they are joined to in integers.
//
// # Versions
//
// INT8 codes need opset 13, INT4 and blocks opset 21, INT2 opset 25, indices of 8
// or 16 bits and MatMulNBits any from 7 on. If the [Target] has that opset and
// package opset can write every node of the model in it with the same meaning,
// the model is lifted; otherwise it keeps its opset and the codes are unpacked by
// standard operators, which stores the same bits. Models below
// IR 4, where every initializer had to be a graph input, are raised to 4 and
// lose those inputs: from 4 on they would turn constants into defaults.
package onnx
