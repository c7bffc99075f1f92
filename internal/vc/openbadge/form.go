package openbadge

import (
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// class is what the form asks of one kind of object: the name in its "type",
// members that must be there, and members that are objects themselves.
type class struct {
	required []string
	nested   map[string]string
}

// classes is the object model of Open Badges 3.0 as far as it can be violated
// by a missing member or a foreign type (1EdTech, Open Badges Specification
// 3.0, appendix B). Members that are not named here may have any shape.
var classes = map[string]class{
	"AchievementSubject": {[]string{"type", "achievement"}, map[string]string{
		"achievement": "Achievement", "identifier": "IdentityObject", "image": "Image", "result": "Result", "source": "Profile",
	}},
	"Achievement": {[]string{"id", "type", "name", "description", "criteria"}, map[string]string{
		"alignment": "Alignment", "creator": "Profile", "criteria": "", "endorsement": "EndorsementCredential", "image": "Image",
		"otherIdentifier": "IdentifierEntry", "related": "Related", "resultDescription": "ResultDescription",
	}},
	"Profile": {[]string{"id", "type"}, map[string]string{
		"address": "Address", "endorsement": "EndorsementCredential", "image": "Image", "otherIdentifier": "IdentifierEntry", "parentOrg": "Profile",
	}},
	"Address":         {[]string{"type"}, map[string]string{"geo": "GeoCoordinates"}},
	"GeoCoordinates":  {[]string{"type", "latitude", "longitude"}, nil},
	"Alignment":       {[]string{"type", "targetName", "targetUrl"}, nil},
	"Evidence":        {[]string{"type"}, nil},
	"IdentityObject":  {[]string{"type", "hashed", "identityHash", "identityType"}, nil},
	"IdentifierEntry": {[]string{"type", "identifier", "identifierType"}, nil},
	"Image":           {[]string{"id", "type"}, nil},
	"Related":         {[]string{"id", "type"}, nil},
	"Result":          {[]string{"type"}, map[string]string{"alignment": "Alignment"}},
	"ResultDescription": {[]string{"id", "type", "name", "resultType"}, map[string]string{
		"alignment": "Alignment", "rubricCriterionLevel": "RubricCriterionLevel",
	}},
	"RubricCriterionLevel": {[]string{"id", "type", "name"}, map[string]string{"alignment": "Alignment"}},
	"EndorsementCredential": {[]string{"@context", "id", "type", "name", "issuer", "validFrom", "credentialSubject"}, map[string]string{
		"credentialSubject": "EndorsementSubject",
	}},
	"EndorsementSubject": {[]string{"id", "type"}, nil},
	"":                   {}, // an object without a type
}

// texts are members that are texts wherever they stand in the model.
var texts = []string{
	"id", "name", "description", "narrative", "targetName", "targetUrl", "targetType", "targetCode", "resultType",
	"identityHash", "identityType", "identifierType", "value", "url", "achievementType", "inLanguage", "fieldOfStudy",
}

// conforms returns a FORM defect unless the value of a member, one object or an
// array of them, is of the class and so is all that it holds. path says where.
func conforms(value any, name, path string) error {
	for _, item := range vc.Many(value) {
		object, ok := item.(map[string]any)
		if !ok {
			return vc.Defective(vc.ReasonMember, "%s is not an object", path)
		}
		c := classes[name]
		for _, member := range c.required {
			if object[member] == nil {
				return vc.Defective(vc.ReasonMember, "%s lacks %s", path, member)
			}
		}
		if types, err := vc.Strings(path+".type", object["type"]); err != nil || name != "" && !slices.Contains(types, name) {
			return vc.Defective(vc.ReasonClass, "%s is not of type %s", path, name)
		}
		for _, member := range texts {
			if _, err := vc.TextAt(object, member); err != nil {
				return vc.Defective(vc.ReasonMember, "%s.%s is not a text", path, member)
			}
		}
		for _, member := range slices.Sorted(maps.Keys(c.nested)) { // in order, so that the same defect comes first
			if err := conforms(object[member], c.nested[member], path+"."+member); err != nil {
				return err
			}
		}
	}
	return nil
}
