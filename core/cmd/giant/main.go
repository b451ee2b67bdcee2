// Command giant writes a synthetic checkpoint of the shape of Llama-3.2-1B: 146
// tensors with 1.24 billion bfloat16 weights, 2.5 GB of safetensors. The values mean
// nothing; each tensor has a scale of its own and heavy tails, as real weights have.
// They come from a seed alone: the file is the same everywhere.
//
//	giant -o giant.safetensors
//	giant -o small.safetensors -share 64 # a 64th of the rows of every matrix
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
)

func main() {
	out := flag.String("o", "", "the `FILE` to write")
	share := flag.Int64("share", 1, "write one of so many rows of every matrix")
	flag.Parse()
	if err := run(*out, *share); err != nil {
		fmt.Fprintln(os.Stderr, "giant:", err)
		os.Exit(1)
	}
}

func run(path string, share int64) error {
	if path == "" || share < 1 {
		return fmt.Errorf("want -o FILE, and a share of 1 or more")
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w, tensors(share))
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// A tensor of the checkpoint.
type tensor struct {
	name  string
	shape []int64
}

func (t tensor) elems() int64 {
	n := int64(1)
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// tensors lists those of Llama-3.2-1B, with one of share rows of every matrix.
func tensors(share int64) (all []tensor) {
	add := func(name string, shape ...int64) {
		if len(shape) == 2 {
			shape[0] = (shape[0] + share - 1) / share
		}
		all = append(all, tensor{"model." + name + ".weight", shape})
	}
	add("embed_tokens", 128256, 2048)
	for i := range 16 {
		layer := fmt.Sprintf("layers.%d.", i)
		add(layer+"input_layernorm", 2048)
		add(layer+"mlp.down_proj", 2048, 8192)
		add(layer+"mlp.gate_proj", 8192, 2048)
		add(layer+"mlp.up_proj", 8192, 2048)
		add(layer+"post_attention_layernorm", 2048)
		add(layer+"self_attn.k_proj", 512, 2048)
		add(layer+"self_attn.o_proj", 2048, 2048)
		add(layer+"self_attn.q_proj", 2048, 2048)
		add(layer+"self_attn.v_proj", 512, 2048)
	}
	add("norm", 2048)
	return all
}

// write writes a safetensors file: the length of the header in 8 bytes, the header
// in JSON, and the tensors one after another.
func write(w io.Writer, all []tensor) error {
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	end := int64(0)
	for _, t := range all {
		from := end
		end += 2 * t.elems()
		header[t.name] = map[string]any{"dtype": "BF16", "shape": t.shape, "data_offsets": []int64{from, end}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(text))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	buffer := make([]byte, 1<<16)
	for i, t := range all {
		g := newGenerator(uint64(i), len(t.shape) == 1)
		for left := 2 * t.elems(); left > 0; left -= int64(len(buffer)) {
			buffer = buffer[:min(int64(cap(buffer)), left)]
			g.fill(buffer)
			if _, err := w.Write(buffer); err != nil {
				return err
			}
		}
		buffer = buffer[:cap(buffer)]
	}
	return nil
}

// A generator draws weights.
type generator struct {
	state uint64
	scale float32 // of a weight that is no outlier
	mean  float32 // 1 for the weights of a norm
}

func newGenerator(seed uint64, norm bool) *generator {
	g := &generator{state: seed * 0x9e3779b97f4a7c15}
	g.scale = 0.01 + 0.03*float32(g.next()>>40)*0x1p-24
	if norm {
		g.mean, g.scale = 1, 0.1
	}
	return g
}

// next returns 64 random bits (splitmix64).
func (g *generator) next() uint64 {
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill fills dst with bfloat16 weights: the sum of eight bytes is about normally
// distributed with a deviation of 209, and one of 512 weights is twice as large, one of
// 1024 four times, and one of 1024 eight times.
func (g *generator) fill(dst []byte) {
	const even = 0x00ff00ff00ff00ff
	for i := 0; i+2 <= len(dst); i += 2 {
		x := g.next()
		sum := ((x&even)+(x>>8&even))*0x0001000100010001>>48 - 8*255/2
		v := float32(int64(sum)) * g.scale / 209
		if y := x * 0xd6e8feb86659fd93 >> 48; y < 256 {
			v *= float32(int(1) << min(1+bits.LeadingZeros8(uint8(y)), 3))
		}
		b := math.Float32bits(v + g.mean)
		binary.LittleEndian.PutUint16(dst[i:], uint16((b+0x7fff+b>>16&1)>>16))
	}
}
