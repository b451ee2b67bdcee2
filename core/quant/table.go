package quant

import (
	"encoding/binary"
	"math"
	"sort"

	"splitquant/core/tensor"
)

// A Coder codes many weights on the same grids, by a table: for all float32 values
// whose upper 16 bits are equal, the codes of all parts are mostly the same. Where a
// step of a grid or a threshold lies between them, it is known where. The results
// are those of [EncodeSplit].
type Coder struct {
	bounds []float32
	grids  []Grid
	width  int
	short  bool
	// table holds the codes of part p in byte p; or from unsure on, an index of steps.
	table  [1 << 16]uint32
	steps  []codeStep
	values *[1 << 16]float32 // of one part: what the codes stand for, NaN where unsure
}

// A codeStep is where the codes change among values with the same upper 16 bits.
type codeStep struct {
	at          float32 // the smallest value with other codes
	below, from uint32  // the codes below that and from there on
	more        bool    // there is another step
}

// unsure is a bit above the bytes of three parts. Shifted by as much as the codes
// of a byte are it stays above them, and within 32 bits.
const unsure = 1 << 24

// NewCoder makes the table for the given thresholds and grids, as [EncodeSplit]
// takes them. There are at most three parts. short says that all weights will be
// bfloat16: nothing is left to look at then.
func NewCoder(thresholds []float32, grids []Grid, short bool) *Coder {
	c := &Coder{bounds: thresholds, grids: grids, width: grids[0].Params().Type().Bits(), short: short}
	const infinite = 0x7f80
	c.fill(0, infinite, func(p int) uint32 { return uint32(p) })
	c.fill(0, infinite, func(p int) uint32 { return uint32(p) | 1<<15 })
	return c
}

// fill enters the codes for the prefixes a to b-1 of numbers of one sign, in the
// order of their magnitude. A code only rises with the weight, so that between two
// weights with the same one all have it.
func (c *Coder) fill(a, b int, prefix func(int) uint32) {
	first, last := math.Float32frombits(prefix(a)<<16), math.Float32frombits(prefix(b-1)<<16|0xffff)
	part, code := c.code(first)
	if p, q := c.code(last); p == part && q == code {
		codes := c.spread(part, code)
		for ; a < b; a++ {
			c.table[prefix(a)] = codes
		}
		return
	}
	switch {
	case b-a == 1 && c.short:
		c.table[prefix(a)] = c.exactly(first)
		return
	case b-a == 1:
		c.table[prefix(a)] = unsure | uint32(len(c.steps))
		c.steps = append(c.steps, c.step(prefix(a)<<16))
		return
	}
	middle := (a + b) / 2
	c.fill(a, middle, prefix)
	c.fill(middle, b, prefix)
}

// step finds the step among the values whose upper bits are those of first.
func (c *Coder) step(first uint32) codeStep {
	// The n-th smallest value, and whether it has other codes than the smallest.
	value := func(n int) float32 {
		if first>>31 == 1 {
			n = 0xffff - n
		}
		return math.Float32frombits(first | uint32(n))
	}
	part, code := c.code(value(0))
	n := sort.Search(1<<16, func(n int) bool {
		p, q := c.code(value(n))
		return p != part || q != code
	})
	s := codeStep{at: value(n), below: c.exactly(value(0)), from: c.exactly(value(n))}
	part, code = c.code(value(n))
	p, q := c.code(value(0xffff))
	s.more = p != part || q != code
	return s
}

// codes returns the codes of a weight.
func (c *Coder) codes(w float32) uint32 {
	x := c.table[prefix(w)]
	if x < unsure {
		return x
	}
	switch s := &c.steps[x-unsure]; {
	case s.more && w >= s.at:
		return c.exactly(w)
	case w >= s.at:
		return s.from
	default:
		return s.below
	}
}

// code returns the part of a weight and its stored code.
func (c *Coder) code(w float32) (part int, code uint8) {
	part = Part(w, c.bounds)
	return part, uint8(c.grids[part].Code(w)) & c.grids[part].mask()
}

// spread returns the codes of all parts: of one a code, of the others the zero point.
func (c *Coder) spread(part int, code uint8) (codes uint32) {
	for p, g := range c.grids {
		at := code
		if p != part {
			at = uint8(g.Zero) & g.mask()
		}
		codes |= uint32(at) << (8 * p)
	}
	return codes
}

// exactly is the table's answer without the table.
func (c *Coder) exactly(w float32) uint32 { return c.spread(c.code(w)) }

