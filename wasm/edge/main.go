// Command edge is the Cloudflare Worker of SplitQuant. It tells its version;
// the static site beside it needs no program.
//
// Built for GOOS=js GOARCH=wasm it answers through github.com/syumai/workers,
// with a new instance of the program for every request. Built for any other
// system it is an ordinary server on port $PORT, to try it out.
package main

import (
	"encoding/json"
	"net/http"

	"github.com/syumai/workers"

	"splitquant/core/version"
)

func main() { workers.Serve(handler()) }

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"version": version.Version})
	})
	return mux
}
