package demoidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// Pages that tell something and ask nothing.

// expired answers an unknown, an old and a completed request alike.
func (r *realm) expired(w http.ResponseWriter, req *http.Request) {
	in := speechFor(req, nil)
	showPage(w, http.StatusBadRequest, "notice", in, in.Say("stopped.title"), noticeView{Text: in.Say("stopped.expired")})
}

func (r *realm) unknownPerson(w http.ResponseWriter, req *http.Request) {
	in := speechFor(req, nil)
	showPage(w, http.StatusBadRequest, "notice", in, in.Say("stopped.title"), noticeView{Text: in.Say("stopped.person")})
}

// refuse shows why an authorization request cannot even be answered to its
// client.
func (r *realm) refuse(w http.ResponseWriter, req *http.Request, err error) {
	r.log.WarnContext(req.Context(), "authorization request refused", "err", err)
	in := speechFor(req, nil)
	showPage(
		w, http.StatusBadRequest, "notice", in, in.Say("stopped.title"),
		noticeView{Text: in.Say("stopped.request"), Detail: oidc.DefaultToServerError(err, err.Error()).Description},
	)
}

// signedOut is where a sign-out ends that names no registered address.
func (r *realm) signedOut(w http.ResponseWriter, req *http.Request) {
	in := speechFor(req, nil)
	showPage(w, http.StatusOK, "notice", in, in.Say("signed_out.title"), noticeView{Text: in.Say("signed_out.text")})
}

// index lists the realms.
func (s *server) index(w http.ResponseWriter, req *http.Request) {
	in := speechFor(req, nil)
	showPage(w, http.StatusOK, "index", in, in.Say("index.title"), s.order)
}
