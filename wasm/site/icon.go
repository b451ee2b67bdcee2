package site

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
)

// bars are the three parts of public/icon.svg: their colours, and where they
// stand in a square of 32 by 32.
var bars = []struct {
	colour color.RGBA
	where  image.Rectangle
}{
	{color.RGBA{0x00, 0x72, 0xb2, 0xff}, image.Rect(4, 16, 10, 26)},
	{color.RGBA{0x7a, 0x7a, 0x7a, 0xff}, image.Rect(13, 6, 19, 26)},
	{color.RGBA{0xd5, 0x5e, 0x00, 0xff}, image.Rect(22, 20, 28, 26)},
}

// icon draws public/icon.svg as a PNG of size by size pixels, for the screens
// of phones and desktops. All of it is filled, and the bars are three quarters
// as large, since systems cut such icons to a circle or another shape.
func icon(size int) ([]byte, error) {
	margin := image.Pt(size/8, size/8)
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White})
	for i, b := range bars {
		picture.Palette = append(picture.Palette, b.colour)
		at := image.Rectangle{b.where.Min.Mul(3 * size).Div(4 * 32), b.where.Max.Mul(3 * size).Div(4 * 32)}.Add(margin)
		draw.Draw(picture, at, image.NewUniform(picture.Palette[i+1]), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	err := png.Encode(&b, picture)
	return b.Bytes(), err
}
