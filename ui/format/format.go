package format

import (
	"html"
	"math"
	"strconv"
	"strings"
	"time"

	"splitquant/ui/words"
)

const (
	space = "\u00a0" // does not break
	minus = "\u2212"

	// None stands where there is no number.
	None = "\u2013"
)

// Bytes writes a size in decimal units with three digits: 512 bytes, 8.04 kB,
// 17.2 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return Plural(n, "byte", "bytes")
	}
	x := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB"} {
		x /= 1000
		if x < 999.5 || unit == "TB" {
			return threeDigits(x) + space + unit
		}
	}
	panic("unreachable")
}

// threeDigits writes x >= 0 with three digits, more if it has a larger whole
// part.
func threeDigits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// Count writes n with a comma between thousands.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = minus, s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Plural writes n with the word that fits it.
func Plural(n int64, one, many words.Text) string {
	if n == 1 {
		return Count(n) + space + words.T(one)
	}
	return Count(n) + space + words.T(many)
}

// Real writes a weight with three significant digits.
func Real(x float64) string {
	a := math.Abs(x)
	var s string
	switch {
	case math.IsNaN(x):
		return words.T("not a number")
	case math.IsInf(x, 0):
		s = words.T("infinite")
	case a == 0:
		return "0"
	case a < 0.0009995 || a >= 99950:
		s = strconv.FormatFloat(a, 'e', 2, 64)
		s = strings.Replace(s, "e-0", "e-", 1)
		s = strings.Replace(s, "e+0", "e+", 1)
		s = strings.Replace(s, "-", minus, 1)
	default:
		digits := 2 - int(math.Floor(math.Log10(a)))
		s = strconv.FormatFloat(a, 'f', min(max(digits, 0), 6), 64)
	}
	if x < 0 {
		return minus + s
	}
	return s
}

// Range writes the span from lo to hi.
func Range(lo, hi float64) string { return words.F("%s to %s", Real(lo), Real(hi)) }

// Decibel writes a signal-to-noise ratio; db is nil where there is none,
// which with exact means that there is no noise.
func Decibel(db *float64, exact bool) string {
	switch {
	case db == nil && exact:
		return words.T("exact")
	case db == nil:
		return None
	}
	return signed(*db, 2) + space + "dB"
}

// Bits writes stored bits per weight.
func Bits(x float64) string {
	if x == 0 {
		return None
	}
	return words.F("%.2f\u00a0bits", x)
}

// Percent writes part of whole; None if there is no whole.
func Percent(part, whole float64) string {
	if whole == 0 {
		return None
	}
	p := 100 * part / whole
	decimals := 0
	if a := math.Abs(p); a < 9.95 && a > 0 {
		decimals = 1
	}
	return signed(p, decimals) + space + "%"
}

func signed(x float64, decimals int) string {
	return strings.Replace(strconv.FormatFloat(x, 'f', decimals, 64), "-", minus, 1)
}

// Shape writes dimensions: 64 × 3 × 3 × 3.
func Shape(dims []int64) string {
	if len(dims) == 0 {
		return words.T("scalar")
	}
	s := make([]string, len(dims))
	for i, d := range dims {
		s[i] = strconv.FormatInt(d, 10)
	}
	return strings.Join(s, space+"×"+space)
}

// TimeLeft says how long the rest takes when the share done took so long;
// empty while it is too early to say.
func TimeLeft(done float64, took time.Duration) string {
	if done < 0.02 || done > 1 || took < 3*time.Second {
		return ""
	}
	left := float64(took) * (1 - done) / done
	seconds := int(math.Ceil(left / float64(time.Second)))
	switch {
	case seconds < 1:
		return ""
	case seconds < 90:
		return words.F("about %d\u00a0s left", seconds)
	case seconds < 90*60:
		return words.F("about %d\u00a0min left", (seconds+30)/60)
	}
	return words.F("about %d\u00a0h left", (seconds+1800)/3600)
}

// Seconds writes how long something took.
func Seconds(s float64) string {
	switch {
	case s < 0.05:
		return words.T("under 0.1\u00a0s")
	case s < 10:
		return words.F("%.1f\u00a0s", s)
	case s < 90:
		return words.F("%.0f\u00a0s", s)
	}
	return words.F("%.1f\u00a0min", s/60)
}

// Short cuts the middle out of a name longer than most characters: the ends
// of a layer's name say most.
func Short(name string, most int) string {
	r := []rune(name)
	if len(r) <= most {
		return name
	}
	tail := most / 2
	return string(r[:most-tail-1]) + "…" + string(r[len(r)-tail:])
}

// Name shortens the name of a file or layer to what the page has room for.
func Name(name string) string { return Short(name, 80) }

// Breakable returns a name as HTML that may be broken into lines where its
// parts end, and that is still copied as it is.
func Breakable(name string) string {
	return parts.Replace(html.EscapeString(name))
}

var parts = strings.NewReplacer("/", "/<wbr>", ".", ".<wbr>", "_", "_<wbr>")

// Times writes how many times larger one size is than another: 8.2.
func Times(larger, smaller float64) string {
	if smaller == 0 {
		return None
	}
	return strconv.FormatFloat(larger/smaller, 'f', 1, 64)
}

// Signed writes a change, with its sign and one decimal.
func Signed(x float64) string {
	if x > 0 {
		return "+" + signed(x, 1)
	}
	return signed(x, 1)
}
