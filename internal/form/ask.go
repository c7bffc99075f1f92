package form

import (
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// offered are the items that an offering may ask for; the name goes with every
// application.
var offered = slices.DeleteFunc(slices.Clone(vocab.SharedItems), func(i vocab.SharedItem) bool { return i == vocab.ShareName })

// Asks checks what an offering asks its applicants to share.
func Asks(in []vocab.Ask, path ...string) ([]vocab.Ask, error) {
	var found []error
	seen := map[vocab.SharedItem]bool{}
	for i, a := range in {
		at := append(slices.Clone(path), strconv.Itoa(i), "item")
		switch {
		case a.Item == vocab.ShareName:
			found = append(found, problem.New(problem.Invalid, "the name goes with every application").At(at...))
		case a.Item == vocab.ShareAccessNeeds && a.Required:
			found = append(found, problem.New(problem.Invalid, "nobody has to say what they need to take part").At(at...))
		case seen[a.Item]:
			found = append(found, problem.New(problem.Invalid, "%s stands twice", a.Item).At(at...))
		}
		seen[a.Item] = true
	}
	return slices.Clone(in), problem.Join(found...)
}

// Asked returns what an offering asks its applicants to share, the name first. One
// that says nothing leaves every item to the learner. Questions that have to be
// answered are answered for the host.
func Asked(asks []vocab.Ask, questions []vocab.Question) []vocab.Ask {
	all := []vocab.Ask{{Item: vocab.ShareName, Required: true}}
	for _, item := range offered {
		a, asked := vocab.Ask{Item: item}, len(asks) == 0
		if i := slices.IndexFunc(asks, func(a vocab.Ask) bool { return a.Item == item }); i >= 0 {
			a, asked = asks[i], true
		}
		for _, q := range questions {
			if item == answerTo(q) {
				a.Required, asked = a.Required || q.Required, true
			}
		}
		if asked {
			all = append(all, a)
		}
	}
	return all
}

// answerTo is the item that the answer to a question belongs to.
func answerTo(q vocab.Question) vocab.SharedItem {
	if q.Kind == vocab.AskFile {
		return vocab.ShareDocuments
	}
	return vocab.ShareAnswers
}

// Allowed returns an INVALID problem for each item that a learner would share and
// the host has not asked for.
func Allowed(asked []vocab.Ask, items []vocab.SharedItem, path ...string) error {
	var found []error
	for _, item := range items {
		if !slices.ContainsFunc(asked, func(a vocab.Ask) bool { return a.Item == item }) {
			found = append(found, problem.New(problem.Invalid, "the host does not ask for %s", item).At(path...))
		}
	}
	return problem.Join(found...)
}

// Needed returns an INVALID problem for each item that the host requires and a
// learner does not share.
func Needed(asked []vocab.Ask, items []vocab.SharedItem, path ...string) error {
	var found []error
	for _, a := range asked {
		if a.Required && a.Item != vocab.ShareName && !slices.Contains(items, a.Item) {
			found = append(found, problem.New(problem.Invalid, "the host asks everybody who applies to share %s", a.Item).At(path...))
		}
	}
	return problem.Join(found...)
}

// Statements checks which requirements a learner states to meet: those of which
// there is no other proof.
func Statements(requirements []vocab.Requirement, in []string, path ...string) ([]string, error) {
	all := []string{}
	for _, r := range requirements {
		if r.Kind != vocab.NeedsCourse && slices.Contains(in, r.Key) {
			all = append(all, r.Key)
		}
	}
	for _, key := range in {
		if !slices.Contains(all, key) {
			return nil, problem.New(problem.Invalid, "the offering has no requirement %q that could be stated", vocab.Clean(40, key)).At(path...)
		}
	}
	return all, nil
}
