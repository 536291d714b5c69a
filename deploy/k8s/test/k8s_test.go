// Package k8s_test renders the manifests beside it as `kubectl apply -k` would,
// and checks what a cluster would only tell at run time: that names, ports and
// selectors meet, that the grace period adds up, that the Pod Security Standard
// "restricted" holds, and that the image and the documentation agree with them.
//
// It is a module of its own, so that what it needs for that never enters the
// module graph of those who import Switchboard. It reads the files of deploy/
// and, to check the settings, builds ../../../cmd/server; it changes nothing.
//
//	k8s_test.go       what holds for every variant
//	settings_test.go  the settings files, checked by the server itself
//	readme_test.go    the commands and files shown in deploy/README.md
//	image_test.go     the base image, and the image that was built on it
//	render_test.go    how manifests become typed objects
package k8s_test

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const (
	// spareTime is what the grace period holds beyond preStop and shutdown.
	spareTime = 10 * time.Second
	// uid is the user and group of the process, as in the image.
	uid = 65532
)

// variants are the ways to deploy that the repository ships or shows.
func variants(t *testing.T) []variant {
	t.Helper()
	return []variant{
		{name: "base", manifests: render(t, "../base"), replicas: 2, secrets: []string{"switchboard-credentials"}},
		{name: "sandbox", manifests: render(t, "../overlays/sandbox"), replicas: 1},
		{name: "overlay of the README", manifests: renderReadme(t), replicas: 2, secrets: []string{"switchboard-credentials"}},
	}
}

type variant struct {
	name      string
	manifests manifests
	replicas  int32
	// secrets are those that must exist before the manifests are applied.
	secrets []string
}

func TestManifests(t *testing.T) {
	t.Parallel()
	checks := []struct {
		name  string
		check func(*testing.T, variant)
	}{
		{"objects carry the recommended labels", checkLabels},
		{"services reach the pods through ports that exist", checkServices},
		{"volumes come from objects that exist and are mounted read only", checkVolumes},
		{"addresses in the settings are the ports of the container", checkPorts},
		{"probes ask the container for what they are about", checkProbes},
		{"the grace period outlasts preStop and shutdown", checkShutdown},
		{"pods pass the restricted Pod Security Standard", checkPodSecurity},
		{"pods have no token and no service variables", checkIsolation},
		{"resources are bounded and the heap stays below the limit", checkResources},
		{"a rollout never takes a pod away early and spreads the new ones", checkRollout},
		{"the image has a tag that can be rolled back to", checkImage},
	}
	for _, v := range variants(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			for _, one := range checks {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					one.check(t, v)
				})
			}
		})
	}
}

func TestSandboxNamespaceEnforcesTheRestrictedStandard(t *testing.T) {
	t.Parallel()
	m := render(t, "../overlays/sandbox")
	namespaces := objects[*corev1.Namespace](m)
	if len(namespaces) != 1 {
		t.Fatalf("%d namespaces, want one", len(namespaces))
	}
	if got := namespaces[0].Labels[podsecurity.EnforceLevelLabel]; got != string(podsecurity.LevelRestricted) {
		t.Errorf("%s is %q, want %q", podsecurity.EnforceLevelLabel, got, podsecurity.LevelRestricted)
	}
	for _, object := range m {
		if object.GetNamespace() != namespaces[0].Name && object != metav1.Object(namespaces[0]) {
			t.Errorf("%s is in namespace %q, want %q", object.GetName(), object.GetNamespace(), namespaces[0].Name)
		}
	}
}

func checkLabels(t *testing.T, v variant) {
	for _, object := range v.manifests {
		if _, ok := object.(*corev1.Namespace); ok {
			continue
		}
		requireLabels(t, object.GetName(), object.GetLabels())
	}
	requireLabels(t, "the pod template", v.manifests.deployment(t).Spec.Template.Labels)
}

func requireLabels(t *testing.T, of string, has map[string]string) {
	t.Helper()
	for _, name := range []string{"name", "instance", "component", "part-of", "managed-by"} {
		if has["app.kubernetes.io/"+name] == "" {
			t.Errorf("%s has no label app.kubernetes.io/%s", of, name)
		}
	}
}

