package measure

// Summary describes the distribution of some values, for people to read.
type Summary struct {
	N, Zeros         int64
	Min, Max, AbsMax float64
	Mean, Std        float64
	Kurtosis         float64 // excess: 0 for a normal distribution
}

// Summarize describes values.
func Summarize(values []float32) Summary { panic("coming") }

// Moments gathers what a [Summary] needs from values that come in pieces.
type Moments struct {
	n, zeros         int64
	min, max         float64
	mean, m2, m3, m4 float64
}

// Add takes in more values.
func (m *Moments) Add(values []float32) { panic("coming") }

// Summary describes the values taken in so far.
func (m *Moments) Summary() Summary { panic("coming") }
