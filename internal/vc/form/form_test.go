package form_test

import (
	"bytes"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
)

// named is a form that takes what begins with its name.
func named(name string) form.Form {
	return form.Form{
		Name:   name,
		Claims: func(data []byte) bool { return bytes.HasPrefix(data, []byte(name)) },
		Read: func(data []byte) (*form.Reading, error) {
			if !bytes.HasPrefix(data, []byte(name)) {
				return nil, vc.Defective(vc.ReasonClass, "not %s", name)
			}
			return &form.Reading{Award: vc.Award{ID: name}}, nil
		},
	}
}

func TestACredentialIsReadInTheFormThatItSaysItIsIn(t *testing.T) {
	picture := form.Form{Name: "picture"} // cannot be read back
	table := form.Table{named("a"), picture, named("b"), named("bc")}
	for data, want := range map[string]string{"a...": "a", "b...": "b", "bc..": "b"} {
		r, err := table.Read([]byte(data))
		if err != nil {
			t.Errorf("%s: %v", data, err)
		} else if r.Award.ID != want {
			t.Errorf("%s is read as %s, not %s", data, r.Award.ID, want)
		}
	}
	if got := table.Issued().Name; got != "a" {
		t.Errorf("issued in %s, not in the first form", got)
	}
}

func TestTheFormThatIsIssuedTellsWhatIsWrong(t *testing.T) {
	_, err := form.Table{named("a"), named("b")}.Read([]byte("picture"))
	if err == nil || err.Error() != "form.class: not a" {
		t.Errorf("read with %v", err)
	}
}
