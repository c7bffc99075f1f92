// Package graph is the GraphQL face of Peregrine: the schema by hand in
// *.graphqls, thin resolvers, and one place that turns problems into answers.
// A resolver makes one service call or one guarded query.
package graph

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/task"
)

// Resolver is what resolvers need: the guarded client for queries, and the
// service of each area for changes.
type Resolver struct {
	DB           *ent.Client
	Now          func() time.Time
	Discovery    *discovery.Service
	Documents    *document.Service
	Institutions *institution.Service
	Roles        *role.Service
	Catalogue    *catalogue.Service
	MicroDegrees *microdegree.Service
	Agreements   *agreement.Service
	Journeys     *journey.Service
	Policies     *policy.Service
	Tasks        *task.Service
	Grading      *grading.Service
	Privacy      *privacy.Service
	Credentials  *credential.Service
	Recognitions *recognition.Service
	Sessions     *session.Service
	Learners     *learner.Service
	Exchange     *exchange.Service
	Providers    *provider.Service
	BaseURL      string
	Portals      *portal.Service
	Clients      *client.Service
	Loading      Loading
	Problems     storage.Reporter // of what callers are told
}
