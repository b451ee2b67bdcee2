// Package format writes numbers the way the page shows them: short, with
// their unit, with a real minus sign, and with a space that does not break
// between number and unit.
package format