// Pack codes weights, and packs the codes of part p into dst[p] as [tensor.Pack]
// does.
func (c *Coder) Pack(dst [][]byte, w []float32) {
	// Parts that do not exist go where the first one is written after them.
	d := [3][]byte{dst[0], dst[0], dst[0]}
	copy(d[:], dst)
	switch n := len(w) / 8 * 8; c.width {
	case 2:
		c.pack2(d[2], d[1], d[0], w[:n])
		c.packRest(dst, w, n)
	case 4:
		c.pack4(d[2], d[1], d[0], w[:n])
		c.packRest(dst, w, n)
	default:
		c.pack8(d[2], d[1], d[0], w)
	}
}

// Error returns the squared error of weights in one part, as [Grid.Error] does, but
// in four interleaved sums, as package measure adds up.
func (c *Coder) Error(w []float32) float64 {
	if c.values == nil {
		c.makeValues()
	}
	t := c.values
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(w); i += 4 {
		v := (*[4]float32)(w[i : i+4 : i+4])
		q0, q1, q2, q3 := t[prefix(v[0])], t[prefix(v[1])], t[prefix(v[2])], t[prefix(v[3])]
		if q := q0 + q1 + q2 + q3; q != q { // one of them is unsure, or they are very large
			q0, q1, q2, q3 = c.value(v[0]), c.value(v[1]), c.value(v[2]), c.value(v[3])
		}
		d0, d1 := float64(v[0])-float64(q0), float64(v[1])-float64(q1)
		d2, d3 := float64(v[2])-float64(q2), float64(v[3])-float64(q3)
		s0 += float64(d0 * d0)
		s1 += float64(d1 * d1)
		s2 += float64(d2 * d2)
		s3 += float64(d3 * d3)
	}
	for ; i < len(w); i++ {
		d := float64(w[i]) - float64(c.value(w[i]))
		s0 += float64(d * d)
	}
	return (s0 + s1) + (s2 + s3)
}

// value returns what the code of a weight in one part stands for.
func (c *Coder) value(w float32) float32 {
	code := [1]uint8{uint8(c.codes(w))}
	var value [1]float32
	c.grids[0].Decode(value[:], code[:])
	return value[0]
}

func (c *Coder) makeValues() {
	c.values = new([1 << 16]float32)
	var of [256]float32
	for code := range of {
		c.grids[0].Decode(of[code:code+1], []uint8{uint8(code)})
	}
	for p, x := range c.table {
		if c.values[p] = of[uint8(x)]; x >= unsure {
			c.values[p] = float32(math.NaN())
		}
	}
}

// packRest packs the weights from n on.
func (c *Coder) packRest(dst [][]byte, w []float32, n int) {
	if n == len(w) {
		return
	}
	var codes [8]uint8
	for p := range dst {
		for i, v := range w[n:] {
			codes[i] = uint8(c.exactly(v) >> (8 * p))
		}
		tensor.Pack(dst[p][n*c.width/8:], codes[:len(w)-n], c.width)
	}
}

func prefix(w float32) uint32 { return math.Float32bits(w) >> 16 }

func (c *Coder) pack2(d2, d1, d0 []byte, w []float32) {
	t := &c.table
	for i := 0; i+8 <= len(w); i += 8 {
		v := (*[8]float32)(w[i : i+8 : i+8])
		x := t[prefix(v[0])] | t[prefix(v[1])]<<2 | t[prefix(v[2])]<<4 | t[prefix(v[3])]<<6
		y := t[prefix(v[4])] | t[prefix(v[5])]<<2 | t[prefix(v[6])]<<4 | t[prefix(v[7])]<<6
		if (x|y)>>24 != 0 {
			x = c.codes(v[0]) | c.codes(v[1])<<2 | c.codes(v[2])<<4 | c.codes(v[3])<<6
			y = c.codes(v[4]) | c.codes(v[5])<<2 | c.codes(v[6])<<4 | c.codes(v[7])<<6
		}
		j := i / 4
		binary.LittleEndian.PutUint16(d2[j:], uint16(x>>16&0xff|y>>16<<8))
		binary.LittleEndian.PutUint16(d1[j:], uint16(x>>8&0xff|y&0xff00))
		binary.LittleEndian.PutUint16(d0[j:], uint16(x&0xff|y<<8))
	}
}

