// Package dataset reads labelled data to try models on.
//
// [Open] tells tables of texts, arrays and pictures by their names and first
// bytes; [ReadTexts] and [NewArrays] read one kind. All give a [Set], which makes
// the inputs of a model of any of its rows:
//
//	set, err := dataset.ReadTexts(f, dataset.TextOptions{Tokenizer: t})
//	for _, rows := range rows.Batches(set, 2048) {
//		inputs, err := set.Inputs(rows, session.Inputs)
//		...
//	}
//
// A Set is read as it is needed where it can be large, and errors say in which
// row something is wrong.
package dataset