func checkServices(t *testing.T, v variant) {
	deployment := v.manifests.deployment(t)
	pod := deployment.Spec.Template
	if !maps.Equal(deployment.Spec.Selector.MatchLabels, labelsOf(pod.Labels, "name", "instance")) {
		t.Errorf("the deployment selects %v, want name and instance of its pods and no more: selectors can never change",
			deployment.Spec.Selector.MatchLabels)
	}

	type face struct {
		headless bool
		port     int32
		protocol string
		target   string
	}
	want := map[string]face{
		"switchboard-grpc": {headless: true, port: 9090, protocol: "kubernetes.io/h2c", target: "grpc"},
		"switchboard":      {port: 80, protocol: "http", target: "http"},
	}
	got := make(map[string]face)
	for _, service := range objects[*corev1.Service](v.manifests) {
		if len(service.Spec.Selector) == 0 || !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels)) {
			t.Errorf("%s selects %v, which the pods with %v are not", service.Name, service.Spec.Selector, pod.Labels)
		}
		if service.Spec.PublishNotReadyAddresses {
			t.Errorf("%s publishes pods that are not ready", service.Name)
		}
		if len(service.Spec.Ports) != 1 {
			t.Errorf("%s has %d ports, want 1", service.Name, len(service.Spec.Ports))
			continue
		}
		port := service.Spec.Ports[0]
		got[service.Name] = face{
			headless: service.Spec.ClusterIP == corev1.ClusterIPNone,
			port:     port.Port, protocol: value(port.AppProtocol), target: port.TargetPort.StrVal,
		}
		target, ok := containerPorts(v.manifests.container(t))[port.TargetPort.StrVal]
		if !ok {
			t.Errorf("%s sends to port %q, which the container does not name", service.Name, port.TargetPort.String())
		}
		// Without a cluster IP nothing translates: clients connect to the pod.
		if service.Spec.ClusterIP == corev1.ClusterIPNone && target != port.Port {
			t.Errorf("%s is headless with port %d, but the container listens on %d", service.Name, port.Port, target)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("services are %+v, want %+v", got, want)
	}
}

func checkVolumes(t *testing.T, v variant) {
	pod := v.manifests.deployment(t).Spec.Template.Spec
	mounted := make(map[string]bool)
	for _, mount := range v.manifests.container(t).VolumeMounts {
		mounted[mount.Name] = true
		if !mount.ReadOnly {
			t.Errorf("%s is mounted writable", mount.MountPath)
		}
		if mount.SubPath != "" {
			t.Errorf("%s is mounted by subPath, which never sees an update", mount.MountPath)
		}
	}

	configMaps := make(map[string]bool)
	for _, one := range objects[*corev1.ConfigMap](v.manifests) {
		configMaps[one.Name] = true
	}
	var secrets []string
	for _, volume := range pod.Volumes {
		if !mounted[volume.Name] {
			t.Errorf("the volume %s is mounted nowhere", volume.Name)
		}
		delete(mounted, volume.Name)
		switch {
		case volume.ConfigMap != nil:
			if !configMaps[volume.ConfigMap.Name] {
				t.Errorf("the volume %s wants the ConfigMap %s, which is not there", volume.Name, volume.ConfigMap.Name)
			}
			delete(configMaps, volume.ConfigMap.Name)
		case volume.Secret != nil:
			secrets = append(secrets, volume.Secret.SecretName)
			if mode := value(volume.Secret.DefaultMode); mode&0o007 != 0 || mode&0o040 == 0 {
				t.Errorf("the volume %s has mode %#o, want one that the group may read and others not", volume.Name, mode)
			}
		default:
			t.Errorf("the volume %s is neither a ConfigMap nor a Secret", volume.Name)
		}
	}
	if len(mounted) > 0 {
		t.Errorf("mounts without a volume: %v", slices.Sorted(maps.Keys(mounted)))
	}
	if len(configMaps) > 0 {
		t.Errorf("ConfigMaps that nobody mounts: %v", slices.Sorted(maps.Keys(configMaps)))
	}
	if !slices.Equal(secrets, v.secrets) {
		t.Errorf("secrets are %v, want %v", secrets, v.secrets)
	}
	if found := objects[*corev1.Secret](v.manifests); len(found) > 0 {
		t.Errorf("the manifests hold %d secrets, want none", len(found))
	}
}

