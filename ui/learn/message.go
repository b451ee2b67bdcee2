package learn

import (
	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// typeMessage is the lesson in which a pupil types, and the models answer.
var typeMessage = Lesson{
	Title: "Type a message",
	Says: []words.Text{
		"A small language model that we trained tells spam from ham, as honest messages are called. Type one: it answers as it is, and as it is after quantization.",
		"It runs in ONNX Runtime, in this page; what you type stays on this machine.",
	},
	Controls: []Control{
		{Name: "text", Label: "Message", Letters: 300, Start: "You have won a free holiday! Call now to claim your prize."},
		{Name: "bits", Label: "Bits", Words: drawDigit.Controls[0].Words, Start: "2"},
	},
	Buttons: []Button{
		{"Measure all on 120 messages", (*View).startMeasuring},
	},
	Question: "Quantized to 2 bits, does any of the models get worse, and if not, what is a split worth here?",
	Hint:     "Being less sure is not yet being wrong. Measure all on 120 messages and read bits per weight beside every number.",
	Answer:   "No: at 2 bits even plain quantization gets 119 of the 120 messages right, as many as float. A few words decide what is spam, the table of words stays as it is, and no layer has outliers that matter. A split stores three times as much and has nothing to win back. It pays where plain quantization breaks, as with the digits, and that has to be measured.",
	Samples:  []string{"samples/spam/model.onnx", "samples/spam/vocab.txt", "samples/spam/messages.tsv"},
	Ask: func(s Settings) *ask {
		return &ask{Text: &message.TextAsk{Ways: digitWays(s.Int("bits")), Text: s["text"]}}
	},
	Show: func(s Settings, a *info, width int) Figure {
		c := contest{ways: digitWays(s.Int("bits")), models: a.Text.Models, label: -1, name: spamOrHam,
			of: messageCount, head: "Right of 120", measured: a.measured}
		return c.figure(width, []Fact{
			{"pieces", "Word pieces", format.Count(int64(a.Text.Tokens)), false},
			{"says", "Float says", spamOrHam(likeliest(a.Text.Models[0].Probabilities)), true},
		})
	},
	Measure: func(w message.Way) *ask {
		return &ask{Text: &message.TextAsk{Ways: []message.Way{w}, Measure: true}}
	},
	Measuring: "Measuring on 120 messages: %d models are done.",
}

// messageCount is how many messages the sample has.
const messageCount = 120

func spamOrHam(class int) string {
	if class == 1 {
		return words.T("spam")
	}
	return words.T("ham")
}
