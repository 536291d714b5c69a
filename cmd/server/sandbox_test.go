package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/sandbox"
)

// What the upstream's older document does not know, or no longer rightly: from the
// notes and client documentation that the vendor published later.
var laterPermissions = map[string][]string{
	"getUserStation": {"telephony:otherStationAssociation:view"},
	"putUserStationAssociatedstationStationId":     {"telephony:otherStationAssociation:edit"},
	"deleteUserStationAssociatedstation":           {"telephony:station:disassociate"},
	"getUsersStationsMe":                           {"telephony:selfStationAssociation:view"},
	"putUsersStationsMeAssociatedstationStationId": {"telephony:selfStationAssociation:edit"},
	"deleteUsersStationsMeAssociatedstation":       {"telephony:station:disassociateSelf"},
	"getUserCallforwarding":                        {"conversation:callForwarding:view"},

	"deleteAnalyticsUsersAggregatesJob":            {"analytics:userAggregate:view"},
	"getUsersQuery":                                {"directory:user:view"},
	"getUsersChatsMe":                              {"chat:chat:access", "user:chats:view"},
	"getRoutingDirectroutingbackupSettingsMe":      {"routing:directRoutingBackup:selfView"},
	"putRoutingDirectroutingbackupSettingsMe":      {"routing:directRoutingBackup:selfEdit"},
	"deleteRoutingDirectroutingbackupSettingsMe":   {"routing:directRoutingBackup:selfDelete"},
	"getRoutingUserDirectroutingbackupSettings":    {"routing:directRoutingBackup:view"},
	"putRoutingUserDirectroutingbackupSettings":    {"routing:directRoutingBackup:edit"},
	"deleteRoutingUserDirectroutingbackupSettings": {"routing:directRoutingBackup:delete"},

	"getUsersCustomattributesSchemas":          {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchema":           {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchemaVersions":   {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchemaVersion":    {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchemasCoretypes": {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchemasCoretype":  {"users:customAttributesSchema:view"},
	"getUsersCustomattributesSchemasLimits":    {"users:customAttributesSchema:view"},
	"postUsersCustomattributesSchemas":         {"users:customAttributesSchema:add"},
	"putUsersCustomattributesSchema":           {"users:customAttributesSchema:edit"},
	"deleteUsersCustomattributesSchema":        {"users:customAttributesSchema:delete"},
	"getUserCustomattribute":                   {"directory:user:view"},
	"getUserCustomattributesBulk":              {"directory:user:view"},
	"putUserCustomattributes":                  {"directory:user:edit"},
	"patchUserCustomattributes":                {"directory:user:edit"},
	"patchUserCustomattributesBulk":            {"directory:user:edit"},
	"deleteUserCustomattribute":                {"directory:user:edit"},

	"getUserExternalid":                            {},
	"getUserExternalidAuthorityName":               {},
	"getUsersExternalidAuthorityNameExternalKey":   {},
	"deleteUserExternalidAuthorityNameExternalKey": {"directory:user:edit"},
	"getUserVerifiers":                             {"mfa:verifier:view"},
	"putUserVerifier":                              {"mfa:verifier:edit"},
	"deleteUserVerifier":                           {"mfa:verifier:delete"},
	"getUsersMeVerifiers":                          {},
	"putUsersMeVerifier":                           {},
	"deleteUsersMeVerifier":                        {},
	"postUsersMeVerifiersTotp":                     {},
	"postUsersMeVerifiersTotpVerifierId":           {},
	"postUsersMeVerifiersWebauthnRegister":         {},
	"postUsersMeVerifiersWebauthnRegisterOptions":  {},
}

// What the sandbox enforces comes from the contract, which says of every operation
// what the upstream asks for, if only that it is nothing.
func TestTheSandboxIsToldThePermissionsOfTheUpstream(t *testing.T) {
	t.Parallel()
	ops, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops.All() {
		if op.Permissions.GetMode() == apiv1.Permissions_MODE_UNSPECIFIED {
			t.Errorf("%s: the permissions are unknown", op.ID)
		}
	}
	text, err := os.ReadFile("../../../shared/facts/operations.json")
	if os.IsNotExist(err) {
		t.Skip("SKIPPED, NOTHING COMPARED: there are no facts of the upstream beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var facts []struct {
		Name        string
		Permissions struct {
			Mode string
			List []string
		}
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	want := map[string]sandbox.Requirement{}
	for _, f := range facts {
		names, later := laterPermissions[f.Name]
		switch mode := f.Permissions.Mode; {
		case later && len(f.Permissions.List) > 0:
			t.Errorf("%s: the older document knows its permissions", f.Name)
		case !later && mode == "":
			t.Errorf("%s: nobody knows its permissions", f.Name)
		case len(names) > 0:
			want[f.Name] = sandbox.Requirement{Names: names}
		case mode == "ANY" || mode == "ALL":
			want[f.Name] = sandbox.Requirement{All: mode == "ALL", Names: f.Permissions.List}
		}
	}
	if diff := cmp.Diff(want, permissions(ops)); diff != "" {
		t.Error(diff)
	}
}

func TestASandboxWithoutFaultSettingsHasNoFaults(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(freePorts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sandbox.Faults{RateLimit: &sandbox.RateLimit{Requests: 300}}
	if got := faults(cfg, nil); got.Errors != nil || got.Latency != nil || *got.RateLimit != *want.RateLimit || got.SearchDelay != 0 ||
		got.Resets != nil || got.Truncations != nil || got.SlowBodies != nil || got.StaleTokens != nil || got.Logins != nil || got.Drift != nil {
		t.Errorf("%+v", got)
	}
}
