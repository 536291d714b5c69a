package main

import (
	"regexp"
	"slices"
)

// sensitivities say of new fields, by the names of message and property, which are
// personal or secret: the first that fits decides, and what none fits is neither. It
// is a proposal for a person to read (the report names each), who may say otherwise
// in the tree. In doubt it marks: a value too few in a log does less harm than one
// too many. What only tells entities apart (an id, a URI of one's own) is not marked,
// nor is the name of what is no person: a queue, a skill, a division.
var sensitivities = []struct {
	message, property *regexp.Regexp
	level             string
}{
	// What gives access: passwords, tokens, the seeds of verifiers, the material of a
	// registration, keys of an API.
	{every, exactly(`(?i:.*(password|token|secret|apiKey|privateKey)s?)|credentialFields|keyUri|encodedQuickResponseCode|mapboxKey`), secret},
	{every, exactly(`challenge|attestationObject|clientDataJSON|clientExtensionResults`), secret},
	{exactly(`PublicKeyCredentialCreationOptions`), exactly(`extensions`), secret},

	// How to reach somebody, and who it is.
	{every, exactly(`(?i:.*(e?mail|mailAddress|phoneNumber|partyNumber))|ani|dnis|addressFrom|addressTo`), personal},
	{every, exactly(`username|preferredName|displayName|participantName|jid|jabberId|externalKey|department|certifications|profileSkills`), personal},
	{exactly(`ChatItem|ChatFavorite`), exactly(`id|externalId`), personal}, // often a JID
	{exactly(`Contact|GroupContact`), exactly(`address|display|extension|countryCode|integration`), personal},
	{exactly(`CallTarget`), exactly(`value`), personal},
	{exactly(`LocationEmergencyNumber`), exactly(`number|e164`), personal},
	{exactly(`PublicKeyCredentialCreationResponse|CredentialDescriptor`), exactly(`id|rawId`), personal},
	{exactly(`User(Queue|RoutingSkill|RoutingLanguage|AggregationView|sRules.*)`), exactly(`name`), neither},
	{exactly(`.*(User|Verifier).*|OutOfOffice|CallForwarding|Geolocation|AuthzSubject|DomainEntity(Ref)?|EmailAddress|Credential|Greeting(Owner)?`), exactly(`name`), personal},
	{exactly(`FinishWebAuthnRegistrationRequest`), exactly(`name`), personal},

	// What somebody is, and where.
	{exactly(`Biography|Education|EmployerInfo`), every, personal},
	{exactly(`(Create|Update|Org)?User|UserMe|UserFullReference`), exactly(`title`), personal},
	{exactly(`UserCustomAttributes.*`), exactly(`attributes`), personal},
	{exactly(`UserStation`), exactly(`providerInfo`), personal},
	{every, exactly(`imageUri|images|latitude|longitude|coordinates|floorplanId|city|region|country|countryName|zipcode|street\d*`), personal},
	{exactly(`LocationAddress`), exactly(`state`), personal},
	{exactly(`LocationDefinition`), exactly(`name`), personal},

	// What somebody wrote, and looked for.
	{every, exactly(`notes`), personal},
	{exactly(`.*Presence`), exactly(`message`), personal},
	{exactly(`Room|ChatItem`), exactly(`name|subject|description`), personal},
	{every, exactly(`audioTTS`), personal},
	{every, exactly(`q64|searchTerm`), personal},
	{exactly(`UserSearchCriteria|.*Predicate`), exactly(`value|values|startValue|endValue`), personal},
	{exactly(`UsersSearchResponse`), exactly(`(current|next|previous)Page`), personal},           // they hold a q64
	{exactly(`User(Profile)?EntityListing`), exactly(`(first|next|previous|last)Uri`), personal}, // they may hold JIDs

	// The lists that are a whole body or answer.
	{exactly(`(Get|Put)UserProfileskillsRe(quest|sponse)`), exactly(`body|items`), personal},
	{exactly(`GetUserCustomattributesBulkResponse`), exactly(`items`), personal},
}

const (
	neither  = ""
	personal = "SENSITIVITY_PERSONAL"
	secret   = "SENSITIVITY_SECRET"
)

var every = regexp.MustCompile(``)

func exactly(name string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + name + `)$`) }

// sensitivity is the level of a field; nothing for one that is neither.
func sensitivity(m *message, f *field) string {
	if !f.open() {
		return neither
	}
	for _, s := range sensitivities {
		if s.message.MatchString(m.name) && s.property.MatchString(f.jsonName) {
			return s.level
		}
	}
	return neither
}

// open tells whether a field can hold anything: a text, a number with a fraction, or
// free-form JSON. Messages are looked at field by field, and of counts, choices and
// times none is told from another by its name.
func (f *field) open() bool {
	return f.enum == nil && slices.Contains([]string{"string", "float", "double", typeValue, typeListValue, typeStruct}, f.typ)
}

// markSensitive marks all fields of the contract.
func (c *contract) markSensitive() {
	for _, m := range c.messages {
		for _, f := range m.fields {
			if level := sensitivity(m, f); level != neither {
				f.rules = append(f.rules, markPrefix+".sensitivity = "+level)
			}
		}
	}
}
