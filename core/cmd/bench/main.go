// Command bench measures how fast the engine is, in ratios within one run, and
// prints them as a Markdown table. "./build.sh bench" runs it natively and, for
// what needs one thread alone, in Node as WebAssembly; wasm/bench measures in a
// browser.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"splitquant/core/cmd/bench/rows"
)

func main() {
	file := flag.String("json", "", "write the measurements to `FILE` too")
	with := flag.String("with", "", "begin with those of a `FILE` that -json wrote")
	rounds := flag.Int("rounds", 7, "how often each pair is measured")
	only := flag.String("only", "", "matrix, cores, sizes or kernels: nothing else")
	flag.Parse()
	b := &bench{rounds: *rounds}
	before, err := rows.Read(*with)
	if err == nil {
		b.measure(*only)
		all := append(before, b.rows...)
		fmt.Print(rows.Markdown(all))
		err = rows.Write(*file, all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) measure(only string) {
	for _, part := range []struct {
		name   string
		f      func()
		native bool // it needs more threads or memory than WebAssembly has
	}{{"matrix", b.matrix, false}, {"cores", b.cores, true}, {"sizes", b.sizes, true}, {"kernels", b.kernels, false}} {
		if (only == "" || only == part.name) && !(part.native && runtime.GOOS == "js") {
			part.f()
		}
	}
}
