package message

import (
	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/report"
)

// Describe describes a model in a file of so many bytes.
func Describe(m *model.Model, bytes int64) *ModelInfo {
	info := &ModelInfo{
		Model:    report.Model{Format: m.Format, Version: m.Version, Producer: m.Producer, Parameters: m.Parameters},
		Bytes:    bytes,
		Guessed:  m.Guessed,
		Layers:   make([]LayerInfo, len(m.Layers)),
		Warnings: m.Warnings,
		Open:     evaluate.Open(m.Inputs),
	}
	for i := range m.Layers {
		l := &m.Layers[i]
		d := LayerInfo{Name: l.Name, Op: l.Op, Kind: string(l.Kind), Shape: l.Shape, Parameters: l.Parameters(), Skipped: l.Skipped}
		if l.Weight != nil {
			d.Type = l.Weight.Type.String()
		}
		info.Layers[i] = d
	}
	return info
}
