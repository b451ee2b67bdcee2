package plan

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"reflect"
	"slices"
	"sync/atomic"

	"splitquant/core/measure"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// Encoded is what the second stage makes of a piece.
type Encoded struct {
	// Parts are the piece's bytes of every part, in the order in which the parts
	// are added. They lie at Piece.From elements in the part.
	Parts [][]byte `json:"-"`
	// Readers, where it is set, has a reader in the place of a part that whoever
	// made it keeps.
	Readers []io.ReaderAt `json:"-"`
	// Noise and Plain compare weights with what the parts stand for, and with
	// plain quantization, chunk by chunk: sums of floats depend on their order.
	Noise, Plain []measure.Noise
	Outlier      Outlier // what becomes of the piece's largest weight
	Plainly      Outlier // what plain quantization would have made of it
	Biases       []Bias  // with the first piece
}

// An encoder encodes pieces of a weight by what was learned of it.
type encoder struct {
	u       *Unit
	learned *Learned
	order   []int
	codes   [][]uint8 // of a chunk, for each part
	swapped [][]uint8 // the same by rows
	values  []float32 // of a chunk
	sum     []float32

	*tables
	byPart [][]byte // the bytes of a chunk, for each part: what tables.coder packs into
}

// tables code and decode weights that all have the same grids.
type tables struct {
	rule         tableRule
	learned      *Learned
	coder, plain *quant.Coder // nil where there is none
	decoder      *quant.Decoder
}

// A tableRule is what tables follow from besides what was learned.
type tableRule struct {
	split    bool
	strategy string
	typ      tensor.Type
}

// latest are the tables of the latest encoder, which the next piece of the weight
// needs as well.
var latest atomic.Pointer[tables]

func (u *Unit) tables(l *Learned) *tables {
	t := latest.Load()
	if t == nil || t.rule != u.tableRule() || t.learned != l && !reflect.DeepEqual(t.learned, l) {
		t = u.makeTables(l)
		latest.Store(t)
	}
	return t
}

func (u *Unit) newEncoder(l *Learned) *encoder {
	e := &encoder{u: u, learned: l, order: u.order(), tables: new(tables)}
	if !u.float() && u.grids() == 1 && u.elems > chunk {
		e.tables, e.byPart = u.tables(l), make([][]byte, len(l.Grids))
	}
	if e.coder != nil {
		return e
	}
	n := min(chunk, u.elems)
	for range e.order {
		e.codes, e.swapped = append(e.codes, make([]uint8, n)), append(e.swapped, make([]uint8, n))
	}
	e.values, e.sum = make([]float32, n), make([]float32, n)
	return e
}

func (u *Unit) tableRule() tableRule { return tableRule{u.Split, u.Options.Strategy, u.Weight.Type} }

// makeTables makes the tables, which pay for many weights.
func (u *Unit) makeTables(l *Learned) *tables {
	short := u.Weight.Type == tensor.BFloat16
	grids := make([]quant.Grid, len(l.Grids)) // by part
	var ordered []quant.Grid
	for _, p := range u.order() {
		grids[p] = l.Grids[p][0]
		ordered = append(ordered, grids[p])
	}
	t := &tables{rule: u.tableRule(), learned: l, decoder: quant.NewDecoder(ordered)}
	if !u.Split {
		t.coder = quant.NewCoder(nil, l.Plain, short)
		return t
	}
	t.plain = quant.NewCoder(nil, l.Plain, short)
	switch {
	case u.Options.Strategy == "residual":
		t.coder = split.ResidualCoder(grids, short)
	case len(l.Division.Bounds) == 1 && len(grids) <= 3:
		t.coder = quant.NewCoder(l.Division.Of(0), grids, short)
	}
	if l.Sums != nil {
		t.coder.Watch(t.plain)
	}
	return t
}

// encode makes the bytes of a piece, decodes them again and measures.
func (s *source) encode(ctx context.Context, l *Learned) (*Encoded, error) {
	u := s.u
	width := u.params.Type().Bits()
	if u.float() {
		width = u.Weight.Type.Bits()
	}
	out := &Encoded{Parts: make([][]byte, u.parts())}
	for p := range out.Parts {
		out.Parts[p] = make([]byte, (int(s.piece.To-s.piece.From)*width+7)/8)
	}
	e := u.newEncoder(l)
	cut := func(at int64, n int) [][]byte {
		parts, from := make([][]byte, len(out.Parts)), int(at-s.piece.From)*width/8
		for p := range parts {
			parts[p] = out.Parts[p][from : from+(n*width+7)/8]
		}
		return parts
	}
	if e.decoder != nil {
		return out, s.eachBytes(ctx, func(at int64, w []byte) error {
			return e.byTables(out, cut(at, len(w)/4), at, w)
		})
	}
	return out, s.each(ctx, func(at int64, raw []byte, values []float32) error {
		parts := cut(at, len(values))
		if u.float() {
			e.mask(parts, at, raw, values)
			return nil
		}
		e.encode(parts, at, values)
		e.measure(out, parts, at, values)
		return nil
	})
}

