package exchange

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with imports and their sources.
var Verbs ledger.Book

var (
	toStart        = Verbs.Declare("import.start", "startImport", ledger.Host).By(authz.ImportCatalogue).Everyday()
	toCancel       = Verbs.Declare("import.cancel", "cancelImport", ledger.Host).By(authz.ImportCatalogue).Everyday()
	toFinish       = Verbs.Declare("import.finish", "", ledger.Host)
	toFail         = Verbs.Declare("import.fail", "", ledger.Host)
	toAddSource    = Verbs.Declare("import_source.add", "addImportSource", ledger.Host).By(authz.ImportCatalogue).Weighs()
	toEditSource   = Verbs.Declare("import_source.edit", "updateImportSource", ledger.Host).By(authz.ImportCatalogue).Weighs()
	toPauseSource  = Verbs.Declare("import_source.pause", "pauseImportSource", ledger.Host).By(authz.ImportCatalogue).Everyday()
	toResumeSource = Verbs.Declare("import_source.resume", "resumeImportSource", ledger.Host).By(authz.ImportCatalogue).Weighs()
	toPullSource   = Verbs.Declare("import_source.pull", "pullImportSource", ledger.Host).By(authz.ImportCatalogue).Everyday()
)
