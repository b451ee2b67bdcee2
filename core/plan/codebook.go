package plan

import (
	"context"

	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// codebook reports whether the weight becomes indices into a table.
func (u *Unit) codebook() bool {
	return u.Options.Palette != 0 || u.Split && u.Options.Form == "codebook"
}

// learnCodebook makes the table of a weight, which lies in rows.
func (u *Unit) learnCodebook(values []float32, clip quant.Clip) (c *split.Codebook, err error) {
	rows, o := u.grids(), u.Options
	switch {
	case o.Palette != 0 && clip.MSE:
		c, err = split.AlternatingPalette(values, rows, o.Palette)
	case o.Palette != 0:
		c, err = split.Palette(values, rows, o.Palette)
	case clip.MSE:
		c, err = split.FittedCodebook(values, rows, o.Parts, o.Bits)
	case o.Strategy == "resolution":
		c, err = split.ResolutionCodebook(values, rows, o.Parts, o.Bits)
	default:
		c, err = split.KMeansCodebook(values, rows, o.Parts, o.Bits)
	}
	if err == nil {
		c.HalfScales()
	}
	return c, err
}

// tableSize is the largest number of values that the table can have.
func (u *Unit) tableSize() int {
	if u.Options.Palette != 0 {
		return u.Options.Palette
	}
	return u.Options.Parts << u.Options.Bits
}

// indexType is the narrowest type that holds indices into a table of n values.
func indexType(n int) tensor.Type {
	switch {
	case n <= 16:
		return tensor.Uint4
	case n <= 256:
		return tensor.Uint8
	}
	return tensor.Uint16
}

// codebook makes the weight's indices, decodes them again and measures.
func (s *source) codebook(ctx context.Context, l *Learned) (*Encoded, error) {
	u := s.u
	_, values, err := s.all()
	if err != nil {
		return nil, err
	}
	values = u.toRows(values)
	c, n := l.Codebook, len(values)/u.grids()
	typ := indexType(len(c.Table))
	indices := make([]uint16, len(values))
	for r := range u.grids() {
		split.Indices(c, indices[r*n:(r+1)*n], values[r*n:(r+1)*n], r)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outer, dim, inner := u.runs()
	packed := packIndices(inOrder(indices, dim, outer, inner), typ)
	out := &Encoded{Parts: [][]byte{packed}}

	// As with grids, what is reported comes from the packed bytes.
	clear(indices)
	unpackIndices(indices, packed, typ)
	indices = inOrder(indices, outer, dim, inner)
	decoded, plain, codes := make([]float32, min(chunk, n)), make([]float32, min(chunk, n)), make([]uint8, min(chunk, n))
	for r := range u.grids() {
		grid := l.Plain[min(r, len(l.Plain)-1)]
		for at := r * n; at < (r+1)*n; at += chunk {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			w := values[at:min(at+chunk, (r+1)*n)]
			split.Values(c, decoded[:len(w)], indices[at:at+len(w)], r)
			out.Noise = append(out.Noise, noiseOf(w, decoded[:len(w)]))
			out.Outlier.see(w, decoded, l.most())
			grid.Encode(codes[:len(w)], w)
			grid.Decode(plain[:len(w)], codes[:len(w)])
			out.Plain = append(out.Plain, noiseOf(w, plain[:len(w)]))
			out.Plainly.see(w, plain, l.most())
		}
	}
	return out, nil
}

// inOrder exchanges the first two axes of indices of shape [outer, dim, inner].
func inOrder(indices []uint16, outer, dim, inner int) []uint16 {
	if outer == 1 || dim == 1 {
		return indices
	}
	dst := make([]uint16, len(indices))
	tensor.SwapAxes(dst, indices, outer, dim, inner)
	return dst
}

// packIndices stores indices as elements of typ.
func packIndices(indices []uint16, typ tensor.Type) []byte {
	if typ == tensor.Uint16 {
		dst := make([]byte, 2*len(indices))
		for i, v := range indices {
			dst[2*i], dst[2*i+1] = byte(v), byte(v>>8)
		}
		return dst
	}
	codes := make([]uint8, len(indices))
	for i, v := range indices {
		codes[i] = uint8(v)
	}
	dst := make([]byte, (len(codes)*typ.Bits()+7)/8)
	tensor.Pack(dst, codes, typ.Bits())
	return dst
}

// unpackIndices undoes packIndices.
func unpackIndices(dst []uint16, src []byte, typ tensor.Type) {
	if typ == tensor.Uint16 {
		for i := range dst {
			dst[i] = uint16(src[2*i]) | uint16(src[2*i+1])<<8
		}
		return
	}
	codes := make([]uint8, len(dst))
	tensor.Unpack(codes, src, typ.Bits())
	for i, v := range codes {
		dst[i] = uint16(v)
	}
}