func (c *Coder) pack4(d2, d1, d0 []byte, w []float32) {
	t := &c.table
	for i := 0; i+4 <= len(w); i += 4 {
		v := (*[4]float32)(w[i : i+4 : i+4])
		x := t[prefix(v[0])] | t[prefix(v[1])]<<4
		y := t[prefix(v[2])] | t[prefix(v[3])]<<4
		if (x|y)>>24 != 0 {
			x = c.codes(v[0]) | c.codes(v[1])<<4
			y = c.codes(v[2]) | c.codes(v[3])<<4
		}
		j := i / 2
		binary.LittleEndian.PutUint16(d2[j:], uint16(x>>16&0xff|y>>16<<8))
		binary.LittleEndian.PutUint16(d1[j:], uint16(x>>8&0xff|y&0xff00))
		binary.LittleEndian.PutUint16(d0[j:], uint16(x&0xff|y<<8))
	}
}

func (c *Coder) pack8(d2, d1, d0 []byte, w []float32) {
	d2, d1, d0 = d2[:len(w)], d1[:len(w)], d0[:len(w)]
	for i, v := range w {
		x := c.codes(v)
		d2[i], d1[i], d0[i] = uint8(x>>16), uint8(x>>8), uint8(x)
	}
}

// A Decoder adds up what packed codes of several parts stand for, by tables of
// what each byte does.
type Decoder struct {
	width  int
	tables [][256][4]float32
}

// NewDecoder makes the tables for parts with the given grids, in the order in
// which they are added.
func NewDecoder(grids []Grid) *Decoder {
	d := &Decoder{grids[0].Params().Type().Bits(), make([][256][4]float32, len(grids))}
	var codes [4]uint8
	for p, g := range grids {
		for b := range 256 {
			n := 8 / d.width
			tensor.Unpack(codes[:n], []byte{byte(b)}, d.width)
			g.Decode(d.tables[p][b][:n], codes[:n])
		}
	}
	return d
}

// Decode writes the sum of the values of the codes, of which planes[p] holds those
// of part p, to dst.
func (d *Decoder) Decode(dst []float32, planes [][]byte) {
	n := 8 / d.width
	whole := len(dst) / 4 * 4
	switch {
	case len(planes) == 3 && d.width == 2:
		d.three2(dst[:whole], planes[0], planes[1], planes[2])
	case len(planes) == 3 && d.width == 4:
		d.three4(dst[:whole], planes[0], planes[1], planes[2])
	case len(planes) == 1 && d.width == 2:
		d.one2(dst[:whole], planes[0])
	default:
		d.any(dst[:whole], planes)
	}
	for i := whole; i < len(dst); i++ {
		dst[i] = 0
		for p := range planes {
			dst[i] += d.tables[p][planes[p][i/n]][i%n]
		}
	}
}

func (d *Decoder) one2(dst []float32, p []byte) {
	t := &d.tables[0]
	for i := 0; i+4 <= len(dst); i += 4 {
		*(*[4]float32)(dst[i : i+4 : i+4]) = t[p[i/4]]
	}
}

func (d *Decoder) three2(dst []float32, p0, p1, p2 []byte) {
	t0, t1, t2 := &d.tables[0], &d.tables[1], &d.tables[2]
	for i := 0; i+4 <= len(dst); i += 4 {
		v := (*[4]float32)(dst[i : i+4 : i+4])
		a, b, c := &t0[p0[i/4]], &t1[p1[i/4]], &t2[p2[i/4]]
		v[0] = a[0] + b[0] + c[0]
		v[1] = a[1] + b[1] + c[1]
		v[2] = a[2] + b[2] + c[2]
		v[3] = a[3] + b[3] + c[3]
	}
}

func (d *Decoder) three4(dst []float32, p0, p1, p2 []byte) {
	t0, t1, t2 := &d.tables[0], &d.tables[1], &d.tables[2]
	for i := 0; i+4 <= len(dst); i += 4 {
		v := (*[4]float32)(dst[i : i+4 : i+4])
		j := i / 2
		a, b, c := &t0[p0[j]], &t1[p1[j]], &t2[p2[j]]
		v[0] = a[0] + b[0] + c[0]
		v[1] = a[1] + b[1] + c[1]
		a, b, c = &t0[p0[j+1]], &t1[p1[j+1]], &t2[p2[j+1]]
		v[2] = a[0] + b[0] + c[0]
		v[3] = a[1] + b[1] + c[1]
	}
}

// any takes one part after the other.
func (d *Decoder) any(dst []float32, planes [][]byte) {
	n := 8 / d.width
	for p, plane := range planes {
		t := &d.tables[p]
		for i, b := range plane[:len(dst)/n] {
			values := t[b][:n]
			to := dst[i*n : i*n+n]
			for k, v := range values {
				if p == 0 {
					to[k] = v
				} else {
					to[k] += v
				}
			}
		}
	}
}
