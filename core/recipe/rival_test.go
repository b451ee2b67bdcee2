package recipe

import (
	"slices"
	"strings"
	"testing"
)

func TestRivals(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		bits   float64
		want   string
	}{
		{func(*Options) {}, 6, "plain 2 plain, plain size 4 plain, resolution 2 layers, residual 2 layers"},
		{func(o *Options) { o.Form = "codebook" }, 4.01, "plain 2 plain, plain size 4 plain, resolution 2 codebook, residual 2 summed"},
		{func(o *Options) { o.Strategy, o.Form = "none", "plain" }, 2, "kmeans 2 summed, resolution 2 summed, residual 2 summed"},
		{func(o *Options) { o.Bits, o.Parts, o.Strategy = 4, 4, "resolution" }, 16, "plain 4 plain, plain size 8 plain, kmeans 4 layers, residual 4 layers"},
		{func(o *Options) { o.Form = "float" }, 96, "plain 2 plain, plain size 8 plain, kmeans 2 summed, resolution 2 summed, residual 2 summed"},
	} {
		o := Defaults()
		c.change(&o)
		var got []string
		for _, r := range o.Rivals(c.bits) {
			if err := r.Options.Validate(); err != nil {
				t.Errorf("%v: %s: %v", o, r.Name, err)
			}
			got = append(got, r.Name+" "+string(rune('0'+r.Options.Bits))+" "+r.Options.Form)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%v at %v bits:\ngot  %s\nwant %s", o, c.bits, strings.Join(got, ", "), c.want)
		}
	}
}

// Layers that are left out are left out of every rival.
func TestRivalsKeepTheLayers(t *testing.T) {
	o := Defaults()
	o.Exclude = []string{"fc*"}
	for _, r := range o.Rivals(6) {
		if !slices.Equal(r.Options.Exclude, o.Exclude) {
			t.Errorf("%s excludes %v", r.Name, r.Options.Exclude)
		}
	}
}
