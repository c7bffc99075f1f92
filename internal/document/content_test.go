package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

const tinyPDF = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

func tinyPNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tinyJPEG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sized is a PNG that says to be so large.
func sized(t *testing.T, width, height uint32) string {
	b := []byte(tinyPNG(t))
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return string(b)
}

// What a file holds decides, and nothing that it says of itself.
func TestWhatADocumentMayHold(t *testing.T) {
	picture := tinyPNG(t)
	for what, tt := range map[string]struct{ content, mediaType string }{
		"a PDF":                     {tinyPDF, "application/pdf"},
		"a PNG":                     {picture, "image/png"},
		"a JPEG":                    {tinyJPEG(t), "image/jpeg"},
		"a large PNG":               {sized(t, 10_000, 10_000), "image/png"},
		"nothing":                   {"", ""},
		"a page":                    {"<!DOCTYPE html><script>alert(1)</script>", ""},
		"a page before a PDF":       {"<html>\n" + tinyPDF, ""},
		"a comment before a PDF":    {"<!--" + tinyPDF + "-->", ""},
		"space before a PDF":        {"\n" + tinyPDF, ""},
		"a drawing":                 {`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		"a text":                    {"Dear committee", ""},
		"an archive":                {"PK\x03\x04" + strings.Repeat("x", 100), ""},
		"a GIF":                     {"GIF89a" + strings.Repeat("\x00", 100), ""},
		"a PDF without its end":     {tinyPDF[:len(tinyPDF)-7], ""},
		"a PNG without its header":  {picture[:20], ""},
		"a PNG without its end":     {picture[:len(picture)-6], ""},
		"a JPEG without its header": {tinyJPEG(t)[:30], ""},
		"a script as a JPEG":        {"\xff\xd8\xff<script>alert(1)</script>", ""},
		"a PNG without a size":      {sized(t, 0, 10), ""},
		"too wide a PNG":            {sized(t, maxSide+1, 1), ""},
		"too large a PNG":           {sized(t, 10_001, 10_000), ""},
	} {
		held, err := inspect(iotest.HalfReader(strings.NewReader(tt.content)))
		if err == nil {
			read, fault := io.ReadAll(held)
			if fault != nil || string(read) != tt.content {
				t.Errorf("%s is read as another: %v", what, fault)
			}
			err = held.whole()
		}
		if tt.mediaType == "" && !errors.Is(err, problem.Is(problem.Invalid)) || tt.mediaType != "" && (err != nil || held.mediaType != tt.mediaType) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Why a body ends too early is said by the body, wherever it ends.
func TestABodyThatBreaksOff(t *testing.T) {
	large := problem.New(problem.Limited, "large")
	for _, begun := range []string{"", tinyPDF, tinyPNG(t)[:30]} {
		held, err := inspect(io.MultiReader(strings.NewReader(begun), iotest.ErrReader(large)))
		if err == nil {
			_, err = io.ReadAll(held)
		}
		if !errors.Is(err, problem.Is(problem.Limited)) {
			t.Errorf("after %q: %v", begun, err)
		}
	}
}

func TestNamesOfDocuments(t *testing.T) {
	long := strings.Repeat("ä", maxName)
	for name, want := range map[string]string{
		"transcript.pdf": "transcript.pdf", " Zeugnis 2026.pdf ": "Zeugnis 2026.pdf", "Vy\u0301pis.pdf": "V\u00fdpis.pdf", long: long,
		"/etc/passwd": "passwd", `C:\Users\ada\a.pdf`: "a.pdf", "../../a.pdf": "a.pdf", ".hidden": ".hidden",
		"": "", " ": "", "..": "", ".": "", "a/": "", "a\nb.pdf": "", "a\tb.pdf": "", "a\x00.pdf": "", "a\u202efdp.exe": "", "a\u200eb.pdf": "", "a\u2066b.pdf": "", "a\xff.pdf": "", long + "x": "",
	} {
		got, err := nameOf(name)
		p, _ := errors.AsType[*problem.Error](err)
		if want == "" && (p == nil || p.Code != problem.Invalid || len(p.Field) != 1 || p.Field[0] != "file") || want != "" && (err != nil || got != want) {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
}
