package document

import (
	"bytes"
	"image"
	_ "image/jpeg" // registers its header
	_ "image/png"
	"io"
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/chunk"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Bounds of what is looked at.
const (
	sniffed   = 512     // bytes by which a type is told
	maxHeader = 1 << 20 // bytes of an image before its size must be known
	tailBytes = 1024    // at the end, where a PDF says that it is whole
	maxSide   = 20_000  // pixels
	maxPixels = 100_000_000
)

// kinds are the media types that are taken, as net/http tells them by the first
// bytes (mimesniff.spec.whatwg.org, as browsers do), and how each ends. The end of
// a JPEG is not looked for: cameras put more behind it.
var kinds = map[string]struct {
	image bool
	end   []byte
}{
	"application/pdf": {false, []byte("%%EOF")},               // ISO 32000-2, 7.5.5
	"image/png":       {true, []byte("IEND\xae\x42\x60\x82")}, // W3C PNG, 11.2.5
	"image/jpeg":      {true, nil},
}

// content is a body whose type is known from its beginning.
type content struct {
	io.Reader
	mediaType string
	tail      []byte // the last bytes that were read
}

// inspect tells what a body holds by its first bytes, whatever its name says. It
// returns an INVALID problem for anything but a PDF, PNG or JPEG, for an image
// without a size, and for one so large that it would fill the memory of who
// opens it.
func inspect(body io.Reader) (*content, error) {
	var begun bytes.Buffer
	_, err := io.CopyN(&begun, body, sniffed)
	if err != nil && err != io.EOF {
		return nil, chunk.Interrupted(err)
	}
	if begun.Len() == 0 {
		return nil, problem.New(problem.Invalid, "the file is empty").At("file")
	}
	mediaType := http.DetectContentType(begun.Bytes())
	kind, taken := kinds[mediaType]
	if !taken {
		return nil, problem.New(problem.Invalid, "the file is no PDF, PNG or JPEG, whatever its name says").At("file")
	}
	whole := io.MultiReader(&begun, body)
	if !kind.image {
		return &content{Reader: whole, mediaType: mediaType}, nil
	}
	var header bytes.Buffer
	size, _, err := image.DecodeConfig(io.TeeReader(io.LimitReader(whole, maxHeader), &header))
	if problem.All(err) != nil {
		return nil, err // the body says why it ends
	}
	switch {
	case err != nil || size.Width <= 0 || size.Height <= 0:
		return nil, problem.New(problem.Invalid, "the image cannot be read; is it whole?").At("file").Because(err)
	case size.Width > maxSide || size.Height > maxSide || size.Width*size.Height > maxPixels:
		return nil, problem.New(problem.Invalid, "the image has %d × %d pixels; that is too many", size.Width, size.Height).At("file")
	}
	return &content{Reader: io.MultiReader(&header, whole), mediaType: mediaType}, nil
}

// Read is part of io.Reader.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.tail = append(c.tail, p[max(0, n-tailBytes):n]...)
	if over := len(c.tail) - tailBytes; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	return n, err
}

// whole returns an INVALID problem when the file, read to its end, ends too early.
func (c *content) whole() error {
	return problem.If(!bytes.Contains(c.tail, kinds[c.mediaType].end), problem.New(problem.Invalid, "the file has no end; did all of it arrive?").At("file"))
}
