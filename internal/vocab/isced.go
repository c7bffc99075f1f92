package vocab

import (
	_ "embed"
	"encoding/csv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// The codes and English labels of ISCED-F 2013 (UNESCO Institute for
// Statistics), as the European Union publishes them in its controlled list
// "isced-f" (http://data.europa.eu/snb/isced-f).
//
//go:embed data/isced-f-2013.csv
var iscedCSV string

var iscedLabels = func() map[string]string {
	rows, err := csv.NewReader(strings.NewReader(iscedCSV)).ReadAll()
	if err != nil {
		panic(err) // an embedded file of ours
	}
	labels := map[string]string{}
	for _, row := range rows {
		labels[row[0]] = row[1]
	}
	return labels
}()

// ISCEDF is a field of education of ISCED-F 2013: two digits name a broad,
// three a narrow, four a detailed field. Leading zeros count.
type ISCEDF string

// ParseISCEDF returns an INVALID problem when code is not in ISCED-F 2013.
func ParseISCEDF(code string, field ...string) (ISCEDF, error) {
	if _, ok := iscedLabels[code]; !ok {
		return "", problem.New(problem.Invalid, "%q is not a code of ISCED-F 2013, such as \"0613\"", clip(code)).At(field...)
	}
	return ISCEDF(code), nil
}

// Label returns the English name of the field.
func (c ISCEDF) Label() string { return iscedLabels[string(c)] }
