package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressible are the media types of long public documents.
var compressible = []string{
	"text/csv", "text/plain", "text/css", "image/svg+xml", "application/json", "application/jsonl", "application/ld+json",
}

// compressed gives a public document by gzip to who takes it. Its ETag is weak,
// so one is right for both forms. Nothing else is compressed here: the length of
// a page that holds what is secret beside what somebody else wrote tells of the
// secret, and answers of GraphQL come from the cache at no cost.
var compressed = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypes(compressible), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // a fault of the options
	}
	return wrap
}()
