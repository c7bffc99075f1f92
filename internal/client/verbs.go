package client

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with the programs of institutions.
var Verbs ledger.Book

var (
	toRegister  = Verbs.Declare("api_client.register", "registerApiClient", ledger.Nobody).By(authz.ManageClients).Weighs()
	toUpdate    = Verbs.Declare("api_client.update", "updateApiClient", ledger.Nobody).By(authz.ManageClients).Weighs()
	toAddKey    = Verbs.Declare("api_client.add_key", "addApiClientKey", ledger.Nobody).By(authz.ManageClients).Weighs()
	toRetireKey = Verbs.Declare("api_client.retire_key", "retireApiClientKey", ledger.Nobody).By(authz.ManageClients).Weighs()
	toDisable   = Verbs.Declare("api_client.disable", "disableApiClient", ledger.Nobody).By(authz.ManageClients).Weighs()
	toEnable    = Verbs.Declare("api_client.enable", "enableApiClient", ledger.Nobody).By(authz.ManageClients).Weighs()
)
