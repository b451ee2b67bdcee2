package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"splitquant/core/fold"
	"splitquant/core/kmeans"
	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// Stages of a unit, in order.
const (
	Learn  = "learn"  // read the weights, find ranges and clusters
	Encode = "encode" // make the parts, decode them again and measure
)

// Learned is what the first stage finds out about a weight: all that is
// needed to encode any piece of it.
type Learned struct {
	Division split.Division
	Clusters []kmeans.Clustering // one for each row of the division
	Grids    [][]quant.Grid      // for each part, one or one for each channel
	Plain    []quant.Grid        // of the weight in one part, for comparison
	Codebook *split.Codebook     // in place of a division and grids; nil without
}

// outcome is what the second stage made.
type outcome struct {
	change  model.Change
	refused string // why the weight stays as it was, empty where it does not
	warning string
	exact   bool // the parts are the weight's own values
	noise   measure.Noise
	plain   measure.Noise
	outlier outlier // what becomes of the largest weight
	plainly outlier // what plain quantization would have made of it
}

// run works through both stages.
func (u *Unit) run(ctx context.Context, spool Spool, stage func(string)) (*outcome, error) {
	stage(Learn)
	raw, values, err := u.read()
	if err != nil {
		return nil, err
	}
	lo, hi, finite := quant.MinMax(values)
	if !finite {
		what := "NaN or infinite values"
		if u.Weight.Type == tensor.Float64 && finite64(raw) {
			what = "values beyond float32"
		}
		return &outcome{refused: fmt.Sprintf("its weight %q has %s", u.Weight.Name, what)}, nil
	}
	rows := u.toRows(values)
	learned, err := u.learn(rows)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stage(Encode)
	out := &outcome{change: u.change()}
	switch {
	case u.float():
		out.exact = true
		err = u.floatParts(out, learned, raw, values, spool)
	case u.codebook():
		err = u.encodeCodebook(ctx, out, learned, rows, spool)
	default:
		err = u.encode(ctx, out, learned, rows, values, spool)
	}
	if err != nil {
		return nil, err
	}
	if !u.float() && u.params.Flushes(lo, hi) {
		out.warning = "its values are too small for a scale, they become 0"
	}
	return out, u.changeBiases(out, spool)
}

// finite64 reports whether none of some float64 is NaN or infinite.
func finite64(raw []byte) bool {
	for i := 0; i < len(raw); i += 8 {
		if v := math.Float64frombits(binary.LittleEndian.Uint64(raw[i:])); v-v != 0 {
			return false
		}
	}
	return true
}

// change is what the unit will do to the model, as far as the plan knows it.
func (u *Unit) change() model.Change {
	c := model.Change{Weight: u.Weight, Form: model.FormLayers, Folded: u.folds}
	switch {
	case u.codebook():
		c.Form = model.FormCodebook
	case u.nbits():
		c.Form = model.FormMatMulNBits
	case u.summed:
		c.Form = model.FormSummed
	}
	return c
}

// read returns the weight's bytes and its values, with what is folded into it.
func (u *Unit) read() (raw []byte, values []float32, err error) {
	raw, values, err = read(u.Weight)
	if err == nil && u.folds {
		fold.Weight(u.layer, values)
		err = tensor.PutFloat(raw, values, u.Weight.Type)
	}
	return raw, values, err
}

func read(t *model.Tensor) (raw []byte, values []float32, err error) {
	n, err := t.Shape.Elems()
	if err != nil {
		return nil, nil, err
	}
	size, err := t.Type.Bytes(n)
	if err != nil {
		return nil, nil, err
	}
	raw, values = make([]byte, size), make([]float32, n)
	if _, err := t.Data.ReadAt(raw, 0); err != nil && size > 0 {
		return nil, nil, fmt.Errorf("tensor %q: reading %d bytes: %w", t.Name, size, err)
	}
	return raw, values, tensor.Float32s(values, raw, t.Type)
}

// toRows brings the weights of each output channel together where channels
// have clusters or scales of their own.
func (u *Unit) toRows(values []float32) []float32 {
	if u.group > 0 {
		return toGroups(u, values)
	}
	outer, dim, inner := u.runs()
	if outer == 1 {
		return values
	}
	rows := make([]float32, len(values))
	tensor.SwapAxes(rows, values, outer, dim, inner)
	return rows
}

// runs says how the weight lies in the file: outer times, one run of inner
// elements for each of dim rows.
func (u *Unit) runs() (outer, dim, inner int) {
	if u.byChannel() {
		return u.Weight.Shape.Axis(u.layer.OutAxis)
	}
	return 1, u.rows(), int(u.elems) / u.rows()
}

