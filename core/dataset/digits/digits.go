package digits

import (
	"math"
	"math/rand/v2"
)

// Size is the width and height of an image in pixels.
const Size = 28

// The test set is the first TestCount images of TestSeed. Whoever trains on
// drawn digits uses another seed.
const (
	TestSeed  = 2501_12428
	TestCount = 2000
)

// Image is a gray picture, row by row from the top: 0 is paper, 255 is ink.
type Image [Size * Size]uint8

// Float32 returns the pixels as a network takes them, divided by 255.
func (m *Image) Float32() [Size * Size]float32 {
	var f [Size * Size]float32
	for i, v := range m {
		f[i] = float32(v) / 255
	}
	return f
}

// Draw returns image number index of the endless sequence that seed names, and
// the digit it shows: index modulo 10, so that any ten images in a row hold
// every digit once. Index must not be negative.
func Draw(seed uint64, index int) (image Image, label int) {
	label = index % 10
	return newHand(seed, index).draw(styles[label]), label
}

// hand is a writer: where its pen goes depends on nothing but seed and index.
type hand struct{ random *rand.PCG }

func newHand(seed uint64, index int) hand {
	return hand{rand.NewPCG(seed, uint64(index))}
}

// between returns a number in [lo, hi). A product is converted before it is
// added to, here and below, because the language lets a compiler fuse the two
// into one rounding otherwise, and some do.
func (h hand) between(lo, hi float64) float64 {
	u := float64(h.random.Uint64()>>11) / (1 << 53)
	return lo + float64(u*(hi-lo))
}

// shake returns a number in (-size, size), more often near 0.
func (h hand) shake(size float64) float64 {
	return h.between(-size, size)/2 + h.between(-size, size)/2
}

// draw writes one of the glyphs.
func (h hand) draw(glyphs []glyph) Image {
	g := glyphs[h.random.Uint64()%uint64(len(glyphs))]
	place := h.affine()
	var paper canvas
	paper.clear()
	for _, s := range g {
		paper.line(curve(h.wobble(s, place)))
	}
	return h.ink(&paper)
}

// affine returns a map from the box of the glyphs to pixels: scale, then shear,
// then a rotation by at most 20 degrees, then a shift. Cosine and sine come
// from the tangent of the half angle, since those of package math differ
// between processors in the last bit.
func (h hand) affine() func(point) point {
	height := h.between(13, 22)
	width := height * h.between(0.55, 0.95)
	shear := h.shake(0.5)
	t := h.shake(0.18)
	t2 := float64(t * t)
	cos, sin := (1-t2)/(1+t2), 2*t/(1+t2)
	dx, dy := h.shake(4), h.shake(4)
	return func(p point) point {
		x := (p.x/boxWidth - 0.5) * width
		y := (p.y/boxHeight - 0.5) * height
		x -= float64(shear * y)
		return point{
			Size/2 + dx + float64(cos*x) - float64(sin*y),
			Size/2 + dy + float64(sin*x) + float64(cos*y),
		}
	}
}

// wobble moves every control point a little and places it. A corner, written as
// the same point twice, stays a corner.
func (h hand) wobble(s stroke, place func(point) point) stroke {
	moved := make(stroke, len(s))
	for i, p := range s {
		if i > 0 && p == s[i-1] {
			moved[i] = moved[i-1]
			continue
		}
		moved[i] = place(point{p.x + h.shake(1.8), p.y + h.shake(1.8)})
	}
	return moved
}

// curve returns points along the quadratic B-spline of the control points,
// which starts at the first and ends at the last of them.
func curve(s stroke) stroke {
	const steps = 6
	from := s[0]
	path := stroke{from}
	for i := 1; i < len(s)-1; i++ {
		to := s[i+1]
		if i+1 < len(s)-1 {
			to = point{(s[i].x + to.x) / 2, (s[i].y + to.y) / 2}
		}
		for j := 1; j <= steps; j++ {
			t := float64(j) / steps
			path = append(path, mix(mix(from, s[i], t), mix(s[i], to, t), t))
		}
		from = to
	}
	return append(path, s[len(s)-1])
}

func mix(a, b point, t float64) point {
	return point{a.x + float64(t*(b.x-a.x)), a.y + float64(t*(b.y-a.y))}
}

// canvas holds the squared distance of each pixel's centre to the nearest line,
// exact up to reach pixels.
type canvas [Size * Size]float64

const reach = 4

func (c *canvas) clear() {
	for i := range c {
		c[i] = reach * reach
	}
}

func (c *canvas) line(path stroke) {
	for i := 1; i < len(path); i++ {
		c.segment(path[i-1], path[i])
	}
}

func (c *canvas) segment(a, b point) {
	x0, x1 := pixels(a.x, b.x)
	y0, y1 := pixels(a.y, b.y)
	dx, dy := b.x-a.x, b.y-a.y
	length2 := float64(dx*dx) + float64(dy*dy)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			px, py := float64(x)+0.5-a.x, float64(y)+0.5-a.y
			if length2 > 0 {
				t := (float64(px*dx) + float64(py*dy)) / length2
				t = min(max(t, 0), 1)
				px -= float64(t * dx)
				py -= float64(t * dy)
			}
			d := &c[y*Size+x]
			*d = min(*d, float64(px*px)+float64(py*py))
		}
	}
}

// pixels returns the range of pixels within reach of a segment from a to b
// along one axis.
func pixels(a, b float64) (first, end int) {
	first = int(max(min(a, b)-reach, 0))
	end = int(min(max(a, b)+reach+1, Size))
	return first, end
}

// ink returns the picture: a pen of random width, softness and darkness, on
// paper with random grain. Rounding to bytes comes last.
func (h hand) ink(c *canvas) Image {
	radius := h.between(0.7, 1.9)
	soft := h.between(0.7, 1.5)
	dark := h.between(0.6, 1)
	grain := h.between(0, 0.3)
	var m Image
	for i, d2 := range c {
		v := (radius-math.Sqrt(d2))/soft + 0.5
		v = float64(min(max(v, 0), 1) * dark)
		v += h.shake(grain)
		m[i] = uint8(float64(min(max(v, 0), 1)*255) + 0.5)
	}
	return m
}
