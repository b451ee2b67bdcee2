package bar

import "splitquant/ui/words"

// What there is to know beside Run and Download.

const textUseTip words.Text = "Shows the code that loads the file."

// caution is why the run may not be worth it.
func (c *View) caution() string {
	switch {
	case c.S.Busy() || c.S.Blocked() != "":
	case c.S.Larger():
		return words.T("The result would be larger than the original.")
	case c.S.Worse() && (c.S.Result == nil || c.S.Outdated()):
		return words.F("Plain INT%d would keep more in no more room.", c.S.Comparison.Plain.Bits)
	}
	return ""
}

// needs is what runs the result.
func (c *View) needs() string {
	if c.S.Result == nil || c.S.Busy() || c.S.Result.Report.Needs == "" {
		return ""
	}
	return words.F("for %s", c.S.Result.Report.Needs)
}