// learn finds the division of the weight and the grids of its parts. values
// lie in rows.
func (u *Unit) learn(values []float32) (l *Learned, err error) {
	clip, err := quant.ParseClip(u.Options.Clip)
	if err != nil {
		return nil, err
	}
	l = &Learned{Plain: plainGrids(values, u.grids(), u.params, clip)}
	switch {
	case u.codebook():
		l.Codebook, err = u.learnCodebook(values, clip)
	case !u.Split:
		l.Grids = [][]quant.Grid{l.Plain}
	case u.Options.Strategy == "residual":
		if !u.float() {
			l.Grids = split.ResidualGrids(values, u.grids(), u.perRow, u.params, clip)
		}
	default:
		err = u.divide(l, values, clip)
		if err == nil && !u.float() {
			l.Grids = l.Division.ClippedGrids(values, u.rows(), u.perRow, u.params, clip)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("weight %q: %w", u.Weight.Name, err)
	}
	return l, nil
}

// divide finds the thresholds between the parts: with kmeans as many as there
// are kernels or blocks, with resolution as many as there are scales.
func (u *Unit) divide(l *Learned, values []float32, clip quant.Clip) (err error) {
	rows := u.blocks
	switch {
	case u.kernels || u.perRow && u.Options.Strategy == "resolution":
		rows = u.rows()
	case u.group > 0:
		values = unpad(u, values)
	}
	if u.Options.Strategy == "resolution" {
		l.Division, err = split.Resolution(values, rows, u.parts(), u.params, clip)
	} else {
		l.Division, l.Clusters, err = split.KMeansParts(values, rows, u.parts())
	}
	if err == nil {
		l.Division = repeat(l.Division, u.rows()/rows)
	}
	return err
}

// repeat gives every row of a division n rows, next to each other; a division
// with one row is that of all.
func repeat(d split.Division, n int) split.Division {
	if n == 1 || len(d.Bounds) == 1 {
		return d
	}
	var r split.Division
	for _, b := range d.Bounds {
		r.Bounds = append(r.Bounds, slices.Repeat([][]float32{b}, n)...)
	}
	return r
}

// floatParts stores the parts in the weight's own type.
func (u *Unit) floatParts(out *outcome, l *Learned, raw []byte, values []float32, spool Spool) error {
	part := func(dst []byte, part int) error {
		u.mask(dst, l, raw, values, part)
		return nil
	}
	if u.Options.Strategy == "residual" {
		r, err := split.NewRounding(values, u.Weight.Type, u.params)
		if err != nil {
			return err
		}
		part = func(dst []byte, part int) error { return r.Part(dst, raw, part) }
	}
	dst := make([]byte, len(raw))
	for _, i := range u.order() {
		if err := part(dst, i); err != nil {
			return err
		}
		data, err := spool.Put(dst)
		if err != nil {
			return err
		}
		out.change.Parts = append(out.change.Parts, model.Stored{Name: u.partName(i), Type: u.Weight.Type, Shape: u.Weight.Shape, Data: data})
	}
	return nil
}

// mask writes one part of a weight to dst: the elements of raw that belong to it.
func (u *Unit) mask(dst []byte, l *Learned, raw []byte, values []float32, part int) {
	outer, dim, inner := u.runs()
	size := u.Weight.Type.Bits() / 8
	for run := range outer * dim {
		a, b := run*inner, (run+1)*inner
		l.Division.Mask(dst[a*size:b*size], raw[a*size:b*size], values[a:b], run%dim, part)
	}
}

// encode stores the parts as codes. rows and values are the same weights, by
// output channel and in the order of the file.
func (u *Unit) encode(ctx context.Context, out *outcome, l *Learned, rows, values []float32, spool Spool) error {
	codes := make([][]uint8, u.parts())
	for i := range codes {
		codes[i] = make([]uint8, len(rows))
	}
	switch {
	case !u.Split:
		encodePlain(codes[0], rows, l.Plain)
	case u.Options.Strategy == "residual":
		split.EncodeResidual(codes, rows, u.grids(), l.Grids)
	default:
		l.Division.Encode(codes, rows, u.rows(), l.Grids)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	packed := make([][]byte, len(codes))
	for _, i := range u.order() {
		packed[i] = u.pack(codes[i])
		data, err := spool.Put(packed[i])
		if err != nil {
			return err
		}
		out.change.Parts = append(out.change.Parts, u.stored1(data, i, l.Grids[i]))
	}
	if err := u.check(ctx, out, l, packed, values); err != nil {
		return err
	}
	out.plain, out.plainly = out.noise, out.outlier
	if u.Split {
		out.plain, out.plainly = plainNoise(rows, l.Plain)
	}
	return nil
}

// pack brings the codes of one part back to the order of the file, and packs them.
func (u *Unit) pack(codes []uint8) []byte {
	if u.group > 0 {
		return u.packGroups(codes)
	}
	if outer, dim, inner := u.runs(); outer > 1 {
		inOrder := make([]uint8, len(codes))
		tensor.SwapAxes(inOrder, codes, dim, outer, inner)
		codes = inOrder
	}
	bits := u.params.Type().Bits()
	dst := make([]byte, (len(codes)*bits+7)/8)
	tensor.Pack(dst, codes, bits)
	return dst
}

// stored1 describes a packed part to the writer.
func (u *Unit) stored1(data io.ReaderAt, part int, grids []quant.Grid) model.Stored {
	s := model.Stored{Name: u.partName(part), Type: u.params.Type(), Shape: u.Weight.Shape, Data: data, Axis: max(u.layer.OutAxis, 0)}
	for _, g := range grids {
		s.Scale = append(s.Scale, g.Scale)
		s.Zero = append(s.Zero, g.Zero)
	}
	if u.group > 0 {
		u.describeGroups(&s)
	}
	return s
}

// plainGrids lays a grid over the weight in one part: one for each of n rows.
func plainGrids(rows []float32, n int, params quant.Params, clip quant.Clip) []quant.Grid {
	grids := make([]quant.Grid, n)
	size := len(rows) / n
	for r := range grids {
		grids[r] = clip.Grid(rows[r*size:(r+1)*size], params)
	}
	return grids
}

// encodePlain codes each row on its own grid, or all on one.
func encodePlain(codes []uint8, rows []float32, grids []quant.Grid) {
	size := len(rows) / len(grids)
	for r, g := range grids {
		g.Encode(codes[r*size:(r+1)*size], rows[r*size:(r+1)*size])
	}
}
