package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func point(series string, bits int, size, db float64) Point {
	return Point{Series: series, Bits: bits, BitsPerWeight: size, SQNR: &db}
}

func TestFrontierMarksTheBest(t *testing.T) {
	f := &Frontier{Points: []Point{
		point("split", 2, 6, 9), point("plain", 4, 4, 12), point("plain", 2, 2, 1), point("palette", 4, 4, 12), {Series: "float", Bits: 32, BitsPerWeight: 96},
	}}
	f.Sort()
	var got []string
	for _, p := range f.Points {
		if p.Best {
			got = append(got, p.Series)
		}
	}
	if want := "plain palette plain float"; strings.Join(got, " ") != want {
		t.Errorf("best are %v, want %s", got, want)
	}
}

// Each point is drawn once, and names cannot break the markup.
func TestFrontierSVG(t *testing.T) {
	f := &Frontier{Model: "a<b>&c.onnx", Points: []Point{point("plain", 2, 2, 1), point("plain", 4, 4, 12), point(`x"<y`, 2, 6, -1)}}
	var b strings.Builder
	if err := FrontierSVG(&b, f); err != nil {
		t.Fatal(err)
	}
	titles := 0
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "title" {
			titles++
		}
	}
	if titles != 1+len(f.Points) {
		t.Errorf("%d titles, want one for the figure and one for each of %d points", titles, len(f.Points))
	}
}

// Settings that failed are listed below the table.
func TestFrontierTableListsFailures(t *testing.T) {
	f := &Frontier{Model: "m", Points: []Point{point("plain", 2, 2, 1)}, Failed: []string{"split, 2 bits: NaN"}}
	var b strings.Builder
	if err := FrontierTable(&b, f); err != nil || !strings.HasSuffix(b.String(), "\nFailed:\n\n- split, 2 bits: NaN\n") {
		t.Errorf("%v, %q", err, b.String())
	}
}
