package quant

import (
	"encoding/binary"
	"math"

	"splitquant/core/measure"
	"splitquant/core/tensor"
)

// A Decoder adds up what packed codes of several parts stand for, to see what they
// have made of the weights. It takes the bytes that are handed out, and looks up
// what each stands for.
type Decoder struct {
	width  int
	tables [][256][4]float32 // for each part and byte, the values

	// The codes at the same place in every part make an index of values, as long as
	// that has no more than indexBits.
	spread [][256]uint64 // for each part and byte, what its codes add to four indices of 16 bits
	values *[1 << indexBits]float64
}

const indexBits = 12

// NewDecoder makes the tables for parts with the given grids, in the order in
// which they are added.
func NewDecoder(grids []Grid) *Decoder {
	d := &Decoder{width: grids[0].Params().Type().Bits(), tables: make([][256][4]float32, len(grids))}
	n := 8 / d.width
	var codes [4]uint8
	for p, g := range grids {
		for b := range 256 {
			tensor.Unpack(codes[:n], []byte{byte(b)}, d.width)
			g.Decode(d.tables[p][b][:n], codes[:n])
		}
	}
	if d.width*len(grids) <= indexBits {
		d.makeIndex()
	}
	return d
}

func (d *Decoder) makeIndex() {
	parts, codes := len(d.tables), 1<<d.width
	d.spread, d.values = make([][256]uint64, parts), new([1 << indexBits]float64)
	for p := range d.spread {
		for b := range 256 {
			for i := range 8 / d.width {
				d.spread[p][b] |= uint64(b>>(i*d.width)%codes) << (p*d.width + 16*i)
			}
		}
	}
	for i := range 1 << (d.width * parts) {
		sum := d.tables[0][i%codes][0] // of the first code in a byte
		for p := 1; p < parts; p++ {
			sum += d.tables[p][i>>(p*d.width)%codes][0]
		}
		d.values[i] = float64(sum)
	}
}

// Decode writes the sum of the values of the codes, of which planes[p] holds those
// of part p, to dst.
func (d *Decoder) Decode(dst []float32, planes [][]byte) {
	n := 8 / d.width
	for p, plane := range planes {
		t := &d.tables[p]
		for i, b := range plane[:(len(dst)+n-1)/n] {
			to := dst[i*n : min(i*n+n, len(dst))]
			for k, v := range t[b][:len(to)] {
				if p > 0 {
					v += to[k]
				}
				to[k] = v
			}
		}
	}
}

// Value returns the sum of the values of the codes at one place.
func (d *Decoder) Value(planes [][]byte, i int) (sum float32) {
	n := 8 / d.width
	for p, plane := range planes {
		v := d.tables[p][plane[i/n]][i%n]
		if p > 0 {
			v += sum
		}
		sum = v
	}
	return sum
}

// Noise compares weights with what their codes stand for, as [measure.Noise.Add]
// does. The weights are up to [measure.Piece] float32 as files have them, little
// endian.
func (d *Decoder) Noise(w []byte, planes [][]byte) measure.Noise {
	return d.measure(w, planes, (*noiseSums).add)
}

// Error is Noise without the sum of the squares of the weights, for where that is
// known.
func (d *Decoder) Error(w []byte, planes [][]byte) measure.Noise {
	return d.measure(w, planes, (*noiseSums).addErrors)
}

func (d *Decoder) measure(w []byte, planes [][]byte, add func(s *noiseSums, values *[1 << indexBits]float64, w, indices []byte)) measure.Noise {
	n := len(w) / 4
	var s noiseSums
	if d.values == nil {
		values, kept := make([]float32, n), make([]float32, n)
		_ = tensor.Float32s(values, w, tensor.Float32) // of as many bytes as there must be
		d.Decode(kept, planes)
		var noise measure.Noise
		noise.Add(values, kept)
		return noise
	}
	const block = 1024 // weights whose indices stay in the fastest cache
	var indices [2 * block]byte
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		d.index(indices[:], planes, from*d.width/8, (to*d.width+7)/8)
		add(&s, d.values, w[4*from:4*to], indices[:])
	}
	return s.noiseOf(n)
}

// index writes the indices of values for the bytes from a to b of all planes, as
// integers of 16 bits.
func (d *Decoder) index(dst []byte, planes [][]byte, a, b int) {
	if len(planes) == 3 && d.width == 2 {
		t0, t1, t2 := &d.spread[0], &d.spread[1], &d.spread[2]
		p0, p1, p2 := planes[0][a:b], planes[1][a:b], planes[2][a:b]
		for len(p0) >= 4 && len(p1) >= 4 && len(p2) >= 4 {
			to, c0, c1, c2 := (*[32]byte)(dst), (*[4]byte)(p0), (*[4]byte)(p1), (*[4]byte)(p2)
			binary.LittleEndian.PutUint64(to[0:], t0[c0[0]]|t1[c1[0]]|t2[c2[0]])
			binary.LittleEndian.PutUint64(to[8:], t0[c0[1]]|t1[c1[1]]|t2[c2[1]])
			binary.LittleEndian.PutUint64(to[16:], t0[c0[2]]|t1[c1[2]]|t2[c2[2]])
			binary.LittleEndian.PutUint64(to[24:], t0[c0[3]]|t1[c1[3]]|t2[c2[3]])
			dst, p0, p1, p2 = dst[32:], p0[4:], p1[4:], p2[4:]
		}
		for i, c := range p0 {
			binary.LittleEndian.PutUint64(dst[8*i:], t0[c]|t1[p1[i]]|t2[p2[i]])
		}
		return
	}
	if len(planes) == 3 && d.width == 4 {
		t0, t1, t2 := &d.spread[0], &d.spread[1], &d.spread[2]
		p0, p1, p2 := planes[0][a:b], planes[1][a:b], planes[2][a:b]
		for i, c := range p0 {
			binary.LittleEndian.PutUint32(dst[4*i:], uint32(t0[c]|t1[p1[i]]|t2[p2[i]]))
		}
		return
	}
	for i := a; i < b; i++ {
		x := uint64(0)
		for p, plane := range planes {
			x |= d.spread[p][plane[i]]
		}
		switch at := (i - a) * 16 / d.width; d.width {
		case 2:
			binary.LittleEndian.PutUint64(dst[at:], x)
		case 4:
			binary.LittleEndian.PutUint32(dst[at:], uint32(x))
		default:
			binary.LittleEndian.PutUint16(dst[at:], uint16(x))
		}
	}
}

