// Package rows is the table of measurements that ./build.sh bench prints, and keeps
// as JSON: several programs, each of which measures in a place of its own, put it
// together one after the other.
package rows

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Row is one measurement: the median, and the smallest and largest.
type Row struct {
	What   string  `json:"what"`
	Where  string  `json:"where"` // native, Node or Chromium
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
	Unit   string  `json:"unit"`
	Goal   string  `json:"goal,omitempty"`
}

// Of makes a row of all values that were measured. It sorts them.
func Of(what, where, unit, goal string, values []float64) Row {
	slices.Sort(values)
	return Row{what, where, values[len(values)/2], values[0], values[len(values)-1], unit, goal}
}

// Read returns the rows that Write wrote to a file, none where the name is empty.
func Read(file string) (all []Row, err error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	return all, err
}

// Write writes rows as JSON to a file, unless the name is empty.
func Write(file string, all []Row) error {
	if file == "" {
		return nil
	}
	data, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}

// Markdown returns the table of rows.
func Markdown(all []Row) string {
	var s strings.Builder
	s.WriteString("| what | where | median | spread | goal |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range all {
		fmt.Fprintf(&s, "| %s | %s | %s %s | %s to %s | %s |\n", r.What, r.Where, short(r.Median), r.Unit, short(r.Least), short(r.Most), r.Goal)
	}
	return s.String()
}

// short writes three digits.
func short(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
