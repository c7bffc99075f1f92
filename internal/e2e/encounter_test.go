package e2e

import (
	"fmt"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// encounter is two who act on one thing, and how that thing is found afterwards.
type encounter struct {
	first, second func(*runner) string
	left          func() string
	inSteps       bool // one of them is done step by step: what it puts on record depends on how far it came
}

func (s *stage) leaves(o outcome, p encounter) outcome {
	if p.inSteps {
		o.audit, o.events = "", ""
	}
	if p.left != nil {
		o.left = p.left()
	}
	return o
}

func does(by *Actor, mutation string, input map[string]any) func(*runner) string {
	return act{by, mutation, input}.run
}

// applicationIs tells the state of an application and the seats of its offering.
func (s *stage) applicationIs(id string) func() string {
	return func() string {
		app := s.DB.Client.Application.Query().Where(application.ID(ident.ID(id))).WithOffering().OnlyX(s.system())
		return fmt.Sprint(app.State, " ", app.Edges.Offering.State, " ", app.Edges.Offering.Seats)
	}
}

// encounters are changes that meet at one row.
var encounters = map[string]func(s *stage) encounter{
	"nominate, withdraw": func(s *stage) encounter {
		c, app := s.applied(s.offering)
		in := map[string]any{"applicationId": app}
		return encounter{first: does(c.homeOffice, "nominateApplication", in), second: does(c.ada, "withdrawApplication", in), left: s.applicationIs(app)}
	},
	"nominate, refuse": func(s *stage) encounter {
		c, app := s.applied(s.offering)
		return encounter{first: does(c.homeOffice, "nominateApplication", map[string]any{"applicationId": app}),
			second: does(s.staff("uni-a", viewer.MobilityOfficer), "refuseNomination", map[string]any{"applicationId": app, "reason": "No."}), left: s.applicationIs(app)}
	},
	"admit, withdraw": func(s *stage) encounter {
		c, app := s.nominated(s.offering)
		in := map[string]any{"applicationId": app}
		return encounter{first: does(c.hostOffice, "admitApplication", in), second: does(c.ada, "withdrawApplication", in), left: s.applicationIs(app)}
	},
	"admit, call the offering off": func(s *stage) encounter {
		off := s.World.offering(s.c.editor, s.one, 5)
		c, app := s.nominated(off)
		return encounter{first: does(c.hostOffice, "admitApplication", map[string]any{"applicationId": app}),
			second: does(c.editor, "cancelOffering", map[string]any{"offeringId": off}), left: s.applicationIs(app)}
	},
	"take a seat away, admit": func(s *stage) encounter {
		off := s.World.offering(s.c.editor, s.one, 2)
		c, app := s.nominated(off)
		c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app})
		c, app = s.nominated(off)
		return encounter{first: does(c.editor, "updateOffering", cohortOf("offeringId", off, 1)),
			second: does(c.hostOffice, "admitApplication", map[string]any{"applicationId": app}), left: s.applicationIs(app)}
	},
	"record, withdraw": func(s *stage) encounter {
		c, app, enrolment := s.seated()
		return encounter{
			first:  does(c.teacher, "recordResult", assessment(enrolment)),
			second: does(c.ada, "withdrawApplication", map[string]any{"applicationId": app}),
			left:   s.applicationIs(app),
		}
	},
	"confirm a failure, record the next attempt": func(s *stage) encounter {
		c, _, enrolment := s.seated()
		failed := assessment(enrolment)
		failed["outcome"], failed["grade"] = "FAILED", "5.0"
		res := id(c.teacher.Does("records", "recordResult", failed))
		return encounter{first: does(c.hostRegistrar, "confirmResult", map[string]any{"resultId": res}), second: does(c.teacher, "recordResult", assessment(enrolment))}
	},
	"confirm, withdraw": func(s *stage) encounter {
		c, app, res := s.recorded()
		return encounter{
			first:  does(c.hostRegistrar, "confirmResult", map[string]any{"resultId": res}),
			second: does(c.ada, "withdrawApplication", map[string]any{"applicationId": app}),
			left:   s.applicationIs(app),
		}
	},
	"issue, issue": func(s *stage) encounter {
		c, res := s.confirmed()
		in := map[string]any{"resultId": res}
		return encounter{first: does(c.hostRegistrar, "issueCredential", in), second: does(s.staff("uni-b", viewer.Registrar), "issueCredential", in)}
	},
	"revoke, ask home": func(s *stage) encounter {
		c, cred := s.awardedOne()
		return encounter{first: does(c.hostRegistrar, "revokeCredential", map[string]any{"credentialId": cred, "reason": "MISCONDUCT"}),
			second: does(c.ada, "requestRecognition", map[string]any{"credentialId": cred})}
	},
	"revoke, decide": func(s *stage) encounter {
		c, recognition, cred := s.asked()
		return encounter{first: does(c.hostRegistrar, "revokeCredential", map[string]any{"credentialId": cred, "reason": "MISCONDUCT"}),
			second: does(c.homeRecognition, "decideRecognition", map[string]any{"caseId": recognition, "outcome": "GRANTED", "reasons": "It fits."})}
	},
	"publish a course, change it": func(s *stage) encounter {
		draft := s.draft(s.c.editor)
		return encounter{first: does(s.c.editor, "publishCourse", map[string]any{"courseId": draft}),
			second: does(s.staff("uni-b", viewer.CourseEditor), "updateCourseDraft", map[string]any{"courseId": draft, "content": content("Changed")}),
			left: func() string {
				return fmt.Sprint(s.DB.Client.CourseVersion.Query().Where(courseversion.CourseID(ident.ID(draft))).CountX(s.system()))
			}}
	},
	"publish a course, withdraw it": func(s *stage) encounter {
		published := s.published(s.c.editor)
		s.c.editor.Does("changes it", "updateCourseDraft", map[string]any{"courseId": published, "content": content("Changed")})
		in := map[string]any{"courseId": published}
		return encounter{first: does(s.c.editor, "publishCourse", in), second: does(s.staff("uni-b", viewer.CourseEditor), "withdrawCourse", in), left: s.courseIs(published)}
	},
	"publish a course, close its unit": func(s *stage) encounter {
		uni, admin := s.place()
		editor := s.staff(uni, viewer.CourseEditor)
		faculty := id(admin.Does("adds a unit", "addUnit", unit(s.Institution(uni), "u", "")))
		draft := id(
			editor.Does(
				"writes",
				"createCourse",
				map[string]any{"institutionId": s.Institution(uni), "unitId": faculty, "code": "C", "kind": "MICRO_CREDENTIAL", "content": content("Draft")},
			),
		)
		return encounter{
			first:  does(editor, "publishCourse", map[string]any{"courseId": draft}),
			second: does(admin, "closeUnit", map[string]any{"unitId": faculty}),
			left:   s.courseIs(draft),
		}
	},
	"publish a micro-degree, change it": func(s *stage) encounter {
		degree := s.micro(s.c.editor)
		return encounter{first: does(s.c.editor, "publishMicroDegree", map[string]any{"microDegreeId": degree}),
			second: does(s.staff("uni-b", viewer.CourseEditor), "updateMicroDegree", map[string]any{"microDegreeId": degree, "content": composed("Changed", 10, s.one, s.two)})}
	},
	"the last administrator leaves, and appoints another": func(s *stage) encounter {
		uni, admin := s.place()
		own := s.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(admin.ID)).OnlyX(s.system()).ID
		return encounter{first: does(admin, "endRole", map[string]any{"roleGrantId": own, "reason": "Leaving."}),
			second: does(admin, "grantRole", map[string]any{"personId": s.staff(uni).ID, "role": "ADMINISTRATOR", "at": s.Institution(uni)})}
	},
	"end a rule, sign in": func(s *stage) encounter {
		uni, admin := s.place()
		name := s.new("S")
		bob := s.person(name, uni, "staff")
		rule := id(admin.Does("makes a rule", "makeRoleRule", staffRule(s.Institution(uni))))
		return encounter{first: does(admin, "endRoleRule", map[string]any{"roleRuleId": rule, "reason": "Gone."}),
			second: func(r *runner) string { return s.signsIn(r, name, uni) },
			left: func() string {
				return fmt.Sprint(s.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(bob.ID), rolegrant.ValidUntilGT(s.Now())).CountX(s.system()))
			}}
	},
	"unlink one account, unlink the other": func(s *stage) encounter {
		ada := s.Learner(s.new("L"), "uni-a")
		first := s.identityOf(ada.ID)
		second, other := s.linked(ada)
		return encounter{first: does(other, "unlinkIdentity", map[string]any{"identityId": first}), second: does(ada, "unlinkIdentity", map[string]any{"identityId": second.ID}),
			left: func() string {
				return fmt.Sprint(s.DB.Client.Identity.Query().Where(identity.PersonID(ada.ID)).CountX(s.system()))
			}}
	},
	"suspend a member, who leaves": func(s *stage) encounter {
		uni, admin := s.place()
		in := map[string]any{"membershipId": s.membership(uni), "reason": "Fees."}
		return encounter{first: does(s.alma, "suspendMember", in), second: does(admin, "endMembership", in),
			left: func() string { return string(s.DB.Client.Membership.GetX(s.system(), s.membership(uni)).State) }}
	},
	"terminate a rule, agree to it": func(s *stage) encounter {
		rule := s.proposedRule()
		return encounter{first: does(s.c.homeRecognition, "terminateRecognitionRule", map[string]any{"ruleId": rule}),
			second: does(s.c.hostRecognition, "answerRecognitionRule", map[string]any{"ruleId": rule, "agree": true})}
	},
	"disable a program, enable it": func(s *stage) encounter {
		admin, p := s.program()
		in := map[string]any{"clientId": id(p)}
		return encounter{first: does(admin, "disableApiClient", in), second: does(admin, "enableApiClient", in)}
	},
	"approve a provider, move it": func(s *stage) encounter {
		admin, p := s.proposedProvider()
		return encounter{first: does(s.alva, "approveProvider", map[string]any{"providerId": id(p), "proposal": p["proposal"]}),
			second: does(admin, "updateProvider", map[string]any{"providerId": id(p), "issuer": "https://" + s.new("new") + ".example"}),
			left:   func() string { return string(s.DB.Client.Provider.GetX(s.system(), ident.ID(id(p))).State) }}
	},
	"approve a name, propose another": func(s *stage) encounter {
		admin, change := s.renamed()
		at := s.DB.Client.InstitutionChange.GetX(s.system(), ident.ID(id(change))).InstitutionID
		return encounter{first: does(s.alva, "approveInstitutionIdentity", map[string]any{"changeId": id(change), "proposal": change["proposal"]}),
			second: does(admin, "proposeInstitutionIdentity", map[string]any{"institutionId": at, "acronym": s.new("N")}),
			left: func() string {
				return string(s.DB.Client.InstitutionChange.GetX(s.system(), ident.ID(id(change))).State) + " " + s.DB.Client.Institution.GetX(s.system(), at).Name.In("en")[:7]
			}}
	},
	"cancel an import, read it": func(s *stage) encounter {
		admin, run := s.run()
		return encounter{first: does(admin, "cancelImport", map[string]any{"runId": run}),
			second: func(r *runner) string {
				if err := s.App.Exchange.WorkOn(r.in(s.system()), ident.ID(run)); err != nil {
					return err.Error()
				}
				return "done"
			},
			left:    func() string { return string(s.DB.Client.ImportRun.GetX(s.system(), ident.ID(run)).State) },
			inSteps: true}
	},
}

