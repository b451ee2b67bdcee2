// Command bench measures how fast the engine is, in ratios within one run, and
// prints them as a Markdown table. "./build.sh bench" runs it natively and, for
// what needs one thread alone, in Node as WebAssembly.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	file := flag.String("json", "", "write the measurements to `FILE` too")
	rounds := flag.Int("rounds", 7, "how often each pair is measured")
	flag.Parse()
	b := &bench{rounds: *rounds}
	b.matrix()
	if runtime.GOOS != "js" {
		b.cores()
		b.sizes()
	}
	b.kernels()
	fmt.Print(b.markdown())
	if *file == "" {
		return
	}
	data, err := json.MarshalIndent(b.rows, "", "\t")
	if err == nil {
		err = os.WriteFile(*file, append(data, '\n'), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
