package plan

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
	"splitquant/core/split"
)

// What tasks ask and answer goes between workers as JSON. Lists of numbers are bytes
// there, little endian, which JSON has in base64: they are shorter, come back bit
// for bit, and may be infinite, as a threshold is that no value reaches. Those that
// may have a million numbers go beside the JSON.

// packed is a list of numbers of fixed size as bytes.
func packed[T int32 | uint32 | float32 | float64](v []T) []byte {
	b, _ := binary.Append(nil, binary.LittleEndian, v)
	return b
}

func unpacked[T int32 | uint32 | float32 | float64](b []byte) []T {
	v := make([]T, len(b)/binary.Size(T(0)))
	_, _ = binary.Decode(b, binary.LittleEndian, v)
	return v
}

// A division as it is sent: rows of equally many bounds.
type wireDivision struct {
	Rows   int    `json:"rows"`
	Bounds []byte `json:"bounds,omitempty"`
}

func packDivision(d split.Division) wireDivision {
	var all []float32
	for _, t := range d.Bounds {
		all = append(all, t...)
	}
	return wireDivision{len(d.Bounds), packed(all)}
}

func (w wireDivision) division() split.Division {
	var d split.Division
	all := unpacked[float32](w.Bounds)
	for r := range w.Rows {
		n := len(all) / w.Rows
		d.Bounds = append(d.Bounds, all[r*n:(r+1)*n])
	}
	return d
}

// Grids of one kind as they are sent.
type wireGrids struct {
	Bits      int    `json:"bits"`
	Symmetric bool   `json:"symmetric,omitempty"`
	Scale     []byte `json:"scale"`
	Zero      []byte `json:"zero"`
}

func packGrids(grids []quant.Grid) wireGrids {
	scale, zero := make([]float32, len(grids)), make([]int32, len(grids))
	for i, g := range grids {
		scale[i], zero[i] = g.Scale, g.Zero
	}
	w := wireGrids{Scale: packed(scale), Zero: packed(zero)}
	if len(grids) > 0 {
		w.Bits, w.Symmetric = grids[0].Bits, grids[0].Symmetric
	}
	return w
}

func (w wireGrids) grids() ([]quant.Grid, error) {
	scale, zero := unpacked[float32](w.Scale), unpacked[int32](w.Zero)
	if len(scale) != len(zero) {
		return nil, fmt.Errorf("%d scales and %d zero points", len(scale), len(zero))
	}
	grids := make([]quant.Grid, len(scale))
	for i := range grids {
		grids[i] = quant.Grid{Scale: scale[i], Zero: zero[i], Bits: w.Bits, Symmetric: w.Symmetric}
	}
	return grids, nil
}

// Ranges as they are sent.
type wireRanges struct {
	First int    `json:"first,omitempty"`
	Lo    []byte `json:"lo"`
	Hi    []byte `json:"hi"`
	N     []byte `json:"n"`
}

func packRanges(r ranges) wireRanges {
	n := len(r.R)
	lo, hi, number := make([]float32, n), make([]float32, n), make([]uint32, n)
	for i, a := range r.R {
		lo[i], hi[i], number[i] = a.Lo, a.Hi, uint32(a.N)
	}
	return wireRanges{r.First, packed(lo), packed(hi), packed(number)}
}

func (w wireRanges) ranges() (ranges, error) {
	lo, hi, number := unpacked[float32](w.Lo), unpacked[float32](w.Hi), unpacked[uint32](w.N)
	if len(lo) != len(hi) || len(lo) != len(number) {
		return ranges{}, fmt.Errorf("%d smallest and %d largest values of %d ranges", len(lo), len(hi), len(number))
	}
	r := ranges{First: w.First}
	for i := range lo {
		r.R = append(r.R, quant.Range{Lo: lo[i], Hi: hi[i], N: int64(number[i])})
	}
	return r, nil
}

