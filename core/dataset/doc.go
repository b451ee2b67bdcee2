// Package dataset reads labelled data to try models on.
package dataset
