package app

import (
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
)

// readers are those of the formats that this binary imports. A format without
// a line is refused by name.
var readers = map[importrun.Format]exchange.Reader{}
