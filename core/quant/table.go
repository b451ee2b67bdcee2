package quant

import (
	"encoding/binary"
	"math"
	"sort"

	"splitquant/core/tensor"
)

// A Coder codes many weights on the same grids, by a table: for all float32 values
// whose upper 16 bits are equal, the codes of all parts are mostly the same. Where a
// step of a grid or a threshold lies between them, it is known where.
type Coder struct {
	width int
	short bool
	rank  func(w float32) int   // rises with the weight, wherever the codes change
	codes func(rank int) uint64 // the codes of part p from bit Lane*p on

	table  [1 << 16]uint64 // by upper bits, the codes; or, with the bit unsure, an index of steps
	steps  []codeStep
	beside *Coder            // whose unsure weights are watched, nil for none
	grid   Grid              // of one part
	values *[1 << 16]float32 // of one part: what the codes stand for, NaN where unsure
}

// A codeStep is where the codes change among values with the same upper 16 bits.
type codeStep struct {
	at          float32 // the smallest value with other codes
	below, from uint64  // the codes below that and from there on
	more        bool    // there is another step
}

// Lane is how many bits the packed codes of a part have that are put together by
// shifts in the loops of a [Coder]. There are up to three lanes; unsure is a bit
// above them, which the shifts leave above them, and within 64 bits.
const (
	Lane   = 16
	unsure = 1 << (3 * Lane)
)

// NewCoder makes the table for the given thresholds and grids, of up to three parts:
// it codes as [EncodeSplit] does. short says that all weights will be bfloat16:
// nothing is left to look at then.
func NewCoder(thresholds []float32, grids []Grid, short bool) *Coder {
	mask := grids[0].mask()
	rank := func(w float32) int {
		part := Part(w, thresholds)
		return part<<8 | int(uint8(grids[part].Code(w))&mask)
	}
	codes := func(rank int) (all uint64) {
		for p, g := range grids {
			code := uint8(rank)
			if p != rank>>8 {
				code = uint8(g.Zero) & mask
			}
			all |= uint64(code) << (Lane * p)
		}
		return all
	}
	c := NewRankCoder(grids[0].Params(), short, rank, codes)
	if c.grid = grids[0]; len(grids) == 1 {
		c.makeValues()
	}
	return c
}

// NewRankCoder makes the table for codes that follow from the rank of a weight: a
// number that only rises, or only falls, from one threshold or the like to the next,
// so that all weights between two of the same rank have it. codes returns those of
// part p from bit [Lane]*p on.
func NewRankCoder(params Params, short bool, rank func(w float32) int, codes func(rank int) uint64) *Coder {
	c := &Coder{width: params.Type().Bits(), short: short, rank: rank, codes: codes}
	const infinite = 0x7f80
	c.fill(0, infinite, 0)
	c.fill(0, infinite, 1<<15)
	return c
}

// fill enters the codes for the prefixes a to b-1 of numbers of one sign, in the
// order of their magnitude.
func (c *Coder) fill(a, b int, sign uint32) {
	first, last := (sign|uint32(a))<<16, (sign|uint32(b-1))<<16|0xffff
	rank := c.rank(math.Float32frombits(first))
	if c.rank(math.Float32frombits(last)) == rank {
		codes, part := c.codes(rank), c.table[sign|uint32(a):sign|uint32(b)]
		for i := range part {
			part[i] = codes
		}
		return
	}
	switch {
	case b-a == 1 && c.short:
		c.table[sign|uint32(a)] = c.codes(rank)
		return
	case b-a == 1:
		c.table[sign|uint32(a)] = unsure | uint64(len(c.steps))
		c.steps = append(c.steps, c.step(first))
		return
	}
	middle := (a + b) / 2
	c.fill(a, middle, sign)
	c.fill(middle, b, sign)
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
	below := c.rank(value(0))
	n := sort.Search(1<<16, func(n int) bool { return c.rank(value(n)) != below })
	from := c.rank(value(n))
	return codeStep{at: value(n), below: c.codes(below), from: c.codes(from), more: c.rank(value(0xffff)) != from}
}

