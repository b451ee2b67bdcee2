package main

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/version"
	"splitquant/wasm/message"
)

// The limits of a request. A Worker has 128 MB of memory for the model, what
// is made of it, and the program.
const (
	mostModel  = 16 << 20
	mostResult = 32 << 20
	patience   = 30 * time.Second // see also limits in wrangler.jsonc
)

// newHandler answers requests to the API. Without a token, anyone may ask.
func newHandler(token string, patience time.Duration) http.Handler {
	a := api{token, patience}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/version", answer(http.MethodGet, a.version))
	mux.Handle("/api/v1/inspect", answer(http.MethodPost, a.inspect))
	mux.Handle("/api/v1/quantize", answer(http.MethodPost, a.quantize))
	mux.Handle("/", answer("", func(_ http.ResponseWriter, r *http.Request) error {
		return problemf(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	}))
	return mux
}

// answer makes a handler for one method. An error that is no problem is the
// model's fault; a panic is ours.
func answer(method string, f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := try(method, f, w, r); err != nil {
			p, ok := errors.AsType[problem](err)
			if !ok {
				p = problemf(http.StatusUnprocessableEntity, "%v", err).(problem)
			}
			p.write(w)
		}
	})
}

func try(method string, f func(http.ResponseWriter, *http.Request) error, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = problemf(http.StatusInternalServerError, "the engine failed: %v", fault)
		}
	}()
	if method != "" && r.Method != method {
		w.Header().Set("Allow", method)
		return problemf(http.StatusMethodNotAllowed, "%s takes %s, not %s", r.URL.Path, method, r.Method)
	}
	return f(w, r)
}

type api struct {
	token    string
	patience time.Duration
}

func (a api) version(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"version": version.Version})
}

func (a api) inspect(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.Query()) > 0 {
		return problemf(http.StatusBadRequest, "inspect takes no options")
	}
	f, err := a.open(w, r)
	if err != nil {
		return err
	}
	return writeJSON(w, message.Describe(f.Model(), f.Size()))
}

func (a api) quantize(w http.ResponseWriter, r *http.Request) error {
	o, err := options(r)
	if err != nil {
		return problemf(http.StatusBadRequest, "%v", err)
	}
	f, err := a.open(w, r)
	if err != nil {
		return err
	}
	e, err := f.Estimate(o)
	if err != nil {
		return err
	}
	if e.BytesAfter > mostResult {
		return problemf(http.StatusUnprocessableEntity, "the result would have %d bytes, at most %d are possible here", e.BytesAfter, mostResult)
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.patience)
	defer cancel()
	result := bytes.NewBuffer(make([]byte, 0, e.BytesAfter))
	rep, err := plan.Quantize(ctx, result, f, o, plan.Memory{}, 1, nil)
	if errors.Is(err, context.DeadlineExceeded) {
		return problemf(http.StatusServiceUnavailable, "the model takes longer than %v", a.patience)
	}
	if err != nil {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "multipart/form-data") {
		return writeMultipart(w, result.Bytes(), rep)
	}
	return writeModel(w, result.Bytes(), rep)
}

// options reads the options from the query.
func options(r *http.Request) (recipe.Options, error) {
	o := recipe.Defaults()
	for name, words := range r.URL.Query() {
		for _, word := range words {
			if err := o.Set(name, word); err != nil {
				return o, err
			}
		}
	}
	return o, o.Validate()
}

// open reads the model that a request carries, if it may.
func (a api) open(w http.ResponseWriter, r *http.Request) (*plan.File, error) {
	if a.token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+a.token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return nil, problemf(http.StatusUnauthorized, "the request needs the header Authorization: Bearer with the right token")
	}
	tooLarge := problemf(http.StatusRequestEntityTooLarge, "a model has at most %d bytes here; the page and the command line take larger ones", mostModel)
	if r.ContentLength > mostModel {
		return nil, tooLarge
	}
	if r.Body == nil {
		return nil, problemf(http.StatusBadRequest, "the body of the request is the model, and it is empty")
	}
	content := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, 0)+bytes.MinRead))
	n, err := io.Copy(content, io.LimitReader(r.Body, mostModel+1))
	switch {
	case err != nil:
		return nil, problemf(http.StatusBadRequest, "the model did not arrive: %v", err)
	case n > mostModel:
		return nil, tooLarge
	case n == 0:
		return nil, problemf(http.StatusBadRequest, "the body of the request is the model, and it is empty")
	}
	return plan.Open(model.Bytes(content.Bytes()), n, func(name string) (io.ReaderAt, int64, error) {
		return nil, 0, fmt.Errorf("the model needs the file %q, and a request carries one file only", name)
	})
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// writeModel answers with the result; the header has room for a short report.
func writeModel(w http.ResponseWriter, result []byte, rep *report.Report) error {
	short := *rep
	short.Layers, short.Activations = nil, nil
	text, err := json.Marshal(short)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.Itoa(len(result)))
	h.Set("Content-Disposition", `attachment; filename="`+plan.FileName("model."+rep.Model.Format, rep.Options)+`"`)
	h.Set("SplitQuant-Report", ascii(string(text)))
	_, err = w.Write(result)
	return err
}

// ascii writes what is not ASCII as JSON allows it everywhere: \u and the
// units of UTF-16.
func ascii(json string) string {
	var b strings.Builder
	for _, r := range json {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// writeMultipart answers with the report and the result as fields of a form.
func writeMultipart(w http.ResponseWriter, result []byte, rep *report.Report) error {
	m := multipart.NewWriter(w)
	w.Header().Set("Content-Type", m.FormDataContentType())
	text, err := json.Marshal(rep)
	if err == nil {
		err = m.WriteField("report", string(text))
	}
	if err != nil {
		return err
	}
	part, err := m.CreateFormFile("model", plan.FileName("model."+rep.Model.Format, rep.Options))
	if err != nil {
		return err
	}
	if _, err := part.Write(result); err != nil {
		return err
	}
	return m.Close()
}
