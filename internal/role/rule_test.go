package role

import (
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/rolerule"
)

// A value is one that the attribute can have; it is not folded or tidied.
func TestValuesOfRules(t *testing.T) {
	for _, tt := range []struct {
		attribute rolerule.Attribute
		value     string
		ok        bool
	}{
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "urn:mace:example.org:registrar", true},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "https://uni.example/roles/registrar#here", true},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "registrar", false},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "", false},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "urn:mace:example.org:registrar ", false},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "urn:mace:example.org:prüfung", false},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "urn:x:" + strings.Repeat("y", maxValue-6), true},
		{rolerule.AttributeEDUPERSON_ENTITLEMENT, "urn:x:" + strings.Repeat("y", maxValue-5), false},
		{rolerule.AttributeEDUPERSON_AFFILIATION, "staff", true},
		{rolerule.AttributeEDUPERSON_AFFILIATION, "library-walk-in", true},
		{rolerule.AttributeEDUPERSON_AFFILIATION, "Staff", false},
		{rolerule.AttributeEDUPERSON_AFFILIATION, "staff@uni.example", false},
		{rolerule.AttributeEDUPERSON_AFFILIATION, "registrar", false},
	} {
		if err := checkValue(tt.attribute, tt.value); (err == nil) != tt.ok {
			t.Errorf("%s %q: %v", tt.attribute, tt.value, err)
		}
	}
}

// Every role but those of administrators can follow from a rule.
func TestAdministratorsAreMadeByHand(t *testing.T) {
	for _, role := range []string{"ADMINISTRATOR", "ALLIANCE_ADMINISTRATOR"} {
		if rolerule.RoleValidator(rolerule.Role(role)) == nil {
			t.Errorf("a rule may give %s", role)
		}
	}
}
