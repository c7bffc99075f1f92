package demoidp

import (
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// loginView is what the sign-in page shows.
type loginView struct {
	Realm     Realm
	RequestID string
	People    []Person
	Client    string // host that the browser goes back to
	TwoFactor bool
}

// loginPage offers the people of the realm for the request in the query.
func (r *realm) loginPage(w http.ResponseWriter, req *http.Request) {
	g, ok := r.store.find(req.URL.Query().Get("request"))
	if !ok {
		r.expired(w, req)
		return
	}
	back, err := url.Parse(g.redirectURI)
	if err != nil {
		r.refuse(w, req, err)
		return
	}
	in := speechFor(req, g.locales)
	showPage(w, http.StatusOK, "login", in, in.Say("choose.title"), loginView{
		Realm: r.Realm, RequestID: g.id, People: r.store.offered(g), Client: back.Host, TwoFactor: g.acr == acrMultiFactor,
	})
}

// choose takes the button that was pressed: a person, who is then signed in,
// or the wish to stop. The id of the request cannot be guessed and is known
// only to the browser that asked, so it also shows that the form is ours.
func (r *realm) choose(w http.ResponseWriter, req *http.Request) {
	id := req.PostFormValue("request")
	g, ok := r.store.find(id)
	if !ok {
		r.expired(w, req)
		return
	}
	if req.PostForm.Has("cancel") {
		r.store.cancel(id)
		r.sendBack(w, req, g.redirectURI, answer{Error: string(oidc.AccessDenied), Description: "the person stopped the sign-in", State: g.state})
		return
	}
	code, g, ok := r.store.choose(id, req.PostFormValue("person"))
	if !ok {
		r.unknownPerson(w, req)
		return
	}
	r.log.InfoContext(req.Context(), "demo sign-in", "subject", g.person.Subject, "acr", g.acr)
	r.sendBack(w, req, g.redirectURI, answer{Code: code, State: g.state})
}
