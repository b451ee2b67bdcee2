package plan

import "splitquant/core/recipe"

// Settings are the ways to quantize that are worth comparing: what [Suggest]
// chooses from and [Frontier] shows. Every width with one scale and with one
// for each channel: plain, also with fitted ranges; split by each strategy; as
// a codebook, also with fitted levels; and palettes.
func Settings() []recipe.Rule {
	var settings []recipe.Rule
	for _, granularity := range []string{"tensor", "channel"} {
		add := func(r recipe.Rule) {
			r.Granularity = granularity
			settings = append(settings, r)
		}
		for _, bits := range []int{2, 3, 4, 5, 6, 8} {
			add(recipe.Rule{Bits: bits, Strategy: "none", Form: "plain"})
			add(recipe.Rule{Bits: bits, Strategy: "none", Form: "plain", Clip: "mse"})
			for _, strategy := range []string{"kmeans", "resolution", "residual"} {
				add(recipe.Rule{Bits: bits, Strategy: strategy, Form: "summed"})
			}
		}
		for _, bits := range []int{2, 3, 4} {
			add(recipe.Rule{Bits: bits, Strategy: "kmeans", Form: "codebook"})
			add(recipe.Rule{Bits: bits, Strategy: "resolution", Form: "codebook"})
			add(recipe.Rule{Bits: bits, Strategy: "resolution", Form: "codebook", Clip: "mse"})
		}
		add(recipe.Rule{Bits: 2, Strategy: "resolution", Form: "codebook", Clip: "mse", Parts: 4})
		add(recipe.Rule{Bits: 4, Palette: 16})
		add(recipe.Rule{Bits: 4, Palette: 16, Clip: "mse"})
	}
	return settings
}