// of returns the codes of a weight.
func (c *Coder) of(w float32) uint64 {
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

// exactly is the table's answer without the table.
func (c *Coder) exactly(w float32) uint64 { return c.codes(c.rank(w)) }

// Watch has Pack return the squared error by plain, a coder of one part, of the
// weights of which the upper 16 bits do not tell what that makes of them. For all
// others [Coder.Level] tells.
func (c *Coder) Watch(plain *Coder) {
	c.beside = plain
	for p, x := range plain.table {
		if codes := c.table[p]; x >= unsure && codes < unsure {
			c.table[p] = unsure | uint64(len(c.steps))
			c.steps = append(c.steps, codeStep{below: codes, from: codes})
		}
	}
}

// Level returns what a coder of one part makes of all weights whose upper 16 bits are
// those of w; ok is false where these do not tell.
func (c *Coder) Level(w float32) (level float32, ok bool) {
	p := prefix(w)
	return c.values[p], c.table[p] < unsure
}

// watch returns the squared error of the watched among some weights.
func (c *Coder) watch(w []byte) (sum float64) {
	if c.beside == nil {
		return 0
	}
	for ; len(w) >= 4; w = w[4:] {
		if v := float(w); c.beside.table[prefix(v)] >= unsure {
			d := float64(v) - float64(c.beside.value(v))
			sum += float64(d * d)
		}
	}
	return sum
}

// Pack codes weights, and packs the codes of part p into dst[p] as [tensor.Pack]
// does. The weights are float32 as files have them, little endian. It returns the
// errors of those that are watched.
func (c *Coder) Pack(dst [][]byte, w []byte) (watched float64) {
	// Parts that do not exist go where the first one is written after them.
	d := [3][]byte{dst[0], dst[0], dst[0]}
	copy(d[:], dst)
	n := len(w) / 32 * 32
	switch c.width {
	case 2:
		watched = c.pack2(d[2], d[1], d[0], w[:n])
	case 4:
		watched = c.pack4(d[2], d[1], d[0], w[:n])
	default:
		watched = c.pack8(d[2], d[1], d[0], w[:n])
	}
	c.packRest(dst, w[n:], n/4)
	return watched + c.watch(w[n:])
}

// packRest packs up to seven weights, the first of which has number at.
func (c *Coder) packRest(dst [][]byte, w []byte, at int) {
	var codes [8]uint8
	for p := range dst {
		for i := 0; i < len(w); i += 4 {
			codes[i/4] = uint8(c.exactly(float(w[i:])) >> (Lane * p))
		}
		tensor.Pack(dst[p][at*c.width/8:], codes[:len(w)/4], c.width)
	}
}

// float returns the first of some float32 as files have them.
func float(w []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(w)) }

func (c *Coder) pack2(d2, d1, d0, w []byte) (watched float64) {
	t := &c.table
	for i := 0; i+32 <= len(w); i += 32 {
		v := (*[32]byte)(w[i : i+32 : i+32])
		x := t[binary.LittleEndian.Uint16(v[2:])] | t[binary.LittleEndian.Uint16(v[6:])]<<2 |
			t[binary.LittleEndian.Uint16(v[10:])]<<4 | t[binary.LittleEndian.Uint16(v[14:])]<<6 |
			t[binary.LittleEndian.Uint16(v[18:])]<<8 | t[binary.LittleEndian.Uint16(v[22:])]<<10 |
			t[binary.LittleEndian.Uint16(v[26:])]<<12 | t[binary.LittleEndian.Uint16(v[30:])]<<14
		if x >= unsure {
			x = c.together(v[:], 2)
			watched += c.watch(v[:])
		}
		put3(d2, d1, d0, i/16, x)
	}
	return watched
}

