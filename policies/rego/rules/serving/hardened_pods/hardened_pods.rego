# METADATA
# scope: package
# title: Pods run without privileges
# description: |
#   A model's runtime reads files and answers requests. It needs no root, no host, no capability and nowhere to write
#   but its own volumes; what it does not have, nobody who breaks into it has. The rule asks for Pod Security
#   *restricted*, and a root file system that can't be written to and no secrets in environment variables, which end
#   up in dumps and logs. One program is excepted, by namespace, name, service account and image: the device plugin that
#   offers a node's GPUs (`serving.device_plugin` of the parameters), of which root and the kubelet's one folder, where
#   both talk to each other, are let through, and nothing else.
# custom:
#   id: HG-SV-004
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
#     Set on each container `securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true,
#     capabilities: {drop: [ALL]}}` and on the pod `securityContext: {runAsNonRoot: true, seccompProfile: {type:
#     RuntimeDefault}}`; write to an emptyDir, and mount secrets as files.
#   fix: the components set it, and no setting of a stack takes it back
#   since: 2025-01-01
#   deferrable: false
package rules.serving.hardened_pods

import data.lib.finding
import data.lib.pods
import data.lib.reference
import data.lib.view

applies if pods.any

# On the pod.
violation contains finding.at(path, value, wrong, sprintf("%s: false", [field])) if {
	some pod in pods.found
	some field, wrong in _of_the_host
	path := array.concat(pod.path, [field])
	value := view.at(pod.spec, [field])
	not value in {null, false}
}

violation contains finding.at(path, "hostPath", "a directory of the node is mounted", expected) if {
	some pod in pods.found
	some index, volume in pod.spec.volumes
	view.at(volume, ["hostPath"]) != null
	not _is_the_plugins_folder(volume)
	path := array.concat(pod.path, ["volumes", index, "hostPath"])
	expected := "emptyDir, an image volume, or a claim"
}

# A pod that can't be read could be anything.
violation contains finding.at(pod.path, pod.spec, "the pod has no specification that can be read", "containers") if {
	some pod in pods.found
	not is_array(view.at(pod.spec, ["containers"]))
}

# On each container, or on its pod for all.
violation contains finding.at(path, value, wrong, setting.write) if {
	some container in pods.containers
	some setting in _settings
	not _is_let_off(setting.path)
	field := array.concat(["securityContext"], setting.path)
	value := _effective(container, field, setting.inherited)
	not value in setting.good
	path := array.concat(container.path, field)
	wrong := sprintf("container %q %s", [pods.name_of(container), setting.wrong])
}

violation contains finding.at(path, user, wrong, "the number of a user other than 0") if {
	some container in pods.containers
	field := ["securityContext", "runAsUser"]
	not _is_device_plugin
	user := _effective(container, field, true)
	not _is_a_user(user)
	path := array.concat(container.path, field)
	wrong := sprintf("container %q runs as root", [pods.name_of(container)])
}

violation contains finding.at(path, dropped, wrong, "capabilities: {drop: [ALL]}") if {
	some container in pods.containers
	field := ["securityContext", "capabilities", "drop"]
	dropped := view.at(container.spec, field)
	not _drops_all(dropped)
	path := array.concat(container.path, field)
	wrong := sprintf("container %q keeps capabilities", [pods.name_of(container)])
}

violation contains finding.at(path, added, wrong, "no capability that is added") if {
	some container in pods.containers
	field := ["securityContext", "capabilities", "add"]
	added := view.at(container.spec, field)
	not added in {null, []}
	path := array.concat(container.path, field)
	wrong := sprintf("container %q adds capabilities", [pods.name_of(container)])
}

violation contains finding.at(path, port.hostPort, wrong, "a Service in front of the container's port") if {
	some container in pods.containers
	some index, port in container.spec.ports
	not view.at(port, ["hostPort"]) in {null, 0}
	path := array.concat(container.path, ["ports", index, "hostPort"])
	wrong := sprintf("container %q takes a port of the node", [pods.name_of(container)])
}

