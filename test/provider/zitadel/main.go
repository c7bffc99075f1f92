// Command zitadel serves the example provider of zitadel/oidc with one client.
// Its keys are new at each start, and its person is test-user@localhost.
//
//	zitadel PORT ISSUER CLIENT-SECRET RETURN-ADDRESS ADDRESS-AFTER-LOGOUT
package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	port, issuer, secret, returned, afterLogout := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	storage.RegisterClients(storage.WebClient("peregrine", secret, returned))
	store := clients{storage.NewStorage(storage.NewUserStore(issuer)), afterLogout}
	handler := exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, handler))
}

// clients adds the address after logout, which the example leaves out.
type clients struct {
	*storage.Storage
	afterLogout string
}

func (c clients) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := c.Storage.GetClientByClientID(ctx, id)
	return client{found, c.afterLogout}, err
}

type client struct {
	op.Client
	afterLogout string
}

func (c client) PostLogoutRedirectURIs() []string { return []string{c.afterLogout} }
