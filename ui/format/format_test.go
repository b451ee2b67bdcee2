package format

import (
	"math"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.00 kB", 8044: "8.04 kB", 9995: "10.0 kB", 99_949: "99.9 kB", 99_950: "100 kB",
		999_499: "999 kB", 999_500: "1.00 MB", 17_232_001: "17.2 MB", 2_500_000_000: "2.50 GB", 3_000_000_000_000_000: "3000 TB",
	} {
		check(t, Bytes(n), want)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 25450: "25,450", 1234567: "1,234,567", -1000: "−1,000"} {
		check(t, Count(n), want)
	}
}

func TestReal(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1: "1.00", -0.5: "−0.500", 0.01234: "0.0123", 0.001: "0.00100", 0.0001234: "1.23e−4", 123.4: "123", 12.34: "12.3",
		99_949: "99949", 99_950: "1.00e+5", -1e-12: "−1.00e−12", math.Inf(-1): "−infinite",
	} {
		check(t, Real(x), want)
	}
	check(t, Real(math.NaN()), "not a number")
	check(t, Range(-1, 2), "−1.00 to 2.00")
}

func TestDecibel(t *testing.T) {
	x := -3.456
	check(t, Decibel(&x, false), "−3.46 dB")
	check(t, Decibel(nil, true), "exact")
	check(t, Decibel(nil, false), "–")
}

func TestSmall(t *testing.T) {
	check(t, Bits(6.0125), "6.01 bits")
	check(t, Bits(0), "–")
	check(t, Percent(1, 8), "12 %")
	check(t, Percent(1, 80), "1.2 %")
	check(t, Percent(-1, 80), "−1.2 %")
	check(t, Percent(1, 0), "–")
	check(t, Shape([]int64{64, 3, 3}), "64 × 3 × 3")
	check(t, Shape(nil), "scalar")
	check(t, Seconds(0.44), "0.4 s")
	check(t, Seconds(12.6), "13 s")
	check(t, Seconds(120), "2.0 min")
	check(t, Breakable("/a.<b>_c"), "/<wbr>a.<wbr>&lt;b&gt;_<wbr>c")
	check(t, Short("abcdef", 6), "abcdef")
	check(t, Short("äbcdefg", 6), "äb…efg")
}

func TestTimeLeft(t *testing.T) {
	for _, c := range []struct {
		done float64
		took time.Duration
		want string
	}{
		{0, time.Minute, ""},
		{0.5, time.Second / 2, ""},
		{0.01, time.Minute, ""},
		{0.5, 10 * time.Second, "about 10 s left"},
		{0.25, 30 * time.Second, "about 2 min left"}, // 90 s
		{0.1, 30 * time.Minute, "about 5 h left"},    // 4.5 h
		{1, time.Minute, ""},
	} {
		check(t, TimeLeft(c.done, c.took), c.want)
	}
}

func check(t *testing.T, got, want string) {
	t.Helper()
	plain := ""
	for _, r := range got {
		if r == '\u00a0' {
			r = ' '
		}
		plain += string(r)
	}
	if plain != want {
		t.Errorf("got %q, want %q", plain, want)
	}
}
