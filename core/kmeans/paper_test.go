package kmeans

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The oracle is ../shared/paper/results.json: the optimum of 3-means over each weight
// matrix, found there by dynamic programming, and the inertia of scikit-learn's KMeans
// for five seeds.
func TestPaperWeights(t *testing.T) {
	paper := filepath.Join(shared(t), "paper")
	text, err := os.ReadFile(filepath.Join(paper, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var results struct {
		Results map[string]struct {
			Clusters map[string]struct {
				Inertia     float64    `json:"exact_inertia"`
				Bounds      [2]float64 `json:"exact_bounds"`
				SeedInertia []float64  `json:"seed_inertia"`
			}
		}
	}
	if err := json.Unmarshal(text, &results); err != nil {
		t.Fatal(err)
	}
	layers := 0
	for model, file := range map[string]string{
		"emotion":                       "emotion/model.safetensors",
		"original_encoder_weights_only": "emotion_encoder_original.safetensors",
	} {
		data, err := os.ReadFile(filepath.Join(paper, file))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range results.Results[model].Clusters {
			layers++
			c, err := Optimal(tensor(t, data, name), 3)
			if err != nil {
				t.Fatal(err)
			}
			if !near(c.Inertia, want.Inertia, 1e-11) {
				t.Errorf("%s, %s: inertia %v, want %v", model, name, c.Inertia, want.Inertia)
			}
			for p, b := range c.Boundaries() {
				if math.Abs(float64(b)-want.Bounds[p]) > 1e-7 {
					t.Errorf("%s, %s: boundary %d is %v, want %v", model, name, p, b, want.Bounds[p])
				}
			}
			for seed, inertia := range want.SeedInertia {
				if inertia < c.Inertia*(1-1e-11) {
					t.Errorf("%s, %s: seed %d of scikit-learn reaches %v, below %v", model, name, seed, inertia, c.Inertia)
				}
			}
		}
	}
	if layers != 28 {
		t.Errorf("%d layers, want 28", layers)
	}
}

// tensor returns a float32 tensor of a safetensors file: eight bytes of header length, a
// JSON header with the offsets of each tensor, the data.
func tensor(t *testing.T, data []byte, name string) []float32 {
	t.Helper()
	n := binary.LittleEndian.Uint64(data)
	var header map[string]struct {
		DType   string
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(data[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	h, ok := header[name]
	if !ok || h.DType != "F32" {
		t.Fatalf("no float32 tensor %q", name)
	}
	raw := data[8+n:][h.Offsets[0]:h.Offsets[1]]
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values
}

// shared returns the folder of test material beside the repository, or skips the test.
func shared(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("../shared is not there: the weights and figures of the paper's models")
	}
	return dir
}
