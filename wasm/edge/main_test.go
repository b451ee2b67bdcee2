//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"splitquant/core/report"
	"splitquant/core/version"
)

const (
	root   = "../.."
	digits = root + "/public/samples/digits.onnx"
	secret = "open sesame"
)

// An edge is where the API answers, and the command line to compare it with.
type edge struct {
	*testing.T
	url, program string
}

// The API as an ordinary server.
func TestServer(t *testing.T) {
	s := httptest.NewServer(newHandler(secret, time.Minute))
	defer s.Close()
	edge{T: t, url: s.URL}.works()
}

// The API as Cloudflare's runtime answers it, and the site beside it.
func TestWorkerd(t *testing.T) {
	e := startWorkerd(t)
	e.works()
	r, page := e.send("GET", "/", nil, nil)
	if r.StatusCode != 200 || !bytes.Contains(page, []byte(`id="site"`)) {
		t.Errorf("the site: %s\n%s", r.Status, page)
	}
	for _, name := range []string{"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy"} {
		if r.Header.Get(name) == "" {
			t.Errorf("the site comes without %s", name)
		}
	}
}

// works asks for everything that there is, and for what must be refused.
func (e edge) works() {
	e.program = filepath.Join(e.TempDir(), "splitquant")
	build := exec.Command("go", "build", "-o", e.program, "./core/cmd/splitquant")
	build.Dir = root
	if printed, err := build.CombinedOutput(); err != nil {
		e.Fatalf("%v\n%s", err, printed)
	}
	model := readFile(e.T, digits)
	authorized := http.Header{"Authorization": {"Bearer " + secret}}
	garbage := []byte("this is no model, whatever it says")
	for _, c := range []struct {
		what, method, path string
		header             http.Header
		body               []byte
		status             int
		detail             string // what the answer holds
	}{
		{"version", "GET", "/api/v1/version", nil, nil, 200, `"` + version.Version + `"`},
		{"inspect", "POST", "/api/v1/inspect", authorized, model, 200, `"op":"Conv"`},
		{"wrong address", "POST", "/api/v1/dequantize", authorized, model, 404, "there is nothing at /api/v1/dequantize"},
		{"wrong method", "GET", "/api/v1/quantize", authorized, nil, 405, "/api/v1/quantize takes POST, not GET"},
		{"no token", "POST", "/api/v1/quantize", nil, model, 401, "Authorization: Bearer"},
		{"wrong token", "POST", "/api/v1/inspect", http.Header{"Authorization": {"Bearer no"}}, model, 401, "Authorization: Bearer"},
		{"too large", "POST", "/api/v1/quantize", authorized, make([]byte, 17<<20), 413, "16777216 bytes"},
		{"garbage", "POST", "/api/v1/quantize", authorized, garbage, 422, "not an ONNX model"},
		{"half a model", "POST", "/api/v1/inspect", authorized, model[:len(model)/2], 422, "onnx"},
		{"nothing", "POST", "/api/v1/quantize", authorized, nil, 400, "it is empty"},
		{"unknown option", "POST", "/api/v1/quantize?bit=2", authorized, model, 400, `there is no option \"bit\"`},
		{"wrong word", "POST", "/api/v1/quantize?bits=7", authorized, model, 400, "bits"},
		{"options for inspect", "POST", "/api/v1/inspect?bits=2", authorized, model, 400, "no options"},
	} {
		e.Run(c.what, func(t *testing.T) {
			r, body := edge{T: t, url: e.url}.send(c.method, c.path, c.header, c.body)
			if r.StatusCode != c.status || !strings.Contains(string(body), c.detail) {
				t.Errorf("%s %s, want %d with %q", r.Status, body, c.status, c.detail)
			}
			var p problem
			if err := json.Unmarshal(body, &p); c.status >= 400 && (err != nil || p.Status != c.status || p.Title != http.StatusText(c.status) ||
				r.Header.Get("Content-Type") != "application/problem+json") {
				t.Errorf("no problem details: %v, %s of type %s", err, body, r.Header.Get("Content-Type"))
			}
		})
	}
	for _, c := range []struct{ model, query string }{
		{digits, ""},
		{root + "/../shared/models/superres-torch11.onnx", "bits=4&granularity=channel"},
		{root + "/../shared/models/lenet-heman.onnx", "bits=3&form=plain&strategy=none"},
		{root + "/../shared/models/cifar-deep-torch04.onnx", "bits=8&form=summed&symmetric"},
	} {
		e.Run(filepath.Base(c.model)+" "+c.query, func(t *testing.T) { edge{t, e.url, e.program}.sameAsCommandLine(c.model, c.query, authorized) })
	}
}

