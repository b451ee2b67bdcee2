// Package tokenize turns text into the ids of a model's vocabulary, as the
// tokenizer that the model was trained with does.
//
//	f, _ := os.Open("vocab.txt") // or tokenizer.json
//	t, err := tokenize.Read(f)
//	if err != nil {
//		return err
//	}
//	ids := t.Encode("a text", 128)
//
// [Read] knows BERT's vocab.txt and Hugging Face's tokenizer.json, with the
// models WordPiece (Devlin et al., arXiv 1810.04805; as in BERT, DistilBERT,
// ELECTRA, MiniLM) and byte-level BPE (Radford et al., 2019; as in GPT-2 and
// RoBERTa). Anything else is refused by name, since an almost right tokenizer
// gives a wrong accuracy and no error.
package tokenize