// byTables writes the packed codes of a chunk, decodes them again, as whoever runs
// the model will, and measures what they make of the weights: what it reports comes
// from the very bytes that are handed out.
func (e *encoder) byTables(out *Encoded, parts [][]byte, at int64, w []byte) error {
	for i, p := range e.order {
		e.byPart[p] = parts[i]
	}
	plainError := 0.0
	if e.coder != nil {
		plainError = e.coder.Pack(e.byPart, w)
	} else {
		values := e.values[:len(w)/4]
		if err := tensor.Float32s(values, w, tensor.Float32); err != nil {
			return err
		}
		e.encode(parts, at, values)
	}
	var noise measure.Noise
	switch {
	case e.learned.Sums != nil:
		noise = e.decoder.Error(w, parts)
	case e.plain != nil:
		plainError = e.plain.Error(w)
		fallthrough
	default:
		noise = e.decoder.Noise(w, parts)
	}
	out.Noise = append(out.Noise, noise)
	found := -1
	if most := e.learned.most(); out.Outlier.below(most) {
		if found = quant.IndexMagnitude(w, most); found >= 0 {
			out.Outlier = Outlier{valueAt(w, found), e.decoder.Value(parts, found)}
		}
	}
	if e.plain == nil {
		return nil
	}
	noise.Noise, noise.MaxAbs = plainError, 0
	out.Plain = append(out.Plain, noise)
	if found >= 0 {
		v, plain := out.Outlier.Weight, e.learned.Plain[0]
		out.Plainly = Outlier{v, plain.Value(plain.Code(v))}
	}
	return nil
}

// valueAt returns one of some float32 as files have them.
func valueAt(w []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(w[4*i:]))
}

// mask writes the parts of a chunk in the weight's own type.
func (e *encoder) mask(parts [][]byte, at int64, raw []byte, values []float32) {
	size := e.u.Weight.Type.Bits() / 8
	_, dim, inner := e.u.runs()
	for row, r := range tensor.Runs(at, len(values), dim, inner) {
		for i, p := range e.order {
			e.learned.Division.Mask(parts[i][r.From*size:r.To*size], raw[r.From*size:r.To*size], values[r.From:r.To], row, p)
		}
	}
}

// encode writes the packed codes of a chunk.
func (e *encoder) encode(parts [][]byte, at int64, values []float32) {
	e.rows(at, values, e.codes, e.row)
	for i, p := range e.order {
		tensor.Pack(parts[i], e.codes[p][:len(values)], e.u.params.Type().Bits())
	}
}

// row codes weights of one row.
func (e *encoder) row(row int, w []float32, codes [][]uint8) {
	l := e.learned
	switch {
	case !e.u.Split:
		l.Grids[0][min(row, len(l.Grids[0])-1)].Encode(codes[0], w)
	case e.u.Options.Strategy == "residual":
		split.EncodeResidual(codes, w, 1, gridsOfRow(l.Grids, row))
	default:
		split.Division{Bounds: [][]float32{l.Division.Of(row)}}.Encode(codes, w, 1, gridsOfRow(l.Grids, row))
	}
}

func gridsOfRow(grids [][]quant.Grid, row int) [][]quant.Grid {
	if len(grids[0]) == 1 {
		return grids
	}
	of := make([][]quant.Grid, len(grids))
	for p, g := range grids {
		of[p] = g[row : row+1]
	}
	return of
}

// measure does what byTables does once the codes are there.
func (e *encoder) measure(out *Encoded, parts [][]byte, at int64, values []float32) {
	n := len(values)
	sum, most := e.sum[:n], e.learned.most()
	clear(sum)
	for i, p := range e.order {
		codes := e.codes[p][:n]
		tensor.Unpack(codes, parts[i], e.u.params.Type().Bits())
		e.addDecoded(sum, codes, at, e.learned.Grids[p])
	}
	out.Noise = append(out.Noise, noiseOf(values, sum))
	out.Outlier.see(values, sum, most)
	if !e.u.Split {
		return
	}
	plain := e.learned.Plain
	e.rows(at, values, e.codes[:1], func(row int, w []float32, codes [][]uint8) {
		plain[min(row, len(plain)-1)].Encode(codes[0], w)
	})
	clear(sum)
	e.addDecoded(sum, e.codes[0][:n], at, plain)
	out.Plain = append(out.Plain, noiseOf(values, sum))
	out.Plainly.see(values, sum, most)
}

func noiseOf(values, kept []float32) (n measure.Noise) {
	n.Add(values, kept)
	return n
}