// sameAsCommandLine compares bytes and report, in both shapes of the answer.
func (e edge) sameAsCommandLine(model, query string, header http.Header) {
	if _, err := os.Stat(model); errors.Is(err, fs.ErrNotExist) {
		e.Skipf("%s is not there", model)
	}
	want, wantReport := e.commandLine(model, query)
	r, got := e.send("POST", "/api/v1/quantize?"+query, header, readFile(e.T, model))
	if r.StatusCode != 200 {
		e.Fatalf("%s %s", r.Status, got)
	}
	if !bytes.Equal(got, want) {
		e.Errorf("%d bytes, the command line's are %d, and they differ", len(got), len(want))
	}
	var short report.Report
	if err := json.Unmarshal([]byte(r.Header.Get("SplitQuant-Report")), &short); err != nil {
		e.Fatal(err)
	}
	if short.BytesAfter != int64(len(want)) || *short.SQNR != *wantReport.SQNR {
		e.Errorf("the report says %d bytes, %v dB, the command line's %d, %v", short.BytesAfter, *short.SQNR, len(want), *wantReport.SQNR)
	}

	header = header.Clone()
	header.Set("Accept", "multipart/form-data")
	r, got = e.send("POST", "/api/v1/quantize?"+query, header, readFile(e.T, model))
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		e.Fatal(err)
	}
	form, err := multipart.NewReader(bytes.NewReader(got), parameters["boundary"]).ReadForm(64 << 20)
	if err != nil {
		e.Fatal(err)
	}
	file, err := form.File["model"][0].Open()
	if err != nil {
		e.Fatal(err)
	}
	if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, want) {
		e.Errorf("the field model has %d bytes, error %v", len(got), err)
	}
	var whole report.Report
	if err := json.Unmarshal([]byte(form.Value["report"][0]), &whole); err != nil || len(whole.Layers) != len(wantReport.Layers) {
		e.Errorf("the field report has %d layers, error %v", len(whole.Layers), err)
	}
}

// send sends a request and returns the answer with its body.
func (e edge) send(method, path string, header http.Header, body []byte) (*http.Response, []byte) {
	e.Helper()
	r, err := http.NewRequest(method, e.url+path, bytes.NewReader(body))
	if err != nil {
		e.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		e.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		e.Fatal(err)
	}
	return answer, content
}

// A model that takes too long is given up.
func TestPatience(t *testing.T) {
	s := httptest.NewServer(newHandler("", time.Nanosecond))
	defer s.Close()
	r, body := edge{T: t, url: s.URL}.send("POST", "/api/v1/quantize", nil, readFile(t, digits))
	if r.StatusCode != 503 || !bytes.Contains(body, []byte("takes longer than 1ns")) {
		t.Errorf("%s %s", r.Status, body)
	}
}

// A fault of ours is an answer too.
func TestFault(t *testing.T) {
	w := httptest.NewRecorder()
	answer("", func(http.ResponseWriter, *http.Request) error { panic("no luck") }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "the engine failed: no luck") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What a header holds is ASCII, and the same to a reader of JSON.
func TestASCII(t *testing.T) {
	if got, want := ascii(`{"a":"Größe 模型 😀"}`), `{"a":"Gr\u00f6\u00dfe \u6a21\u578b \ud83d\ude00"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Cloudflare's free plan takes Workers of 3 MB, compressed.
func TestSize(t *testing.T) {
	files, err := filepath.Glob(root + "/dist/edge/*")
	if err != nil || len(files) == 0 {
		t.Skip("needs the Worker: run ./build.sh dist")
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for _, f := range files {
		w.Write(readFile(t, f))
	}
	w.Close()
	t.Logf("%d bytes", packed.Len())
	if packed.Len() > 3e6 {
		t.Errorf("the Worker has %d bytes compressed, at most 3 MB are allowed", packed.Len())
	}
}

// startWorkerd runs serve.sh until the test ends.
func startWorkerd(t *testing.T) edge {
	t.Helper()
	for _, needed := range []string{"/dist/edge/app.wasm", "/dist/site/index.html", "/public/vendor/node_modules/wrangler"} {
		if _, err := os.Stat(root + needed); err != nil {
			t.Skipf("needs %s: run ./build.sh test", needed)
		}
	}
	port := freePort(t)
	var printed bytes.Buffer
	c := exec.Command("./serve.sh", port)
	c.Env = append(os.Environ(), "SPLITQUANT_TOKEN="+secret)
	c.Stdout, c.Stderr = &printed, &printed
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with all that it starts
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		c.Wait()
		if strings.Contains(printed.String(), "Conv") {
			t.Errorf("it tells of the models:\n%s", printed.String())
		}
	})
	url := "http://127.0.0.1:" + port
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get(url + "/api/v1/version"); err == nil {
			r.Body.Close()
			return edge{T: t, url: url}
		}
	}
	syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
	c.Wait()
	t.Fatalf("waited a minute for the Worker:\n%s", printed.String())
	return edge{}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// commandLine returns what the command line at e.program makes of a model with
// the options of a query.
func (e edge) commandLine(model, query string) ([]byte, *report.Report) {
	e.Helper()
	dir := e.TempDir()
	out, about := filepath.Join(dir, "out.onnx"), filepath.Join(dir, "report.json")
	args := []string{"quantize", model, "-o", out, "--report", about, "--quiet"}
	for option := range strings.SplitSeq(query, "&") {
		if option != "" {
			args = append(args, "--"+option)
		}
	}
	if printed, err := exec.Command(e.program, args...).CombinedOutput(); err != nil {
		e.Fatalf("splitquant %v: %v\n%s", args, err, printed)
	}
	var rep report.Report
	if err := json.Unmarshal(readFile(e.T, about), &rep); err != nil {
		e.Fatal(err)
	}
	return readFile(e.T, out), &rep
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
