package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"path"
	"slices"
	"strings"

	_ "image/gif" // formats that image.Decode knows
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"splitquant/core/archive"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// Images is a [Set] of pictures, each in the folder of its class. They are
// decoded when they are asked for.
type Images struct {
	pictures []picture
	names    []string
	pixels   Pixels
}

type picture struct {
	name  string
	label int
	open  func() (io.ReadCloser, error)
}

// pictureEndings are those of files that can be decoded.
var pictureEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"}

func isPicture(name string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(path.Ext(name))) && !hidden(name)
}

// hidden reports files that systems put into folders and archives.
func hidden(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// newImages makes a set of pictures. Their classes are the names of their
// folders in the order of the alphabet, or as the user says; pictures that are
// all in one folder have none.
func newImages(pictures []picture, classes []string, p Pixels) (*Images, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(pictures) == 0 {
		return nil, fmt.Errorf("there are no pictures (%s)", strings.Join(pictureEndings, ", "))
	}
	slices.SortFunc(pictures, func(a, b picture) int { return strings.Compare(a.name, b.name) })
	im := &Images{pictures: pictures, names: classes, pixels: p}
	var folders []string
	for _, p := range pictures {
		folders = append(folders, path.Base(path.Dir(p.name)))
	}
	different := slices.Compact(slices.Sorted(slices.Values(folders)))
	if len(different) == 1 && classes == nil {
		for i := range pictures {
			pictures[i].label = -1
		}
		return im, nil
	}
	if classes == nil {
		im.names = different
	}
	for i := range pictures {
		if pictures[i].label = slices.Index(im.names, folders[i]); pictures[i].label < 0 {
			return nil, fmt.Errorf("%s: folder %q is none of the classes %s", pictures[i].name, folders[i], strings.Join(classes, ", "))
		}
	}
	return im, nil
}

// zipped lists the pictures of a ZIP archive.
func zipped(a *archive.Archive) (pictures []picture) {
	for _, name := range a.Names() {
		if isPicture(name) {
			pictures = append(pictures, picture{name: name, open: func() (io.ReadCloser, error) {
				r, size, err := a.Entry(name)
				if err != nil {
					return nil, err
				}
				return io.NopCloser(io.NewSectionReader(r, 0, size)), nil
			}})
		}
	}
	return pictures
}

// loose lists the pictures among files.
func loose(files []File) (pictures []picture) {
	for _, f := range files {
		if isPicture(f.Name) {
			pictures = append(pictures, picture{name: f.Name, open: func() (io.ReadCloser, error) {
				return io.NopCloser(io.NewSectionReader(f.Data, 0, f.Size)), nil
			}})
		}
	}
	return pictures
}

// Len implements [Set].
func (im *Images) Len() int { return len(im.pictures) }

// Label implements [Set].
func (im *Images) Label(row int) int { return im.pictures[row].label }

// Classes implements [Set].
func (im *Images) Classes() []string { return im.names }

// Size implements [Set]. It stands for a picture of usual size: what the model
// makes of it is known only there.
func (im *Images) Size(int) int { return work(tensor.Shape{3, 224, 224}) }

// Title returns the name of the file.
func (im *Images) Title(row int) string { return im.pictures[row].name }

// Inputs implements [Set]. The model must have one input, of pictures.
func (im *Images) Inputs(rows []int, wants []ort.Info) (map[string]ort.Value, error) {
	want, err := single(wants)
	if err != nil {
		return nil, err
	}
	if len(want.Shape) != 4 {
		return nil, fmt.Errorf("the model does not take pictures: its input %q has shape %v", want.Name, want.Shape)
	}
	last := im.pixels.Layout == "nhwc" || im.pixels.Layout == "" && channels(want.Shape[3]) && !channels(want.Shape[1])
	colours, height, width := want.Shape[1], want.Shape[2], want.Shape[3]
	if last {
		colours, height, width = want.Shape[3], want.Shape[1], want.Shape[2]
	}
	if colours < 0 {
		colours = 3
	}
	if colours != 1 && colours != 3 {
		return nil, fmt.Errorf("pictures have 1 or 3 channels, the input %q of shape %v has %d", want.Name, want.Shape, colours)
	}
	w, h := im.side(width, im.pixels.Width), im.side(height, im.pixels.Height)
	row := tensor.Shape{int64(h), int64(w), colours}
	n := h * w * int(colours)
	values := make([]float32, len(rows)*n)
	for i, r := range rows {
		pixels, err := im.pixels.decode(im.pictures[r], w, h, int(colours))
		if err == nil {
			err = im.pixels.normalize(pixels, row, 2, true)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", im.pictures[r].name, err)
		}
		move := toFirst
		if last {
			move = 0
		}
		arrange(values[i*n:(i+1)*n], pixels, row, move)
	}
	shape := tensor.Shape{int64(len(rows)), colours, int64(h), int64(w)}
	if last {
		shape = tensor.Shape{int64(len(rows)), int64(h), int64(w), colours}
	}
	return give(want, shape, values)
}

// side is how long a side is: as the model says, else the user, else 224.
func (im *Images) side(model int64, user int) int {
	switch {
	case model > 0:
		return int(model)
	case user > 0:
		return user
	}
	return 224
}

// maxPixels bounds a picture, which may claim any size.
const maxPixels = 1 << 28

// decode reads a picture, resized, as rows of pixels of 1 or 3 channels, 0 to
// 255.
func (p Pixels) decode(file picture, w, h, channels int) ([]float32, error) {
	r, err := file.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxTable))
	if err != nil {
		return nil, err
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not a picture: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, errors.New("the picture is too large")
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not a picture: %w", err)
	}
	resized := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(resized, resized.Bounds(), image.White, image.Point{}, draw.Src) // behind what is transparent
	draw.BiLinear.Scale(resized, resized.Bounds(), m, p.window(m.Bounds(), w, h), draw.Over, nil)
	values := make([]float32, 0, w*h*channels)
	for i := 0; i < len(resized.Pix); i += 4 {
		red, green, blue := float32(resized.Pix[i]), float32(resized.Pix[i+1]), float32(resized.Pix[i+2])
		switch {
		case channels == 1: // luma of ITU-R BT.601
			values = append(values, float32(0.299*red)+float32(0.587*green)+float32(0.114*blue))
		case p.BGR:
			values = append(values, blue, green, red)
		default:
			values = append(values, red, green, blue)
		}
	}
	return values, nil
}

// window is what of a picture is shown: all of it, or the largest middle part
// of the right proportions.
func (p Pixels) window(b image.Rectangle, w, h int) image.Rectangle {
	if !p.Crop {
		return b
	}
	cw, ch := b.Dx(), b.Dy()
	if cw*h > ch*w {
		cw = max(1, ch*w/h)
	} else {
		ch = max(1, cw*h/w)
	}
	x, y := b.Min.X+(b.Dx()-cw)/2, b.Min.Y+(b.Dy()-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}
