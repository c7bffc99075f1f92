package form

import (
	"math"
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Given is an answer as a learner gives it: one of the values, after the kind of
// the question.
type Given struct {
	Question string // its key
	Text     *string
	Choice   *string // key of the choice
	Number   *float64
}

// Answers checks answers against the questions of an offering, in the order of
// the questions. It returns an INVALID problem for each answer to no question, or
// that does not fit it. An empty text is no answer.
func Answers(questions []vocab.Question, in []Given, path ...string) ([]vocab.Answer, error) {
	l, of := newList(path...), map[string]vocab.Answer{}
	if len(in) > MaxQuestions {
		return nil, problem.New(problem.Invalid, "an offering asks at most %d questions", MaxQuestions).At(path...)
	}
	for i, g := range in {
		at := slices.IndexFunc(questions, func(q vocab.Question) bool { return q.Key == g.Question })
		if at < 0 {
			l.invalid(i, "question", "the offering has no such question")
			continue
		}
		if l.seen[g.Question] {
			l.invalid(i, "question", "this question is answered twice")
			continue
		}
		l.seen[g.Question] = true
		if a := l.answer(i, questions[at], g); a != nil {
			of[g.Question] = *a
		}
	}
	all := []vocab.Answer{}
	for _, q := range questions {
		if a, answered := of[q.Key]; answered {
			all = append(all, a)
		}
	}
	return all, problem.Join(l.found...)
}

// answer reads an answer to a question, nil when there is none.
func (l *list) answer(i int, q vocab.Question, g Given) *vocab.Answer {
	for _, v := range []struct {
		field string
		given bool
		of    vocab.QuestionKind
	}{{"text", g.Text != nil, vocab.AskText}, {"choice", g.Choice != nil, vocab.AskChoice}, {"number", g.Number != nil, vocab.AskNumber}} {
		if v.given && q.Kind != v.of {
			if q.Kind == vocab.AskFile {
				l.invalid(i, v.field, "this question is answered by a document that names it")
			} else {
				l.invalid(i, v.field, "this question is of the kind %s", q.Kind)
			}
			return nil
		}
	}
	a := vocab.Answer{Question: q}
	switch {
	case g.Text != nil:
		text, err := vocab.Line(q.MaxLength, *g.Text, l.at(i, "text")...)
		if l.add(err); text == "" {
			return nil
		}
		a.Text = &text
	case g.Choice != nil:
		if !slices.ContainsFunc(q.Choices, func(c vocab.Choice) bool { return c.Key == *g.Choice }) {
			l.invalid(i, "choice", "the question has no such choice")
		}
		a.Choice = g.Choice
	case g.Number != nil:
		n := *g.Number
		if math.IsNaN(n) || math.IsInf(n, 0) || q.Min != nil && n < *q.Min || q.Max != nil && n > *q.Max {
			l.invalid(i, "number", "the number lies outside of what is asked for: %s to %s", bound(q.Min), bound(q.Max))
		}
		a.Number = &n
	default:
		return nil
	}
	return &a
}

func bound(n *float64) string {
	if n == nil {
		return "…"
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

// Complete returns an INVALID problem for each question that has to be answered
// and is not. files are the keys of the questions that documents answer.
func Complete(questions []vocab.Question, answers []vocab.Answer, files []string, path ...string) error {
	var found []error
	for _, q := range questions {
		answered := slices.ContainsFunc(answers, func(a vocab.Answer) bool { return a.Question.Key == q.Key }) || q.Kind == vocab.AskFile && slices.Contains(files, q.Key)
		if q.Required && !answered {
			found = append(found, problem.New(problem.Invalid, "the question %q has to be answered", q.Key).At(append(slices.Clone(path), q.Key)...))
		}
	}
	return problem.Join(found...)
}

// Again checks answers of a draft against the questions as they are now: those
// that fit no more are left out.
func Again(questions []vocab.Question, answers []vocab.Answer) []vocab.Answer {
	all := []vocab.Answer{}
	for _, a := range answers {
		kept, err := Answers(questions, []Given{{a.Question.Key, a.Text, a.Choice, a.Number}})
		if err == nil {
			all = append(all, kept...)
		}
	}
	return all
}
