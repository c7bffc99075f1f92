package policy

import (
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Rules are what holds for an application.
type Rules struct {
	Nomination             admissionpolicy.Nomination
	ECTSPerTerm            *vocab.ECTS // that a learner may take elsewhere; nil: any number
	NominationsPerOffering *int        // nil: any number
	Terms                  []string    // days on which terms begin, as MM-DD; never empty
	HomeDays               int         // in which home decides
	HostDays               int         // in which the host decides
	RemindDays             int         // before a decision is due; 0: no reminder
	EscalateDays           int         // after a decision was due; 0: no escalation
}

// Default are the rules of an institution that has none of its own: people
// decide, in two weeks each.
func Default() Rules {
	return Rules{Nomination: admissionpolicy.NominationBY_HAND, Terms: defaultTerms(), HomeDays: 14, HostDays: 14, RemindDays: 3, EscalateDays: 7}
}

// Pick returns the rules of the most specific of an institution's policies that
// applies: one for the partner and the kind of course comes before one for the
// partner, that before one for the kind, and that before the general one. It
// counts alone: nothing is taken from a less specific one.
func Pick(policies []*ent.AdmissionPolicy, partner ident.ID, kind course.Kind) Rules {
	var best *ent.AdmissionPolicy
	for _, p := range policies {
		if applies(p, partner, kind) && (best == nil || weight(p) > weight(best)) {
			best = p
		}
	}
	if best == nil {
		return Default()
	}
	return of(best)
}

func applies(p *ent.AdmissionPolicy, partner ident.ID, kind course.Kind) bool {
	return (p.PartnerID == nil || *p.PartnerID == partner) && (p.Kind == nil || string(*p.Kind) == string(kind))
}

// weight is how specific a policy is; two that apply at once never weigh the
// same, because a scope has one policy.
func weight(p *ent.AdmissionPolicy) (n int) {
	if p.PartnerID != nil {
		n += 2
	}
	if p.Kind != nil {
		n++
	}
	return n
}

func of(p *ent.AdmissionPolicy) Rules {
	r := Rules{p.Nomination, p.EctsPerTerm, p.NominationsPerOffering, p.Terms, p.HomeDays, p.HostDays, p.RemindDays, p.EscalateDays}
	if len(r.Terms) == 0 {
		r.Terms = defaultTerms()
	}
	return r
}
