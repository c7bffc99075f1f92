package app

import (
	"context"
	"io"
	"os"

	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/ewp"
	"github.com/peregrine-exchange/peregrine/internal/format/jsonl"
	"github.com/peregrine-exchange/peregrine/internal/format/occapi"
	"github.com/peregrine-exchange/peregrine/internal/format/oeapi"
	"github.com/peregrine-exchange/peregrine/internal/format/schemaorg"
	"github.com/peregrine-exchange/peregrine/internal/format/sheet"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
	"github.com/peregrine-exchange/peregrine/internal/vc/openbadge"
)

// readers are those of the formats that this binary imports. A format without
// a line is refused by name.
var readers = map[importrun.Format]exchange.Reader{
	importrun.FormatOEAPI_V5: func(r io.Reader) format.Rows { return oeapi.Read(r, oeapi.V5) },
	importrun.FormatOEAPI_V6: func(r io.Reader) format.Rows { return oeapi.Read(r, oeapi.V6) },
	importrun.FormatOCCAPI:   occapi.Read,
	importrun.FormatEWP:      ewp.Read,
	importrun.FormatCSV:      sheet.ReadCSV,
	importrun.FormatXLSX:     workbook,
	importrun.FormatJSONL:    jsonl.Read,
}

// Forms are those of the credentials that this binary reads. It issues in the
// first.
var Forms = form.Table{openbadge.Form}

// workbook reads a workbook, which has to be read out of order, from the file
// in which an import keeps it.
func workbook(r io.Reader) format.Rows {
	return func(yield func(format.Row, error) bool) {
		f := r.(*os.File)
		info, err := f.Stat()
		if err != nil {
			yield(format.Row{}, err)
			return
		}
		sheet.ReadXLSX(f, info.Size())(yield)
	}
}

// exports are the forms in which the catalogue can be had.
var exports = []exchange.Export{
	{Name: "courses.oeapi.json", MediaType: "application/json", Write: oeapi.Write},
	{Name: "offerings.oeapi.json", MediaType: "application/json", Write: oeapi.WriteOfferings},
	{Name: "courses.csv", MediaType: "text/csv; charset=utf-8", Write: sheet.WriteCSV},
	{Name: "courses.jsonl", MediaType: "application/jsonl", Write: jsonl.Write},
	{Name: "courses.jsonld", MediaType: "application/ld+json", Write: schemaorg.Write},
}

// templates are the tables that partners fill in.
var templates = []exchange.Template{
	{Name: "courses.csv", MediaType: "text/csv; charset=utf-8", Write: sheet.TemplateCSV},
	{Name: "courses.xlsx", MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Write: sheet.TemplateXLSX},
}

// partner gets the documents of partners' systems.
type partner struct{ client *fetch.Client }

// Fetch is that of exchange.Fetcher.
func (p partner) Fetch(ctx context.Context, address string, previous exchange.Previous) (*exchange.Document, error) {
	r, err := p.client.Get(ctx, address, fetch.Previous(previous))
	if err != nil {
		return nil, err
	}
	return &exchange.Document{NotModified: r.NotModified, Body: r.Body, Previous: exchange.Previous(r.Previous)}, nil
}
