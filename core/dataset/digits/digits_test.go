package digits

import (
	"crypto/sha256"
	"fmt"
	"math"
	"testing"
)

// The hash was taken on amd64 and is the same with GOAMD64=v3 and on arm64,
// where the compiler may fuse products into sums, on 386 and in WebAssembly.
func TestSameImagesEverywhere(t *testing.T) {
	hash := sha256.New()
	for i := range 100 {
		image, _ := Draw(1, i)
		hash.Write(image[:])
	}
	const want = "2db98c5f04981fc7d0c2589789035139fd7c4c6adff25865339e626338190941"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != want {
		t.Errorf("the first 100 images of seed 1 have SHA-256 %s, want %s", got, want)
	}
}

func TestLabelsAndImages(t *testing.T) {
	seen := map[Image]string{}
	for seed := range uint64(3) {
		for i := range 500 {
			image, label := Draw(seed, i)
			if label != i%10 {
				t.Fatalf("image %d has label %d", i, label)
			}
			name := fmt.Sprintf("seed %d image %d", seed, i)
			if other, ok := seen[image]; ok {
				t.Errorf("%s equals %s", name, other)
			}
			seen[image] = name
		}
	}
}

// Every way to write every digit must be drawn, and lie near the middle.
func TestEveryStyle(t *testing.T) {
	for label, glyphs := range styles {
		for g := range glyphs {
			for seed := range uint64(50) {
				image := newHand(seed, 0).draw(glyphs[g : g+1])
				var ink, x, y float64
				for i, v := range image {
					if v > 100 {
						ink++
						x += float64(i%Size) + 0.5
						y += float64(i/Size) + 0.5
					}
				}
				if ink < 12 || ink > 400 {
					t.Errorf("digit %d style %d seed %d: %v pixels of ink", label, g, seed, ink)
				}
				if d := math.Hypot(x/ink-Size/2, y/ink-Size/2); d > 8 {
					t.Errorf("digit %d style %d seed %d: its middle is %.1f pixels off", label, g, seed, d)
				}
			}
		}
	}
}

func TestFloat32(t *testing.T) {
	image := Image{0: 0, 1: 51, 783: 255}
	f := image.Float32()
	if f[0] != 0 || f[1] != 0.2 || f[783] != 1 {
		t.Errorf("0, 51, 255 became %v, %v, %v, want 0, 0.2, 1", f[0], f[1], f[783])
	}
}

// Two control points make a line, three a parabola through (a + 2b + c) / 4,
// and the same point twice a corner that the curve goes through.
func TestCurve(t *testing.T) {
	a, b, c := point{0, 0}, point{4, 8}, point{8, 0}
	for _, test := range []struct {
		name    string
		control stroke
		through point
		at      float64 // of the curve's length in steps
	}{
		{"line start", stroke{a, c}, a, 0},
		{"line end", stroke{a, c}, c, 1},
		{"parabola start", stroke{a, b, c}, a, 0},
		{"parabola middle", stroke{a, b, c}, point{4, 4}, 0.5},
		{"parabola end", stroke{a, b, c}, c, 1},
		{"corner", stroke{a, b, b, c}, b, 0.5},
	} {
		path := curve(test.control)
		if got := path[int(test.at*float64(len(path)-1))]; got != test.through {
			t.Errorf("%s: %v, want %v", test.name, got, test.through)
		}
	}
}

// The oracle is the nearest of many points along the segment.
func TestSegment(t *testing.T) {
	for _, s := range [][2]point{
		{{5, 5}, {20, 12}}, {{14, 3}, {14, 25}}, {{9.3, 9.7}, {9.3, 9.7}}, {{-3, 30}, {2, 24}}, {{40, 40}, {50, 50}},
	} {
		var c canvas
		c.clear()
		c.segment(s[0], s[1])
		for i, d2 := range c {
			want := float64(reach)
			for k := range 1001 {
				p := mix(s[0], s[1], float64(k)/1000)
				want = min(want, math.Hypot(float64(i%Size)+0.5-p.x, float64(i/Size)+0.5-p.y))
			}
			if got := math.Sqrt(d2); math.Abs(got-want) > 1e-3 {
				t.Errorf("segment %v, pixel %d, %d: distance %v, want %v", s, i%Size, i/Size, got, want)
			}
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for i := range b.N {
		Draw(1, i)
	}
}