// signsIn signs a member of staff in.
func (s *stage) signsIn(r *runner, name, uni string) string {
	if _, err := s.App.Learners.SignIn(r.in(s.system()), s.assertion(name, uni, "staff")); err != nil {
		return err.Error()
	}
	return "done"
}

func (s *stage) courseIs(id string) func() string {
	return func() string {
		return string(s.DB.Client.Course.Query().Where(course.ID(ident.ID(id))).OnlyX(s.system()).State)
	}
}

// Two changes of one thing at once come out as if one had been after the other:
// in what the two are told, in what is on record, and in what is left.
func TestPairsAtOnceAreOneAfterTheOther(t *testing.T) {
	s := newStage(t)
	rounds := 3
	if testkit.Dialect() == dialect.SQLite {
		rounds = 5 // which do not wait at the line
	}
	for name, set := range encounters {
		p := set(s)
		one := s.leaves(s.inTurn(p.first, p.second), p)
		p = set(s)
		other := s.leaves(s.inTurn(p.second, p.first).swapped(), p)
		if one.first != "done" && other.first != "done" || one.second != "done" && other.second != "done" {
			t.Errorf("%s: %+v or %+v", name, one, other)
			continue
		}
		for range rounds {
			p = set(s)
			if got := s.leaves(s.racing(p.first, p.second), p); !got.agrees(one) && !got.agrees(other) {
				t.Errorf("%s at once: %+v, one after the other %+v or %+v", name, got, one, other)
			}
		}
	}
	if races := rounds * len(encounters); s.met < races*8/10 {
		t.Errorf("only %d of %d met at the line", s.met, races)
	}
}