// addDecoded adds the values of codes to sum; the first code is that of weight
// number at.
func (e *encoder) addDecoded(sum []float32, codes []uint8, at int64, grids []quant.Grid) {
	if len(grids) == 1 {
		grids[0].AddDecoded(sum, codes)
		return
	}
	head, blocks, tail := e.u.blocksIn(at, len(codes))
	_, dim, inner := e.u.runs()
	for row, r := range tensor.Runs(at, head, dim, inner) {
		grids[row].AddDecoded(sum[r.From:r.To], codes[r.From:r.To])
	}
	if blocks > 0 {
		size := blocks * dim * inner
		by, values := e.swapped[0][:size], e.values[:size]
		tensor.SwapAxes(by, codes[head:head+size], blocks, dim, inner)
		tensor.SwapAxes(values, sum[head:head+size], blocks, dim, inner)
		for row := range dim {
			grids[row].AddDecoded(values[row*blocks*inner:(row+1)*blocks*inner], by[row*blocks*inner:(row+1)*blocks*inner])
		}
		tensor.SwapAxes(sum[head:head+size], values, dim, blocks, inner)
	}
	for row, r := range tensor.Runs(at+int64(len(codes)-tail), tail, dim, inner) {
		from := len(codes) - tail
		grids[row].AddDecoded(sum[from+r.From:from+r.To], codes[from+r.From:from+r.To])
	}
}

// rows calls f with the weights of each row in a chunk and the codes to be written
// for them, which end up in codes in the order of the file.
func (e *encoder) rows(at int64, values []float32, codes [][]uint8, f func(row int, w []float32, codes [][]uint8)) {
	u := e.u
	if u.grids() == 1 && len(e.learned.Division.Bounds) <= 1 {
		f(0, values, cutAll(codes, 0, len(values)))
		return
	}
	head, blocks, tail := u.blocksIn(at, len(values))
	_, dim, inner := u.runs()
	runs := func(from, n int) {
		for row, r := range tensor.Runs(at+int64(from), n, dim, inner) {
			f(row, values[from+r.From:from+r.To], cutAll(codes, from+r.From, from+r.To))
		}
	}
	runs(0, head)
	if blocks > 0 {
		size := blocks * dim * inner
		by := e.values[:size]
		tensor.SwapAxes(by, values[head:head+size], blocks, dim, inner)
		for row := range dim {
			a, b := row*blocks*inner, (row+1)*blocks*inner
			f(row, by[a:b], cutAll(e.swapped[:len(codes)], a, b))
		}
		for p := range codes {
			tensor.SwapAxes(codes[p][head:head+size], e.swapped[p][:size], dim, blocks, inner)
		}
	}
	runs(len(values)-tail, tail)
}

// cutAll slices all of codes alike.
func cutAll(codes [][]uint8, from, to int) [][]uint8 {
	cut := make([][]uint8, len(codes))
	for p := range codes {
		cut[p] = codes[p][from:to]
	}
	return cut
}

// blocksIn says how n weights from flat index at on lie where the weights of a row
// do not follow each other: so many blocks of a run for each row, and what comes
// before and behind them. Where runs are long, they are used as they are: there
// are no blocks.
func (u *Unit) blocksIn(at int64, n int) (head, blocks, tail int) {
	outer, dim, inner := u.runs()
	if outer == 1 || inner >= 64 || dim*inner > n {
		return n, 0, 0
	}
	size := dim * inner
	head = int((int64(size) - at%int64(size)) % int64(size))
	if blocks = (n - head) / size; blocks < 2 {
		return n, 0, 0
	}
	return head, blocks, n - head - blocks*size
}

// eachRow calls f with the weights of each row among some of them, the first of
// which has flat index at.
func (u *Unit) eachRow(at int64, values []float32, f func(row int, w []float32)) {
	head, blocks, tail := u.blocksIn(at, len(values))
	_, dim, inner := u.runs()
	runs := func(from, n int) {
		for row, r := range tensor.Runs(at+int64(from), n, dim, inner) {
			f(row, values[from+r.From:from+r.To])
		}
	}
	runs(0, head)
	if blocks > 0 {
		size := blocks * dim * inner
		by := take[float32](&valueBuffers, size)
		tensor.SwapAxes(by, values[head:head+size], blocks, dim, inner)
		for row := range dim {
			f(row, by[row*blocks*inner:(row+1)*blocks*inner])
		}
		give(&valueBuffers, by)
	}
	runs(len(values)-tail, tail)
}

// An Outlier is the largest absolute weight and what becomes of it.
type Outlier struct{ Weight, Kept float32 }

// below reports whether the outlier is still to be found: most is the magnitude of
// the largest weight of all.
func (o *Outlier) below(most float32) bool { return max(o.Weight, -o.Weight) != most }

// see looks for the first weight whose magnitude is most, the largest of all; kept
// are the values that take the weights' place.
func (o *Outlier) see(weights, kept []float32, most float32) {
	if !o.below(most) {
		return
	}
	if i := slices.IndexFunc(weights, func(w float32) bool { return max(w, -w) == most }); i >= 0 {
		*o = Outlier{weights[i], kept[i]}
	}
}

// merge takes in the outlier of the weights that follow.
func (o *Outlier) merge(p Outlier) {
	if max(p.Weight, -p.Weight) > max(o.Weight, -o.Weight) {
		*o = p
	}
}
