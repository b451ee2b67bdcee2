package main

import (
	"net/http/httptest"
	"testing"

	"splitquant/core/version"
)

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/api/v1/version", 200, `{"version":"` + version.Version + `"}` + "\n"},
		{"POST", "/api/v1/version", 405, "Method Not Allowed\n"},
		{"GET", "/api/v1/none", 404, "404 page not found\n"},
	} {
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, w.Code, w.Body, c.status, c.body)
		}
	}
}
