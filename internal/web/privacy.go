package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// privacyRoutes serve what people can know and decide about their own data.
func (s *site) privacyRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /privacy", s.privacyPage)
	mux.HandleFunc("GET "+privacy.SchemaPath, s.dataSchema)
	mux.HandleFunc("POST /account/data", s.dataOf)
	mux.HandleFunc("GET /account/erase", s.askErase)
	mux.HandleFunc("POST /account/erase", s.erase)
	mux.HandleFunc("POST /account/erasures/{id}/cancel", s.cancelErasure)
}

// privacyPage shows the tables by which personal data is seen, exported, erased
// and kept.
func (s *site) privacyPage(w http.ResponseWriter, r *http.Request) {
	page := pages.Privacy{Chrome: s.chrome(r), Looks: authz.Looks(), Consent: vocab.CurrentConsent(), Days: int(s.Privacy.Wait.Hours() / 24)}
	for _, l := range privacy.Links {
		if l.Acts() {
			continue
		}
		row := pages.Stored{Table: l.Table, Exported: l.Export, Withheld: l.Withhold, Emptied: l.Clear, Deleted: l.Delete}
		if l.Keep != nil {
			row.Basis, row.Years = l.Keep.Words(), l.Keep.Years
		}
		page.Stored = append(page.Stored, row)
	}
	for i, c := range privacy.Retentions {
		if i > 0 && c.Class == privacy.Retentions[i-1].Class {
			continue
		}
		page.Periods = append(page.Periods, pages.Period{Class: c.Class, Months: s.Privacy.Periods[c.Class]})
	}
	s.pages.Show(w, r, page)
}

func (s *site) dataSchema(w http.ResponseWriter, r *http.Request) {
	body, err := privacy.Schema(s.BaseURL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/schema+json")
	_, _ = w.Write(body)
}

// dataOf gives somebody a copy of all that is stored about them, as a file.
func (s *site) dataOf(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	format := r.PostFormValue("format")
	if format != "html" && format != "json" {
		s.fail(w, r, problem.New(problem.Invalid, "the format is html or json").At("format"))
		return
	}
	all, err := s.Privacy.Export(r.Context(), s.BaseURL)
	if s.needsFactor(w, r, err, "/account") {
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var body bytes.Buffer
	if format == "json" {
		encoder := json.NewEncoder(&body)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(all)
	} else {
		tag := s.pages.Language(r)
		err = s.pages.WriteData(&body, tag.String(), dataPage(all, s.chrome(r).SignedInAs))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	types := map[string]string{"json": "application/json", "html": "text/html; charset=utf-8"}
	w.Header().Set("Content-Type", types[format])
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "peregrine-"+all.MadeAt.Format("2006-01-02")+"."+format))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes())
}

// dataPage is an export as a page: each table with its rows, values as they are
// stored.
func dataPage(all *privacy.Export, name string) pages.Data {
	page := pages.Data{Name: name, MadeAt: all.MadeAt}
	for _, part := range []map[string][]map[string]any{all.Data, all.Acts} {
		for _, table := range slices.Sorted(maps.Keys(part)) {
			t := pages.DataTable{Name: table}
			for _, row := range part[table] {
				var cells []pages.DataCell
				for _, column := range slices.Sorted(maps.Keys(row)) {
					if value := said(row[column]); value != "" {
						cells = append(cells, pages.DataCell{Name: column, Value: value})
					}
				}
				t.Rows = append(t.Rows, cells)
			}
			page.Tables = append(page.Tables, t)
		}
	}
	return page
}

// said is a stored value for readers.
func said(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case json.RawMessage:
		var b bytes.Buffer
		if json.Indent(&b, v, "", "  ") == nil {
			return b.String()
		}
		return string(v)
	}
	return strings.TrimSpace(fmt.Sprint(value))
}

// needsFactor answers a refusal for want of a second factor with a page that
// leads to it and back.
func (s *site) needsFactor(w http.ResponseWriter, r *http.Request, err error, back string) bool {
	all := problem.All(err)
	if all == nil || all[0].Code != problem.StepUpRequired {
		return false
	}
	s.pages.Trouble(w, r, pages.Trouble{Chrome: s.chrome(r), Cause: pages.StepUpFirst, RequestID: telemetry.RequestID(r.Context()), StepUp: stepUpTo(back)})
	return true
}

// askErase asks somebody whether they want to be forgotten.
func (s *site) askErase(w http.ResponseWriter, r *http.Request) { s.showErase(w, r, nil) }

func (s *site) showErase(w http.ResponseWriter, r *http.Request, fault *problem.Error) {
	if viewer.From(r.Context()).Kind != viewer.Person {
		http.Redirect(w, r, pages.SignIn{ReturnTo: r.URL.Path}.All(), http.StatusSeeOther)
		return
	}
	kept, err := s.Privacy.Preview(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := pages.Erase{Chrome: s.chrome(r), Days: int(s.Privacy.Wait.Hours() / 24)}
	for _, k := range kept {
		page.Kept = append(page.Kept, pages.Kept{Basis: k.Basis.Words(), Count: k.Count, Until: k.Until})
	}
	if fault != nil {
		page.Fault = fault.In(s.pages.Language(r))
	}
	s.pages.Show(w, r, page)
}

// erase has the signed-in person erased, after the time of waiting.
func (s *site) erase(w http.ResponseWriter, r *http.Request) {
	_, err := s.Privacy.RequestErasure(r.Context(), privacy.ErasureWish{})
	all := problem.All(err)
	switch {
	case err == nil:
		s.done(w, r, pages.ErasureAsked)
	case s.needsFactor(w, r, err, r.URL.Path):
	case all != nil && all[0].Code == problem.Conflict:
		s.showErase(w, r, all[0])
	default:
		s.fail(w, r, err)
	}
}

func (s *site) cancelErasure(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	if _, err := s.Privacy.CancelErasure(r.Context(), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.done(w, r, pages.ErasureEnded)
}
