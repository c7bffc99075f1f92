package catalogue

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with courses and their offerings.
var Verbs ledger.Book

var (
	toCreate     = Verbs.Declare("course.create", "createCourse", ledger.Parties).By(authz.EditCourse).Everyday()
	toEdit       = Verbs.Declare("course.edit", "updateCourseDraft", ledger.Onlookers).By(authz.EditCourse).Everyday()
	toSubmit     = Verbs.Declare("course.submit", "submitCourseForReview", ledger.Parties).By(authz.EditCourse).Everyday()
	toReturn     = Verbs.Declare("course.return", "returnCourseDraft", ledger.Parties).By(authz.PublishCourse, authz.EditCourse).Everyday()
	toPublish    = Verbs.Declare("course.publish", "publishCourse", ledger.Everybody).By(authz.PublishCourse).Everyday()
	toWithdraw   = Verbs.Declare("course.withdraw", "withdrawCourse", ledger.Everybody).By(authz.PublishCourse).Everyday()
	toPlan       = Verbs.Declare("offering.create", "createOffering", ledger.Parties).By(authz.ManageOffering).Everyday()
	toChange     = Verbs.Declare("offering.edit", "updateOffering", ledger.Onlookers).By(authz.ManageOffering).Everyday()
	toOpen       = Verbs.Declare("offering.publish", "publishOffering", ledger.Everybody).By(authz.ManageOffering).Everyday()
	toCall       = Verbs.Declare("call.create", "createCall", ledger.Everybody).By(authz.ManageOffering).Everyday()
	toChangeCall = Verbs.Declare("call.edit", "updateCall", ledger.Everybody).By(authz.ManageOffering).Everyday()
	toCancel     = Verbs.Declare("offering.cancel", "cancelOffering", ledger.Everybody).By(authz.ManageOffering).Everyday()
)