func checkPorts(t *testing.T, v variant) {
	settings := v.manifests.settings(t)
	want := make(map[string]int32)
	for _, name := range []string{"grpc", "http", "admin"} {
		host, text, err := net.SplitHostPort(settings[name+"-addr"])
		if err != nil {
			t.Errorf("%s-addr: %v", name, err)
			continue
		}
		if host != "" {
			t.Errorf("%s-addr listens on %q, where the cluster does not reach it", name, host)
		}
		port, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			t.Errorf("%s-addr: %v", name, err)
		}
		want[name] = int32(port)
	}
	if got := containerPorts(v.manifests.container(t)); !maps.Equal(got, want) {
		t.Errorf("the container has the ports %v, the settings %v", got, want)
	}
}

// checkProbes wants readiness from gRPC, as clients see it, and life from /livez: a
// pod whose credentials are wrong is not ready, but must not be restarted for it.
func checkProbes(t *testing.T, v variant) {
	container := v.manifests.container(t)
	if ready := container.ReadinessProbe; ready == nil || ready.GRPC == nil {
		t.Error("there is no readiness probe by gRPC")
	} else if port := containerPorts(container)["grpc"]; ready.GRPC.Port != port || value(ready.GRPC.Service) != "" {
		t.Errorf("the readiness probe asks port %d for service %q, want the whole server on %d", ready.GRPC.Port, value(ready.GRPC.Service), port)
	}
	for name, probe := range map[string]*corev1.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe} {
		if probe == nil || probe.HTTPGet == nil {
			t.Errorf("there is no %s probe by HTTP", name)
		} else if port := probe.HTTPGet.Port.String(); port != "admin" || probe.HTTPGet.Path != "/livez" {
			t.Errorf("the %s probe asks %s on port %s, want /livez on the admin port", name, probe.HTTPGet.Path, port)
		}
	}
}

func checkShutdown(t *testing.T, v variant) {
	spec := v.manifests.deployment(t).Spec.Template.Spec
	lifecycle := v.manifests.container(t).Lifecycle
	if lifecycle == nil || lifecycle.PreStop == nil || lifecycle.PreStop.Sleep == nil {
		t.Fatal("there is no preStop sleep: pods would stop while clients still call them")
	}
	if spec.TerminationGracePeriodSeconds == nil {
		t.Fatal("there is no grace period")
	}
	preStop := time.Duration(lifecycle.PreStop.Sleep.Seconds) * time.Second
	shutdown, err := time.ParseDuration(v.manifests.settings(t)["shutdown-timeout"])
	if err != nil {
		t.Fatalf("shutdown-timeout: %v", err)
	}
	grace := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
	if need := preStop + shutdown + spareTime; grace < need {
		t.Errorf("the grace period is %v, want at least %v + %v + %v", grace, preStop, shutdown, spareTime)
	}
	// A pod that is not ready any more must be out of the Services by the time
	// it gets SIGTERM, or the sleep is for nothing.
	if preStop < 5*time.Second {
		t.Errorf("preStop sleeps %v, want time for every node and DNS cache to hear of it", preStop)
	}
}

func checkPodSecurity(t *testing.T, v variant) {
	template := v.manifests.deployment(t).Spec.Template
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}

	// What the standard does not ask for.
	if got, want := userAndGroup(t, template.Spec.SecurityContext), fmt.Sprintf("%d:%d", uid, uid); got != want {
		t.Errorf("the pod runs as %s, want %s", got, want)
	}
	if !value(v.manifests.container(t).SecurityContext.ReadOnlyRootFilesystem) {
		t.Error("the root file system is writable")
	}
}

func checkIsolation(t *testing.T, v variant) {
	spec := v.manifests.deployment(t).Spec.Template.Spec
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		t.Error("the pod gets a token of the Kubernetes API")
	}
	if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
		t.Error("the pod gets variables for every Service, which look like settings")
	}
	accounts := objects[*corev1.ServiceAccount](v.manifests)
	if len(accounts) != 1 || accounts[0].Name != spec.ServiceAccountName {
		t.Fatalf("the pod runs as %q, which is not the one account there is", spec.ServiceAccountName)
	}
	if automount := accounts[0].AutomountServiceAccountToken; automount == nil || *automount {
		t.Error("the account hands out tokens unasked")
	}
}

