package graph

import (
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/auditreader"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"

	"entgo.io/ent/dialect/sql"
)

// Filters are small and written by hand: a generated one would let callers ask
// about rows that they may not see.

// when adds a condition for an argument that was given.
func when[T any, P ~func(*sql.Selector)](all []P, value *T, condition func(T) P) []P {
	if value != nil {
		all = append(all, condition(*value))
	}
	return all
}

// among adds a condition for a list that is not empty.
func among[T any, P ~func(*sql.Selector)](all []P, values []T, condition func(...T) P) []P {
	if len(values) > 0 {
		all = append(all, condition(values...))
	}
	return all
}

func institutionBy(by model.InstitutionBy) predicate.Institution {
	var all []predicate.Institution
	all = when(all, by.ID, institution.ID)
	all = when(all, by.Schac, institution.Schac)
	all = when(all, by.ErasmusCode, institution.ErasmusCode)
	all = when(all, by.Ror, institution.Ror)
	all = when(all, by.Pic, institution.Pic)
	all = when(all, by.Oid, institution.Oid)
	all = when(all, by.Deqar, institution.Deqar)
	return institution.And(all...)
}

func institutionsLike(f *model.InstitutionFilter) (all []predicate.Institution) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, institution.UpdatedAtGTE)
	all = when(all, f.Country, institution.Country)
	all = when(all, f.CanSignIn, signingIn)
	return when(all, f.Alliance, func(slug string) predicate.Institution {
		return func(s *sql.Selector) {
			d := sql.Dialect(s.Dialect())
			m, a := d.Table(membership.Table), d.Table(alliance.Table)
			s.Where(sql.In(s.C(institution.FieldID), d.Select(m.C(membership.FieldInstitutionID)).From(m).
				Join(a).On(a.C(alliance.FieldID), m.C(membership.FieldAllianceID)).
				Where(sql.And(sql.EQ(a.C(alliance.FieldSlug), slug), sql.EQ(m.C(membership.FieldState), string(membership.StateACTIVE))))))
		}
	})
}

func coursesLike(f *model.CourseFilter) []predicate.Course {
	if f == nil {
		f = &model.CourseFilter{}
	}
	states := f.States
	if len(states) == 0 {
		states = []course.State{course.StatePUBLISHED}
	}
	all := []predicate.Course{course.StateIn(states...)}
	all = when(all, f.InstitutionID, course.InstitutionID)
	all = when(all, f.UpdatedSince, course.UpdatedAtGTE)
	return when(all, f.Kind, course.KindEQ)
}

func (r *Resolver) offeringsLike(f *model.OfferingFilter) (all []predicate.Offering) {
	if f == nil {
		return nil
	}
	all = when(all, f.InstitutionID, offering.InstitutionID)
	all = when(all, f.CourseID, offering.CourseID)
	all = among(all, f.States, offering.StateIn)
	all = when(all, f.UpdatedSince, offering.UpdatedAtGTE)
	if f.OpenNow != nil && *f.OpenNow {
		now := r.Now()
		all = append(all, offering.StateEQ(offering.StatePUBLISHED), ofActiveMembers, ofPublishedCourses, offering.OpensAtLTE(now),
			offering.Or(offering.ClosesAtIsNil(), offering.ClosesAtGT(now)),
			func(s *sql.Selector) {
				s.Where(sql.ColumnsLT(s.C(offering.FieldSeatsTaken), s.C(offering.FieldSeats)))
			})
	}
	return all
}

// ofActiveMembers keeps the offerings of institutions that are active members.
func ofActiveMembers(s *sql.Selector) {
	m := sql.Dialect(s.Dialect()).Table(membership.Table)
	s.Where(sql.In(s.C(offering.FieldInstitutionID), sql.Dialect(s.Dialect()).Select(m.C(membership.FieldInstitutionID)).From(m).
		Where(sql.EQ(m.C(membership.FieldState), string(membership.StateACTIVE)))))
}