violation contains finding.at(path, "a secret", wrong, "the secret as a file, in a volume") if {
	some container in pods.containers
	some path in _secrets_in_environment(container)
	wrong := sprintf("container %q has a secret in its environment", [pods.name_of(container)])
}

# The kubelet's folder is root's: the plugin can do its work as nobody else.
_is_let_off(setting) if {
	setting == ["runAsNonRoot"]
	_is_device_plugin
}

_is_the_plugins_folder(volume) if {
	_is_device_plugin
	view.at(volume, ["hostPath", "path"]) == _plugin.folder
	view.at(volume, ["hostPath", "type"]) == "Directory"
}

_plugin := input.parameters.serving.device_plugin

# One container, of a named repository by digest, under a name and an account of its own, in the namespace of nothing else.
_is_device_plugin if {
	input.resource.provider == "kubernetes"
	view.value(["metadata", "namespace"]) == _plugin.namespace
	_has_its_name
	count(pods.found) == 1
	view.at(pods.found[0].spec, ["serviceAccountName"]) == _plugin.service_account
	count(pods.containers) == 1
	pods.containers[0].list == "containers"
	text := view.at(pods.containers[0].spec, ["image"])
	is_string(text)
	image := reference.parse(text)
	image.form == "oci"
	image.registry in input.parameters.registries.images
	image.repository in _plugin.repositories
	image.digest != ""
}

_has_its_name if {
	input.resource.kind == "DaemonSet"
	input.resource.group == "apps"
	view.value(["metadata", "name"]) == _plugin.name
}

# What the controller makes of it.
_has_its_name if {
	input.resource.kind == "Pod"
	input.resource.group == ""
	some owner in input.resource.properties.metadata.ownerReferences
	owner.controller == true
	owner.apiVersion == "apps/v1"
	owner.kind == "DaemonSet"
	owner.name == _plugin.name
}

_of_the_host := {
	"hostNetwork": "the pod is in the node's network",
	"hostPID": "the pod sees the node's processes",
	"hostIPC": "the pod shares memory with the node's processes",
}

_settings := [
	{"path": ["privileged"], "good": {null, false}, "inherited": false, "wrong": "is privileged", "write": "privileged: false"},
	{
		"path": ["allowPrivilegeEscalation"], "good": {false}, "inherited": false,
		"wrong": "may gain privileges", "write": "allowPrivilegeEscalation: false",
	},
	{
		"path": ["readOnlyRootFilesystem"], "good": {true}, "inherited": false,
		"wrong": "may write to its root file system", "write": "readOnlyRootFilesystem: true",
	},
	{"path": ["runAsNonRoot"], "good": {true}, "inherited": true, "wrong": "may run as root", "write": "runAsNonRoot: true"},
	{
		"path": ["seccompProfile", "type"], "good": {"RuntimeDefault", "Localhost"}, "inherited": true,
		"wrong": "has no seccomp profile", "write": "seccompProfile: {type: RuntimeDefault}",
	},
	{
		"path": ["procMount"], "good": {null, "Default"}, "inherited": false,
		"wrong": "sees what the kernel hides", "write": "procMount: Default",
	},
]

# What the container says counts; what it leaves out, its pod may say for it.
_effective(container, field, _) := own if {
	own := view.at(container.spec, field)
	own != null
}

_effective(container, field, inherited) := value if {
	view.at(container.spec, field) == null
	value := {true: view.at(container.pod, field), false: null}[inherited]
}

_is_a_user(user) if user == null

_is_a_user(user) if {
	is_number(user)
	user > 0
}

_drops_all(dropped) if {
	is_array(dropped)
	"ALL" in dropped
}

_secrets_in_environment(container) := {path |
	some index, variable in container.spec.env
	variable.valueFrom.secretKeyRef
	path := array.concat(container.path, ["env", index, "valueFrom", "secretKeyRef"])
} | {path |
	some index, source in container.spec.envFrom
	source.secretRef
	path := array.concat(container.path, ["envFrom", index, "secretRef"])
}
