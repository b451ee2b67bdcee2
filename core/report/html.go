package report

import (
	"errors"
	"io"
)

func proofHTML(w io.Writer, p *Proof) error     { return errors.New(".html is not built yet") }
func rankingHTML(w io.Writer, r *Ranking) error { return errors.New(".html is not built yet") }
