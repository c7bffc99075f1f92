package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vc/did"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// What machines read about issuers: documents without cookies, cacheable, open
// to every origin, and never logged with an address.

// openTo lets every origin read a public document for a while.
func openTo(w http.ResponseWriter, contentType string, ttl time.Duration) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(ttl.Seconds())))
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "ETag, RateLimit, RateLimit-Policy, Retry-After")
}

const documentTTL = 5 * time.Minute

// publish answers with a public document, or with why there is none.
func (s *site) publish(w http.ResponseWriter, r *http.Request, contentType string, ttl time.Duration, document []byte, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	openTo(w, contentType, ttl)
	_, _ = w.Write(document)
}

// checkpoint serves the newest signed checkpoint of the audit, for whoever keeps
// it elsewhere: only a copy that is out of our reach proves anything against us.
func (s *site) checkpoint(w http.ResponseWriter, r *http.Request) {
	newest, err := s.Audit.Published(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	document, err := json.Marshal(newest)
	s.publish(w, r, "application/json", documentTTL, document, err)
}

// issuerKeys loads the institution of the path and its published keys.
func (s *site) issuerKeys(w http.ResponseWriter, r *http.Request) (*ent.Institution, []credential.PublishedKey, bool) {
	id, _ := ident.Parse(r.PathValue("id"))
	inst, err := s.Institutions.Get(r.Context(), id)
	if err == nil {
		var keys []credential.PublishedKey
		if keys, err = s.Credentials.PublishedKeys(r.Context(), inst.ID); err == nil {
			return inst, keys, true
		}
	}
	s.fail(w, r, err)
	return nil, nil, false
}

// jwks serves the institution's keys as a JSON Web Key Set.
func (s *site) jwks(w http.ResponseWriter, r *http.Request) {
	if _, keys, ok := s.issuerKeys(w, r); ok {
		openTo(w, "application/jwk-set+json", documentTTL)
		writeJSON(w, publicKeys(keys))
	}
}

// key serves one key, at the address that the header of a credential names.
func (s *site) key(w http.ResponseWriter, r *http.Request) {
	_, keys, ok := s.issuerKeys(w, r)
	if !ok {
		return
	}
	for _, k := range keys {
		if k.Stored.Kid == r.PathValue("kid") {
			openTo(w, "application/jwk+json", documentTTL)
			writeJSON(w, k.Key)
			return
		}
	}
	s.fail(w, r, problem.Missing("key"))
}

// didDocument serves the institution's did:web document. Only what is served by
// https has one (did:web, 2.5.2).
func (s *site) didDocument(w http.ResponseWriter, r *http.Request) {
	inst, keys, ok := s.issuerKeys(w, r)
	if !ok {
		return
	}
	address := s.Credentials.IssuerURL(inst.ID)
	subject, err := did.Of(address)
	if err != nil {
		s.fail(w, r, problem.Missing("DID document"))
		return
	}
	document, err := did.Document(subject, publicKeys(keys), address)
	s.publish(w, r, "application/did+ld+json", documentTTL, document, err)
}

// profile serves what the issuer of a credential is, at the address by which
// credentials name it.
func (s *site) profile(w http.ResponseWriter, r *http.Request) {
	if inst, _, ok := s.issuerKeys(w, r); ok {
		document, err := s.Credentials.Forms.Issued().Profile(s.Credentials.Organisation(inst))
		s.publish(w, r, "application/ld+json", documentTTL, document, err)
	}
}

func publicKeys(keys []credential.PublishedKey) jose.Set {
	set := jose.Set{}
	for _, k := range keys {
		set = append(set, k.Key)
	}
	return set
}

// statusList serves a status list as VC-JWT.
func (s *site) statusList(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	jwt, ttl, err := s.Credentials.StatusList(r.Context(), id)
	s.publish(w, r, "application/vc+jwt", ttl, []byte(jwt), err)
}

// credentialFile serves the credential behind a verification address in the form
// in which it was issued.
func (s *site) credentialFile(in form.Form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Credentials.VerifyToken(r.Context(), strings.TrimSuffix(r.PathValue("token"), ".jwt"))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", in.MediaType)
		h.Set("Content-Disposition", `attachment; filename="`+in.File+`"`)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		_, _ = w.Write([]byte(v.JWT))
	}
}

// schema serves the GraphQL schema as text.
func (s *site) schema(w http.ResponseWriter, r *http.Request) {
	s.publish(w, r, "text/plain; charset=utf-8", documentTTL, []byte(s.SDL), nil)
}

func writeJSON(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		panic(http.ErrAbortHandler) // the client has gone
	}
}
