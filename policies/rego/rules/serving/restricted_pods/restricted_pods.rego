# METADATA
# scope: package
# title: Pods keep to the rest of Pod Security restricted
# description: |
#   What HG-SV-004 asks of a pod can be had in other ways: as a process of a Windows node, by another SELinux type or no
#   AppArmor profile, by parameters of the node's kernel, by a kind of volume that a driver on the node mounts as root, or
#   by a volume of the cluster that is a folder of a node. And a probe or hook that names a host lets the kubelet ask, in
#   the pod's place, what no network policy would let the pod ask. The rule asks for what Pod Security *restricted* asks
#   for beside it, and a little more.
# custom:
#   id: HG-SV-011
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:*
#   controls:
#     - ISO/IEC 27001:2022 A.8.2
#     - ISO/IEC 27001:2022 A.8.22
#     - ISO/IEC 27001:2022 A.8.27
#   remediation: |
#     Leave `windowsOptions`, `seLinuxOptions`, `appArmorProfile` and `sysctls` out, and the `host` of probes and hooks;
#     take an emptyDir, an image volume, a ConfigMap, a Secret, a projected volume, a CSI driver or a claim of a storage class.
#   fix: the components set none of it, and no setting of a stack brings it
#   since: 2025-01-01
#   deferrable: true
package rules.serving.restricted_pods

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if pods.any

applies if input.resource.kind == "PersistentVolume"

# A pod's own settings, and those of each container. Hardly any has one of these: that is asked first.
_options contains {"path": array.concat(pod.path, ["securityContext", name]), "name": name, "value": value} if {
	some pod in pods.found
	some name, _ in _settings
	value := pod.spec.securityContext[name]
}

_options contains {"path": array.concat(each.path, ["securityContext", name]), "name": name, "value": value} if {
	some each in pods.containers
	some name, _ in _settings
	value := each.spec.securityContext[name]
}

violation contains finding.at(path, value, setting.wrong, setting.write) if {
	some option in _options
	some field, setting in _settings[option.name]
	value := view.at(option.value, [field])
	not value in setting.good
	path := array.concat(option.path, [field])
}

_settings := {
	"windowsOptions": {"hostProcess": {
		"good": {null, false},
		"wrong": "the process runs on the Windows node itself", "write": "no hostProcess",
	}},
	"seLinuxOptions": {
		"type": {
			"good": {null, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"},
			"wrong": "the process has another SELinux type than containers have", "write": "no seLinuxOptions",
		},
		"user": {"good": {null, ""}, "wrong": "the process has an SELinux user of its own", "write": "no seLinuxOptions"},
		"role": {"good": {null, ""}, "wrong": "the process has an SELinux role of its own", "write": "no seLinuxOptions"},
	},
	"appArmorProfile": {"type": {
		"good": {null, "RuntimeDefault", "Localhost"},
		"wrong": "the process has no AppArmor profile", "write": "appArmorProfile: {type: RuntimeDefault}",
	}},
}

# The older way to say so.
violation contains finding.at(path, profile, "the process has no AppArmor profile", "runtime/default") if {
	some pod in pods.found
	metadata := array.concat(array.slice(pod.path, 0, count(pod.path) - 1), ["metadata", "annotations"])
	some name, profile in object.get(input.resource.properties, metadata, null)
	is_string(name)
	startswith(name, "container.apparmor.security.beta.kubernetes.io/")
	not _is_a_profile(profile)
	path := array.concat(metadata, [name])
}

_is_a_profile(profile) if profile in {"", "runtime/default"}

_is_a_profile(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}

violation contains finding.at(path, name, "a parameter of the node's kernel is set", "no such sysctl") if {
	some pod in pods.found
	some index, setting in pod.spec.securityContext.sysctls
	name := view.at(setting, ["name"])
	not name in _safe
	path := array.concat(pod.path, ["securityContext", "sysctls", index, "name"])
}

# Those that hold in the pod alone.
_safe := {
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
}

violation contains finding.at(path, kind, wrong, "emptyDir, an image volume, or a claim") if {
	some pod in pods.found
	some index, volume in pod.spec.volumes
	not view.opaque(volume)
	some kind, content in volume
	content != null
	not kind in _kinds
	path := array.concat(pod.path, ["volumes", index, kind])
	wrong := sprintf("a volume of kind %s is mounted by the node, past the drivers of the cluster", [kind])
}

# A folder of the node is HG-SV-004's.
_kinds := {
	"name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "hostPath", "image", "persistentVolumeClaim",
	"projected", "secret",
}

violation contains finding.at(path, host, "the kubelet would ask another host in the pod's place", "no host") if {
	some container in pods.containers
	some caller in ["livenessProbe", "readinessProbe", "startupProbe"]
	some way in ["httpGet", "tcpSocket"]
	host := container.spec[caller][way].host
	not host in {null, ""}
	path := array.concat(container.path, [caller, way, "host"])
}

violation contains finding.at(path, host, "the kubelet would ask another host in the pod's place", "no host") if {
	some container in pods.containers
	some event, action in container.spec.lifecycle
	some way in ["httpGet", "tcpSocket"]
	host := action[way].host
	not host in {null, ""}
	path := array.concat(container.path, ["lifecycle", event, way, "host"])
}

violation contains finding.at(path, kind, "whoever claims the volume has a folder of the node", "a volume of a CSI driver") if {
	input.resource.kind == "PersistentVolume"
	some kind in ["hostPath", "local"]
	path := ["spec", kind]
	view.value(path) != null
}

# What hides a setting could be any.
violation contains finding.at(place.path, view.value(place.path), "", "a value that can be read") if {
	some place in input.resource.opaque
	applies
	some segment in place.path
	segment in {"securityContext", "volumes"}
	_hides(place.path)
}

_hides(path) if path[count(path) - 1] in {
	"appArmorProfile", "hostProcess", "securityContext", "seLinuxOptions", "sysctls", "volumes", "windowsOptions",
}

_hides(path) if is_number(path[count(path) - 1])
