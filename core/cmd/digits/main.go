// Command digits makes the project's own sample model, public/samples/digits.onnx: it
// draws digits (package splitquant/core/dataset/digits), trains a small
// convolutional network on them and writes it as an ONNX file.
//
//	go run ./core/cmd/digits -o public/samples/digits.onnx
//	go run ./core/cmd/digits -check public/samples/digits.onnx
//
// The network has 52,138 parameters:
//
//	image [N 1 28 28] -> conv1 3x3, 8 -> relu -> max pool 2x2
//	                  -> conv2 3x3, 16 -> relu -> max pool 2x2
//	                  -> fc1 784 to 64 -> relu -> fc2 64 to 10 -> logits [N 10]
//
// Training sees every digit once, because a drawn digit costs less than the
// step that learns from it: there are no epochs, and nothing to learn by heart.
// The same seed gives the same bytes on every processor, see multiply.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"splitquant/core/dataset/digits"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the first weights and of the training digits")
	count := flag.Int("train", 60000, "number of digits to train on")
	output := flag.String("o", "digits.onnx", "file to write")
	check := flag.String("check", "", "only measure the accuracy of this file")
	flag.Parse()

	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case *check != "":
		err = checkFile(*check)
	default:
		err = makeFile(*seed, *count, *output)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "digits:", err)
		os.Exit(1)
	}
}

func makeFile(seed uint64, count int, path string) error {
	if seed == digits.TestSeed {
		return errors.New("this seed draws the test digits: choose another")
	}
	if count < 1 {
		return fmt.Errorf("%d digits to train on, need at least 1", count)
	}
	start := time.Now()
	n := train(seed, count, func(seen int, loss float64) {
		if seen%(50*batchSize) == 0 {
			fmt.Fprintf(os.Stderr, "%6d digits, loss %.4f, %.0f s\n", seen, loss, time.Since(start).Seconds())
		}
	})
	file := n.encode()
	if err := os.WriteFile(path, file, 0o666); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, ", path, len(file))
	printAccuracy(n)
	return nil
}

func checkFile(path string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n, err := decode(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Printf("%s: ", path)
	printAccuracy(n)
	return nil
}

func printAccuracy(n *network) {
	fmt.Printf("%.2f %% of %d test digits\n", 100*n.accuracy(digits.TestCount), digits.TestCount)
}