func checkResources(t *testing.T, v variant) {
	container := v.manifests.container(t)
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, limit := container.Resources.Requests[name], container.Resources.Limits[name]
		if request.IsZero() || limit.Cmp(request) < 0 {
			t.Errorf("%s: request %v, limit %v; want both, the limit not below", name, &request, &limit)
		}
	}

	variables := make(map[string]corev1.EnvVar)
	for _, variable := range container.Env {
		variables[variable.Name] = variable
	}
	if _, ok := variables["GOMAXPROCS"]; ok {
		t.Error("GOMAXPROCS is set, so the runtime does not follow the CPU limit")
	}
	source := variables["GOMEMLIMIT"].ValueFrom
	if source == nil || source.ResourceFieldRef == nil {
		t.Fatal("GOMEMLIMIT does not come from the resources")
	}
	field := source.ResourceFieldRef
	if field.Resource != "requests.memory" || !field.Divisor.IsZero() {
		t.Errorf("GOMEMLIMIT is %s by %v, want requests.memory in bytes", field.Resource, &field.Divisor)
	}
	heap, limit := container.Resources.Requests.Memory().Value(), container.Resources.Limits.Memory().Value()
	if share := float64(heap) / float64(limit); share < 0.8 || share > 0.95 {
		t.Errorf("GOMEMLIMIT is %.0f %% of the limit, want 80 to 95", 100*share)
	}
}

func checkRollout(t *testing.T, v variant) {
	deployment := v.manifests.deployment(t)
	if got := value(deployment.Spec.Replicas); got != v.replicas {
		t.Errorf("%d replicas, want %d", got, v.replicas)
	}
	rolling := deployment.Spec.Strategy.RollingUpdate
	if rolling == nil || rolling.MaxUnavailable == nil || *rolling.MaxUnavailable != intstr.FromInt32(0) {
		t.Errorf("the strategy is %+v, want a rolling update with maxUnavailable 0", deployment.Spec.Strategy)
	}

	var across []string
	for _, spread := range deployment.Spec.Template.Spec.TopologySpreadConstraints {
		across = append(across, spread.TopologyKey)
		selector, err := metav1.LabelSelectorAsSelector(spread.LabelSelector)
		if err != nil {
			t.Errorf("%s: %v", spread.TopologyKey, err)
			continue
		}
		if selector.Empty() || !selector.Matches(labels.Set(deployment.Spec.Template.Labels)) {
			t.Errorf("%s counts %q, which is not just these pods", spread.TopologyKey, selector)
		}
	}
	if want := []string{corev1.LabelTopologyZone, corev1.LabelHostname}; !slices.Equal(across, want) {
		t.Errorf("pods spread across %v, want %v", across, want)
	}
}

func checkImage(t *testing.T, v variant) {
	image := v.manifests.container(t).Image
	name, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if name != "switchboard" || tag == "" || tag == "latest" {
		t.Errorf("the image is %q, want switchboard with a tag other than latest", image)
	}
}

// userAndGroup is the user of a pod as an image writes it.
func userAndGroup(t *testing.T, of *corev1.PodSecurityContext) string {
	t.Helper()
	if of == nil || of.RunAsUser == nil || of.RunAsGroup == nil {
		t.Fatal("the pod does not say who it runs as")
	}
	return fmt.Sprintf("%d:%d", *of.RunAsUser, *of.RunAsGroup)
}

// containerPorts maps the names of a container's ports to their numbers.
func containerPorts(container corev1.Container) map[string]int32 {
	ports := make(map[string]int32)
	for _, port := range container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	return ports
}

// labelsOf picks some of the recommended labels.
func labelsOf(all map[string]string, names ...string) map[string]string {
	some := make(map[string]string)
	for _, name := range names {
		some["app.kubernetes.io/"+name] = all["app.kubernetes.io/"+name]
	}
	return some
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
