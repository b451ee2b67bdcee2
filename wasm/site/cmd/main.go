// Command site makes the static site of the files that build.sh put together,
// and serves it:
//
//	site vugu MODULE FILE         write vugu's helper script, from the module's folder
//	site make FILES DIR LEVEL     make the site, with .br and .gz files; LEVEL is brotli's
//	site onefile FILES FILE       make the page that holds everything
//	site zip DIR FILE             pack a folder into FILE, under its name without .zip
//	site sums DIR                 write the SHA-256 of a folder's files to standard output
//	site serve DIR                serve on 127.0.0.1, port 8080 or $PORT
//
// The commit that the page shows is in $COMMIT.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"splitquant/core/version"
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
	case len(args) == 4 && args[0] == "make":
		level, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return makeSite(args[1], args[2], level)
	case len(args) == 3 && args[0] == "onefile":
		return oneFile(args[1], args[2])
	case len(args) == 3 && args[0] == "zip":
		return pack(args[1], args[2])
	case len(args) == 2 && args[0] == "sums":
		return site.Sums(os.Stdout, args[1])
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1], cmp.Or(os.Getenv("PORT"), "8080"))
	}
	return errors.New("usage: site vugu MODULE FILE | make FILES DIR LEVEL | onefile FILES FILE | zip DIR FILE | sums DIR | serve DIR")
}

func vugu(module, file string) error {
	script, err := site.VuguScript(module)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(script), 0o644)
}

func makeSite(from, dir string, level int) error {
	files, err := site.Read(from)
	if err != nil {
		return err
	}
	made, err := files.Site(build())
	if err != nil {
		return err
	}
	if err := made.Write(dir); err != nil {
		return err
	}
	return site.Compress(dir, level)
}

func oneFile(from, file string) error {
	files, err := site.Read(from)
	if err != nil {
		return err
	}
	page, err := files.OneFile(build())
	if err != nil {
		return err
	}
	return os.WriteFile(file, page, 0o644)
}

func pack(dir, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(site.Zip(f, dir, strings.TrimSuffix(filepath.Base(file), ".zip")), f.Close())
}

func build() site.Build { return site.Build{Version: version.Version, Commit: os.Getenv("COMMIT")} }

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
