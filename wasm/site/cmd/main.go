// Command site completes the static site that build.sh put together, and
// serves it:
//
//	site vugu MODULE FILE    write vugu's helper script, from the module's folder
//	site compress DIR LEVEL  write .br and .gz files; LEVEL is brotli's
//	site serve DIR           serve on 127.0.0.1, port 8080 or $PORT
package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"splitquant/wasm/site"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "vugu":
		return vugu(args[1], args[2])
	case len(args) == 3 && args[0] == "compress":
		level, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return site.Compress(args[1], level)
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1], cmp.Or(os.Getenv("PORT"), "8080"))
	}
	return errors.New("usage: site vugu MODULE FILE | compress DIR LEVEL | serve DIR")
}

func vugu(module, file string) error {
	script, err := site.VuguScript(module)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(script), 0o644)
}

func serve(dir, port string) error {
	h, err := site.Handler(dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is in use; choose another: PORT=8081 ./build.sh serve", port)
	}
	if err != nil {
		return err
	}
	fmt.Printf("SplitQuant is at http://%s/ (Ctrl-C ends it)\n", l.Addr())
	return http.Serve(l, h)
}
