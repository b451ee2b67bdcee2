// Command edge is SplitQuant as a Cloudflare Worker. The static site beside it
// needs no program; this one answers requests to /api/v1/:
//
//	GET  /api/v1/version                 the version, as JSON
//	POST /api/v1/inspect                 the layers of a model, as JSON
//	POST /api/v1/quantize?bits=2&...     the quantized model
//
// The body of a POST is the model, of at most 16 MiB. The options of quantize
// are those of the command line by the same names; include and exclude may be
// repeated. The report comes in the header SplitQuant-Report, without its
// layers; a request that accepts multipart/form-data gets the whole of it, as
// the field report beside the field model. Errors are problem details in JSON
// (RFC 9457). Where the variable SPLITQUANT_TOKEN is set, each POST must carry
// it as a bearer token (RFC 6750). Nothing about a request is logged or kept.
//
// Built for GOOS=js GOARCH=wasm it answers through github.com/syumai/workers,
// with a new instance of the program for every request. Built for any other
// system it is an ordinary server on port $PORT, to try it out.
package main

import "github.com/syumai/workers"

func main() { workers.Serve(newHandler(getenv("SPLITQUANT_TOKEN"), patience)) }
