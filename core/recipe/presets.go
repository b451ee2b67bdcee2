package recipe

// A Preset is a recipe with a name, for people who do not want to choose
// every option.
type Preset struct {
	Name    string
	Means   string // one sentence
	Options Options
}

// Presets returns the recipes worth starting from.
func Presets() []Preset {
	with := func(change func(*Options)) Options {
		o := Defaults()
		change(&o)
		return o
	}
	return []Preset{
		{"The paper", "INT2, three clusters, three layers: 6 bits for each weight", Defaults()},
		{"Best at 4 bits", "a palette of 16 values with a scale for each channel: about 4.1 bits for each weight", with(func(o *Options) {
			o.Palette, o.Granularity, o.Clip = 16, "channel", "mse"
		})},
		{"Same size, most faithful", "as many bits as the paper's three layers, spent on the digits of one code: as exact as INT6", with(func(o *Options) {
			o.Strategy, o.Form = "residual", "summed"
		})},
	}
}