type wireQuestion struct {
	Round     string         `json:"round"`
	Bins      kmeans.Bins    `json:"bins"`
	Divisions []wireDivision `json:"divisions,omitempty"`
	Grids     []wireGrids    `json:"grids,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (q *Question) MarshalJSON() ([]byte, error) {
	w := wireQuestion{Round: q.Round, Bins: q.Bins}
	for _, d := range q.Divisions {
		w.Divisions = append(w.Divisions, packDivision(d))
	}
	for _, g := range q.Grids {
		w.Grids = append(w.Grids, packGrids(g))
	}
	return json.Marshal(w)
}

// UnmarshalJSON implements json.Unmarshaler.
func (q *Question) UnmarshalJSON(b []byte) error {
	var w wireQuestion
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*q = Question{Round: w.Round, Bins: w.Bins}
	for _, d := range w.Divisions {
		q.Divisions = append(q.Divisions, d.division())
	}
	for _, g := range w.Grids {
		grids, err := g.grids()
		if err != nil {
			return err
		}
		q.Grids = append(q.Grids, grids)
	}
	return nil
}

// Pack returns what came of a task as JSON, and the long lists as bytes beside it.
func (d Done) Pack() (text []byte, beside [][]byte, err error) {
	w := wireDone{Learned: d.Learned, Encoded: d.Encoded}
	if d.Encoded != nil {
		beside = d.Encoded.Parts
	}
	if d.Answer != nil {
		w.Answer, beside = packAnswer(d.Answer)
	}
	text, err = json.Marshal(w)
	return text, beside, err
}

// Unpack undoes [Done.Pack].
func Unpack(text []byte, beside [][]byte) (Done, error) {
	var w wireDone
	if err := json.Unmarshal(text, &w); err != nil {
		return Done{}, err
	}
	d := Done{Learned: w.Learned, Encoded: w.Encoded}
	if d.Encoded != nil {
		d.Encoded.Parts = beside
	}
	if w.Answer == nil {
		return d, nil
	}
	var err error
	d.Answer, err = w.Answer.answer(beside)
	return d, err
}

type wireDone struct {
	Answer  *wireAnswer `json:"answer,omitempty"`
	Learned *Learned    `json:"learned,omitempty"`
	Encoded *Encoded    `json:"encoded,omitempty"`
}

// A wireAnswer lacks the lists that may be long: what is in all values.
type wireAnswer struct {
	Refused string       `json:"refused,omitempty"`
	Whole   *wireRanges  `json:"whole,omitempty"`
	Least   []byte       `json:"least,omitempty"`
	Parts   []wireRanges `json:"parts,omitempty"`
	Errors  []byte       `json:"errors,omitempty"`
	Rows    *Learned     `json:"rows,omitempty"`
}

// packAnswer returns beside the answer its counts, summary, bins and keys, each
// empty where there are none.
func packAnswer(a *Answer) (*wireAnswer, [][]byte) {
	w := &wireAnswer{Refused: a.Refused, Least: packed(a.Least), Errors: packed(a.Errors), Rows: a.Rows}
	if a.Whole != nil && a.Refused == "" {
		whole := packRanges(*a.Whole)
		w.Whole = &whole
	}
	for _, r := range a.Parts {
		w.Parts = append(w.Parts, packRanges(r))
	}
	var summary, bins []byte
	if a.Summary != nil {
		summary, _ = a.Summary.MarshalBinary()
	}
	if a.Bins != nil {
		bins, _ = a.Bins.MarshalBinary()
	}
	return w, [][]byte{packed(a.Counts), summary, bins, packed(a.Keys)}
}

func (w *wireAnswer) answer(beside [][]byte) (*Answer, error) {
	if len(beside) != 4 {
		return nil, fmt.Errorf("an answer has 4 lists beside it, not %d", len(beside))
	}
	counts, summary, bins, keys := beside[0], beside[1], beside[2], beside[3]
	a := &Answer{Refused: w.Refused, Rows: w.Rows, Keys: unpacked[uint32](keys), Least: unpacked[uint32](w.Least), Errors: unpacked[float64](w.Errors)}
	if w.Whole != nil {
		r, err := w.Whole.ranges()
		if err != nil {
			return nil, err
		}
		a.Whole = &r
	}
	for _, p := range w.Parts {
		r, err := p.ranges()
		if err != nil {
			return nil, err
		}
		a.Parts = append(a.Parts, r)
	}
	if len(counts) > 0 {
		a.Counts = unpacked[uint32](counts)
	}
	if len(bins) > 0 {
		a.Bins = new(quant.Bins)
		if err := a.Bins.UnmarshalBinary(bins); err != nil {
			return nil, err
		}
	}
	if len(summary) == 0 {
		return a, nil
	}
	a.Summary = new(kmeans.Summary)
	return a, a.Summary.UnmarshalBinary(summary)
}

type wireLearned struct {
	Refused  string        `json:"refused,omitempty"`
	Lo       float32       `json:"lo"`
	Hi       float32       `json:"hi"`
	Division *wireDivision `json:"division,omitempty"`
	Grids    []wireGrids   `json:"grids,omitempty"`
	Plain    wireGrids     `json:"plain"`
	Table    []byte        `json:"table,omitempty"`
	Scales   []byte        `json:"scales,omitempty"`
	Sums     *Sums         `json:"sums,omitempty"`
}

// MarshalJSON implements json.Marshaler. Clusters, which are for figures alone,
// are left out.
func (l *Learned) MarshalJSON() ([]byte, error) {
	w := wireLearned{Refused: l.Refused, Lo: l.Lo, Hi: l.Hi, Plain: packGrids(l.Plain), Sums: l.Sums}
	if len(l.Division.Bounds) > 0 {
		d := packDivision(l.Division)
		w.Division = &d
	}
	for _, g := range l.Grids {
		w.Grids = append(w.Grids, packGrids(g))
	}
	if c := l.Codebook; c != nil {
		w.Table, w.Scales = packed(c.Table), packed(c.Scales)
	}
	return json.Marshal(w)
}

// UnmarshalJSON implements json.Unmarshaler. A codebook can be stored, but not
// encode.
func (l *Learned) UnmarshalJSON(b []byte) (err error) {
	var w wireLearned
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*l = Learned{Refused: w.Refused, Lo: w.Lo, Hi: w.Hi, Sums: w.Sums}
	if w.Division != nil {
		l.Division = w.Division.division()
	}
	if l.Plain, err = w.Plain.grids(); err != nil {
		return err
	}
	for _, g := range w.Grids {
		grids, err := g.grids()
		if err != nil {
			return err
		}
		l.Grids = append(l.Grids, grids)
	}
	if len(w.Table) > 0 {
		l.Codebook = &split.Codebook{Table: unpacked[float32](w.Table)}
		if len(w.Scales) > 0 {
			l.Codebook.Scales = unpacked[float32](w.Scales)
		}
	}
	return nil
}
