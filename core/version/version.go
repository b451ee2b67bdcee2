// Package version holds the number of this version of SplitQuant.
//
// It is a constant in the source, never set by the build, so that the same
// source writes the same bytes: results carry it in their metadata.
package version

// Version is this version's number, as semver.org orders them.
const Version = "0.1.0"
