package catalogue

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with courses and their offerings.
var Verbs ledger.Book

var (
	toCreate   = Verbs.Declare("course.create", "createCourse", ledger.Parties).By(authz.EditCourse)
	toEdit     = Verbs.Declare("course.edit", "updateCourseDraft", ledger.Onlookers).By(authz.EditCourse)
	toSubmit   = Verbs.Declare("course.submit", "submitCourseForReview", ledger.Parties).By(authz.EditCourse)
	toReturn   = Verbs.Declare("course.return", "returnCourseDraft", ledger.Parties).By(authz.PublishCourse, authz.EditCourse)
	toPublish  = Verbs.Declare("course.publish", "publishCourse", ledger.Everybody).By(authz.PublishCourse)
	toWithdraw = Verbs.Declare("course.withdraw", "withdrawCourse", ledger.Everybody).By(authz.PublishCourse)
	toPlan     = Verbs.Declare("offering.create", "createOffering", ledger.Parties).By(authz.ManageOffering)
	toChange   = Verbs.Declare("offering.edit", "updateOffering", ledger.Onlookers).By(authz.ManageOffering)
	toOpen     = Verbs.Declare("offering.publish", "publishOffering", ledger.Everybody).By(authz.ManageOffering)
	toCancel   = Verbs.Declare("offering.cancel", "cancelOffering", ledger.Everybody).By(authz.ManageOffering)
)