// noiseSums are the sums of package measure: of four interleaved rows of weights.
type noiseSums struct {
	signal, noise [4]float64
	worst         int64 // the bits of the largest squared error, whose order is that of the numbers
}

func (s *noiseSums) add(values *[1 << indexBits]float64, w, indices []byte) {
	s0, s1, s2, s3 := s.signal[0], s.signal[1], s.signal[2], s.signal[3]
	n0, n1, n2, n3 := s.noise[0], s.noise[1], s.noise[2], s.noise[3]
	worst := s.worst
	const last = 1<<indexBits - 1
	for ; len(w) >= 16; w, indices = w[16:], indices[8:] {
		v, x := (*[16]byte)(w), binary.LittleEndian.Uint64(indices)
		w0, w1, w2, w3 := float64(float(v[0:])), float64(float(v[4:])), float64(float(v[8:])), float64(float(v[12:]))
		d0, d1, d2, d3 := w0-values[x&last], w1-values[x>>16&last], w2-values[x>>32&last], w3-values[x>>48&last]
		e0, e1, e2, e3 := float64(d0*d0), float64(d1*d1), float64(d2*d2), float64(d3*d3)
		s0 += float64(w0 * w0)
		s1 += float64(w1 * w1)
		s2 += float64(w2 * w2)
		s3 += float64(w3 * w3)
		n0 += e0
		n1 += e1
		n2 += e2
		n3 += e3
		worst = max(worst, max(order(e0), order(e1)), max(order(e2), order(e3)))
	}
	for ; len(w) >= 4; w, indices = w[4:], indices[2:] {
		v := float64(float(w))
		d := v - values[binary.LittleEndian.Uint16(indices)&last]
		e := float64(d * d)
		s0 += float64(v * v)
		n0 += e
		worst = max(worst, order(e))
	}
	s.signal, s.noise, s.worst = [4]float64{s0, s1, s2, s3}, [4]float64{n0, n1, n2, n3}, worst
}

// addErrors is add without the signal.
func (s *noiseSums) addErrors(values *[1 << indexBits]float64, w, indices []byte) {
	n0, n1, n2, n3 := s.noise[0], s.noise[1], s.noise[2], s.noise[3]
	worst := s.worst
	const last = 1<<indexBits - 1
	for ; len(w) >= 32; w, indices = w[32:], indices[16:] {
		v, k := (*[32]byte)(w), (*[16]byte)(indices)
		x, y := binary.LittleEndian.Uint64(k[0:]), binary.LittleEndian.Uint64(k[8:])
		d0, d1 := float64(float(v[0:]))-values[x&last], float64(float(v[4:]))-values[x>>16&last]
		d2, d3 := float64(float(v[8:]))-values[x>>32&last], float64(float(v[12:]))-values[x>>48&last]
		e0, e1, e2, e3 := float64(d0*d0), float64(d1*d1), float64(d2*d2), float64(d3*d3)
		n0 += e0
		n1 += e1
		n2 += e2
		n3 += e3
		worst = max(worst, max(order(e0), order(e1)), max(order(e2), order(e3)))
		d0, d1 = float64(float(v[16:]))-values[y&last], float64(float(v[20:]))-values[y>>16&last]
		d2, d3 = float64(float(v[24:]))-values[y>>32&last], float64(float(v[28:]))-values[y>>48&last]
		e0, e1, e2, e3 = float64(d0*d0), float64(d1*d1), float64(d2*d2), float64(d3*d3)
		n0 += e0
		n1 += e1
		n2 += e2
		n3 += e3
		worst = max(worst, max(order(e0), order(e1)), max(order(e2), order(e3)))
	}
	s.noise, s.worst = [4]float64{n0, n1, n2, n3}, worst
	whole := len(w) / 16 * 4 // weights of another four
	for i := 0; 4*i < len(w); i++ {
		d := float64(float(w[4*i:])) - values[binary.LittleEndian.Uint16(indices[2*i:])&last]
		e := float64(d * d)
		s.worst = max(s.worst, order(e))
		if i < whole {
			s.noise[i%4] += e
		} else {
			s.noise[0] += e
		}
	}
}

// order returns the bits of a number from 0 on, which are ordered as the numbers
// are and whose maximum needs no branch.
func order(x float64) int64 { return int64(math.Float64bits(x)) }

func (s *noiseSums) noiseOf(n int) measure.Noise {
	return measure.Noise{
		Signal: (s.signal[0] + s.signal[1]) + (s.signal[2] + s.signal[3]),
		Noise:  (s.noise[0] + s.noise[1]) + (s.noise[2] + s.noise[3]),
		MaxAbs: math.Sqrt(math.Float64frombits(uint64(s.worst))), // the root of a rounded square is what was squared
		N:      int64(n),
	}
}