// ofPublishedCourses keeps the offerings of courses that are not withdrawn.
func ofPublishedCourses(s *sql.Selector) {
	c := sql.Dialect(s.Dialect()).Table(course.Table)
	s.Where(sql.In(s.C(offering.FieldCourseID), sql.Dialect(s.Dialect()).Select(c.C(course.FieldID)).From(c).
		Where(sql.EQ(c.C(course.FieldState), string(course.StatePUBLISHED)))))
}

func applicationsLike(f *model.ApplicationFilter) (all []predicate.Application) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, application.UpdatedAtGTE)
	all = when(all, f.DueBefore, application.DueAtLT)
	if at := f.InstitutionID; at != nil {
		switch {
		case f.Side == nil:
			all = append(all, application.Or(application.HomeID(*at), application.HostID(*at)))
		case *f.Side == model.ApplicationSideHome:
			all = append(all, application.HomeID(*at))
		default:
			all = append(all, application.HostID(*at))
		}
	}
	all = among(all, f.States, application.StateIn)
	return when(all, f.OfferingID, application.OfferingID)
}

func enrolmentsLike(f *model.EnrolmentFilter) (all []predicate.Enrolment) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, enrolment.UpdatedAtGTE)
	all = among(all, f.States, enrolment.StateIn)
	return when(all, f.OfferingID, enrolment.OfferingID)
}

func credentialsLike(f *model.CredentialFilter) (all []predicate.Credential) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, credential.UpdatedAtGTE)
	all = among(all, f.States, credential.StateIn)
	return when(all, f.InstitutionID, credential.InstitutionID)
}

func rulesLike(f *model.RecognitionRuleFilter) (all []predicate.RecognitionRule) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, recognitionrule.UpdatedAtGTE)
	all = among(all, f.States, recognitionrule.StateIn)
	all = when(all, f.HomeID, recognitionrule.HomeID)
	all = when(all, f.HostID, recognitionrule.HostID)
	return when(all, f.CourseID, recognitionrule.CourseID)
}

func casesLike(f *model.RecognitionCaseFilter) (all []predicate.RecognitionCase) {
	if f == nil {
		return nil
	}
	all = when(all, f.UpdatedSince, recognitioncase.UpdatedAtGTE)
	all = among(all, f.States, recognitioncase.StateIn)
	return when(all, f.HomeID, recognitioncase.HomeID)
}

func (r *Resolver) grantsLike(f *model.RoleGrantFilter) []predicate.RoleGrant {
	var all []predicate.RoleGrant
	if f == nil {
		return all
	}
	all = when(all, f.Role, func(held viewer.Role) predicate.RoleGrant { return rolegrant.RoleEQ(rolegrant.Role(held)) })
	all = when(all, f.PersonID, rolegrant.PersonID)
	return when(all, f.Current, func(current bool) predicate.RoleGrant {
		if current {
			return authz.Held(r.Now())
		}
		return rolegrant.Not(authz.Held(r.Now()))
	})
}

func entriesLike(f *model.AuditEntryFilter) []predicate.AuditEntry {
	if f == nil {
		return nil
	}
	var all []predicate.AuditEntry
	all = when(all, f.ObjectID, auditentry.ObjectID)
	all = when(all, f.ActorID, auditentry.ActorID)
	all = among(all, f.Verbs, auditentry.VerbIn)
	all = when(all, f.InstitutionID, naming)
	all = when(all, f.Since, auditentry.CreatedAtGTE)
	return when(all, f.Until, auditentry.CreatedAtLT)
}

// naming are the entries that an institution or alliance reads. Whom an entry
// concerns is no filter: an administrator who asked by person would learn whose
// an application is.
func naming(place ident.ID) predicate.AuditEntry {
	return func(s *sql.Selector) {
		if kind := place.Kind(); kind != ident.Institution && kind != ident.Alliance {
			s.Where(sql.False())
			return
		}
		t := sql.Dialect(s.Dialect()).Table(auditreader.Table)
		s.Where(sql.In(s.C(auditentry.FieldID), sql.Dialect(s.Dialect()).Select(t.C(auditreader.FieldEntryID)).From(t).
			Where(sql.EQ(t.C(auditreader.FieldReaderID), string(place)))))
	}
}
