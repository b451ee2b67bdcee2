package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A problem is an answer that says what is wrong, as RFC 9457 has it. Its type
// is about:blank, which is the default: the status says it all.
type problem struct {
	Title  string `json:"title"` // of the status
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p problem) Error() string { return p.Detail }

func problemf(status int, format string, args ...any) error {
	return problem{http.StatusText(status), status, fmt.Sprintf(format, args...)}
}

// write answers with the problem.
func (p problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}
