package config

import (
	"strings"
	"testing"
)

func TestVariablesOfKubernetesAreNoMisspeltSettings(t *testing.T) {
	t.Parallel()
	mustLoad(t, nil, []string{
		// A Service named switchboard with two named ports.
		"SWITCHBOARD_SERVICE_HOST=10.0.0.1",
		"SWITCHBOARD_SERVICE_PORT=9090",
		"SWITCHBOARD_SERVICE_PORT_GRPC=9090",
		"SWITCHBOARD_SERVICE_PORT_HTTP_REST=8080",
		"SWITCHBOARD_PORT=tcp://10.0.0.1:9090",
		"SWITCHBOARD_PORT_9090_TCP=tcp://10.0.0.1:9090",
		"SWITCHBOARD_PORT_9090_TCP_PROTO=tcp",
		"SWITCHBOARD_PORT_9090_TCP_PORT=9090",
		"SWITCHBOARD_PORT_9090_TCP_ADDR=10.0.0.1",
		// One named switchboard-sandbox, over UDP.
		"SWITCHBOARD_SANDBOX_SERVICE_HOST=10.0.0.2",
		"SWITCHBOARD_SANDBOX_SERVICE_PORT=53",
		"SWITCHBOARD_SANDBOX_PORT=udp://10.0.0.2:53",
		"SWITCHBOARD_SANDBOX_PORT_53_UDP_ADDR=10.0.0.2",
		// And what is none of ours.
		"SWITCHBOARDS=1", "switchboard_timeout=1", "PATH=/bin", "NOT_EVEN_A_VALUE",
	})
}

func TestVariablesThatOnlyLookLikeKubernetesAreRefused(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{
		"SWITCHBOARD_GRPC_PORT=9090", "SWITCHBOARD_PORT=9090", "SWITCHBOARD_SERVICE=x",
		"SWITCHBOARD_PORT_9090_HTTP=tcp://10.0.0.1:9090", "SWITCHBOARD_HOST=10.0.0.1", "SWITCHBOARD_=1",
	} {
		name, _, _ := strings.Cut(variable, "=")
		_, _, err := Load(nil, []string{variable})
		if err == nil || !strings.HasPrefix(err.Error(), name+" is set in the environment but is no setting; ") {
			t.Errorf("%s: got %v", variable, err)
		}
	}
}

func TestTheFirstOfTwoEqualVariablesCounts(t *testing.T) {
	t.Parallel()
	got := mustLoad(t, nil, []string{"SWITCHBOARD_SANDBOX_USERS=7", "SWITCHBOARD_SANDBOX_USERS=8"})
	if got.SandboxUsers != 7 {
		t.Errorf("got %d", got.SandboxUsers)
	}
}
