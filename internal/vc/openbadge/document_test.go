package openbadge

import (
	"encoding/json"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Document returns the award as a credential in JSON, without proof.
func Document(a vc.Award) ([]byte, error) {
	c, err := build(a)
	if err != nil {
		return nil, err
	}
	return json.Marshal(c)
}