func (c *Coder) pack4(d2, d1, d0, w []byte) (watched float64) {
	t := &c.table
	for i := 0; i+16 <= len(w); i += 16 {
		v := (*[16]byte)(w[i : i+16 : i+16])
		x := t[binary.LittleEndian.Uint16(v[2:])] | t[binary.LittleEndian.Uint16(v[6:])]<<4 |
			t[binary.LittleEndian.Uint16(v[10:])]<<8 | t[binary.LittleEndian.Uint16(v[14:])]<<12
		if x >= unsure {
			x = c.together(v[:], 4)
			watched += c.watch(v[:])
		}
		put3(d2, d1, d0, i/8, x)
	}
	return watched
}

func (c *Coder) pack8(d2, d1, d0, w []byte) (watched float64) {
	t := &c.table
	for i := 0; i+8 <= len(w); i += 8 {
		v := (*[8]byte)(w[i : i+8 : i+8])
		x := t[binary.LittleEndian.Uint16(v[2:])] | t[binary.LittleEndian.Uint16(v[6:])]<<8
		if x >= unsure {
			x = c.together(v[:], 8)
			watched += c.watch(v[:])
		}
		put3(d2, d1, d0, i/4, x)
	}
	return watched
}

// together puts the codes of weights together that are not all sure.
func (c *Coder) together(w []byte, width int) (x uint64) {
	for i := 0; i < len(w); i += 4 {
		x |= c.of(float(w[i:])) << (i / 4 * width)
	}
	return x
}

// put3 writes the three lanes of x. It is written to be inlined.
func put3(d2, d1, d0 []byte, at int, x uint64) {
	binary.LittleEndian.PutUint16(d2[at:], uint16(x>>(2*Lane)))
	binary.LittleEndian.PutUint16(d1[at:], uint16(x>>Lane))
	binary.LittleEndian.PutUint16(d0[at:], uint16(x))
}

// Error returns the squared error of weights in one part, as [Grid.Error] does, but
// in four interleaved sums, as package measure adds up. The weights are float32 as
// files have them, little endian.
func (c *Coder) Error(w []byte) float64 {
	t := c.values
	var s0, s1, s2, s3 float64
	for ; len(w) >= 16; w = w[16:] {
		v := (*[16]byte)(w)
		q0, q1 := t[binary.LittleEndian.Uint16(v[2:])], t[binary.LittleEndian.Uint16(v[6:])]
		q2, q3 := t[binary.LittleEndian.Uint16(v[10:])], t[binary.LittleEndian.Uint16(v[14:])]
		v0, v1, v2, v3 := float(v[0:]), float(v[4:]), float(v[8:]), float(v[12:])
		if q := q0 + q1 + q2 + q3; q != q { // one of them is unsure, or they are very large
			q0, q1, q2, q3 = c.value(v0), c.value(v1), c.value(v2), c.value(v3)
		}
		d0, d1, d2, d3 := float64(v0)-float64(q0), float64(v1)-float64(q1), float64(v2)-float64(q2), float64(v3)-float64(q3)
		s0 += float64(d0 * d0)
		s1 += float64(d1 * d1)
		s2 += float64(d2 * d2)
		s3 += float64(d3 * d3)
	}
	for ; len(w) >= 4; w = w[4:] {
		d := float64(float(w)) - float64(c.value(float(w)))
		s0 += float64(d * d)
	}
	return (s0 + s1) + (s2 + s3)
}

// value returns what the code of a weight in one part stands for.
func (c *Coder) value(w float32) float32 {
	code := [1]uint8{uint8(c.of(w))}
	var value [1]float32
	c.grid.Decode(value[:], code[:])
	return value[0]
}

func (c *Coder) makeValues() {
	c.values = new([1 << 16]float32)
	var of [256]float32
	for code := range of {
		c.grid.Decode(of[code:code+1], []uint8{uint8(code)})
	}
	for p, x := range c.table {
		if c.values[p] = of[uint8(x)]; x >= unsure {
			c.values[p] = float32(math.NaN())
		}
	}
}

func prefix(w float32) uint32 { return math.Float32bits(w) >> 16 }
