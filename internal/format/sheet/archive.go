package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Limits of a workbook, which is an archive of XML parts. Go's zip reader never
// gives more bytes of a part than the archive declares, so checking what it
// declares is enough.
const (
	maxFile     = 25 << 20  // bytes of the file
	maxUnpacked = 100 << 20 // bytes of all parts
	maxPart     = 8 << 20   // bytes of a part that is read as a whole: any but rows and their texts
	maxParts    = 1000
	maxRatio    = 100     // unpacked to packed bytes of a part
	smallPart   = 1 << 20 // below which the ratio does not matter
	maxDepth    = 100     // of elements
)

// compound is how files begin that hold a workbook of the time before XLSX, or
// an encrypted one.
var compound = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// inspect refuses a file that is no workbook in XLSX without macros, or larger
// than it may be once unpacked. It also reads the rows' XML to its end, because
// a reader that streams rows takes a broken end for the end of the table.
func inspect(r io.ReaderAt, size int64) error {
	if size > maxFile {
		return problem.New(problem.Limited, "the file is larger than %d bytes", maxFile)
	}
	begin := make([]byte, len(compound))
	if _, err := r.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.Equal(begin, compound) {
		return problem.New(problem.Invalid, "the file is encrypted or in an older format; save it as XLSX without a password")
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return noWorkbook(err)
	}
	if err := bounded(archive); err != nil {
		return err
	}
	for _, part := range archive.File {
		name := partName(part)
		if strings.HasSuffix(name, "vbaproject.bin") {
			return macros()
		}
		if name == "[content_types].xml" {
			err = withPart(part, func(r io.Reader) error {
				text, err := io.ReadAll(r)
				if err == nil && bytes.Contains(bytes.ToLower(text), []byte("macroenabled")) {
					return macros()
				}
				return err
			})
		} else if rowsPart(name) || strings.HasPrefix(name, "xl/worksheets/") && strings.HasSuffix(name, ".xml") {
			err = withPart(part, wellFormed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func noWorkbook(cause error) error {
	return problem.New(problem.Invalid, "the file is no workbook in the format XLSX").Because(cause)
}

func macros() error {
	return problem.New(problem.Invalid, "the workbook contains macros; save it as XLSX without them")
}

func partName(part *zip.File) string {
	return strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
}

// rowsPart says whether a part holds rows or their texts, which are streamed.
func rowsPart(name string) bool {
	return strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
}

// bounded holds the limits of an archive.
func bounded(archive *zip.Reader) error {
	tooLarge := problem.New(problem.Limited, "the workbook is larger than allowed once it is unpacked")
	if len(archive.File) > maxParts {
		return tooLarge
	}
	var total uint64
	for _, part := range archive.File {
		n := part.UncompressedSize64
		total += min(n, maxUnpacked+1)
		switch {
		case total > maxUnpacked,
			n > smallPart && n > maxRatio*part.CompressedSize64,
			n > maxPart && !rowsPart(partName(part)):
			return tooLarge
		}
	}
	return nil
}

func withPart(part *zip.File, do func(io.Reader) error) error {
	r, err := part.Open()
	if err != nil {
		return noWorkbook(err)
	}
	defer r.Close()
	if err = do(r); err == nil || problem.All(err) != nil {
		return err
	}
	return noWorkbook(err)
}

// wellFormed reads XML to its end. A workbook has no document type, and nests
// a few elements deep.
func wellFormed(r io.Reader) error {
	d := xml.NewDecoder(r)
	for depth := 0; ; {
		token, err := d.Token()
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("a document type")
		}
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return nil
		case err != nil:
			return err
		case depth < 0 || depth > maxDepth:
			return errors.New("elements that are not nested as they should be")
		}
	}
}
