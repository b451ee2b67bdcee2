// Package about is the screen that says what the page is, on whose work it
// stands, and what becomes of the files that it opens.
package about

import "splitquant/ui/words"

// View is the screen.
type View struct{}

// A part is a heading with what is below it.
type part struct {
	Title words.Text
	Says  []words.Text
}

var parts = []part{
	{"What it does", []words.Text{
		"SplitQuant makes neural networks small: it stores their weights in a few bits each.",
		"One large weight spoils such a rounding for all the small ones. So each layer is split into three, lower, middle and upper, whose outputs add up to the same, and each gets a scale of its own.",
	}},
	{"Whose idea it is", []words.Text{
		"The method is by Song and Lin: “SplitQuant: Layer Splitting for Low-Bit Neural Network Quantization”, arXiv 2501.12428, 2025. What this program adds to it are exact clusters, splits with less error, and forms that store less; it says so wherever it shows them.",
	}},
	{"What happens to your files", []words.Text{
		"They stay on this machine. The page reads, computes and writes in your browser and asks no other server for anything; it works without a network once it is loaded.",
	}},
}

const (
	textTitle words.Text = "About SplitQuant"
	textPaper words.Text = "The paper on arXiv"
)
