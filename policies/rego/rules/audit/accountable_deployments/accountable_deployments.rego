# METADATA
# scope: package
# title: A deployment says whose it is, and which commit and change made it
# description: |
#   Who deployed what, when and why is asked long afterwards, of what runs. A deployment that names no owner and team has
#   nobody to ask, and one that names no commit and change can't be traced to what was reviewed. Each workload and each
#   endpoint that serves carries all four.
# custom:
#   id: HG-AU-005
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:CronJob
#     - kubernetes:DaemonSet
#     - kubernetes:Deployment
#     - kubernetes:InferenceService
#     - kubernetes:Job
#     - kubernetes:ReplicaSet
#     - kubernetes:ReplicationController
#     - kubernetes:Rollout
#     - kubernetes:StatefulSet
#     - azure-native:app:ContainerApp
#     - azure-native:machinelearningservices:BatchDeployment
#     - azure-native:machinelearningservices:OnlineDeployment
#   controls:
#     - ISO/IEC 27001:2022 A.5.9
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Deploy through the team's stack: its components write the labels `headgate.dev/owner`, `headgate.dev/team`,
#     `headgate.dev/commit` and `headgate.dev/change` (tags `owner`, `team`, `commit`, `change` in Azure) on all that they make. The
#     commit and the change come from the build system (HEADGATE_COMMIT, HEADGATE_CHANGE). Which of them may be `unrecorded` is
#     `audit.unrecorded` in `policies/parameters/`.
#   fix: the components label all that they make; commit and change come from the build system
#   since: 2025-01-01
#   deferrable: true
package rules.audit.accountable_deployments

import data.lib.finding
import data.lib.view

applies if not _is_brought

violation contains finding.at(path, value, wrong, expected) if {
	applies
	some name, expected in _expected
	path := _place(name)
	value := view.value(path)
	not _says(name, value)
	wrong := sprintf("the deployment names no %s", [name])
}

_expected := {
	"owner": "the group or person that answers for it",
	"team": "the team, or platform",
	"commit": "the commit that made it, 7 hex digits at least",
	"change": "the change request that asked for it",
}

# What a controller makes is accounted for by what owns it: a Job by its CronJob, a ReplicaSet by its Rollout.
_is_brought if {
	input.resource.kind in {"Job", "ReplicaSet"}
	some owner in input.resource.properties.metadata.ownerReferences
	owner.controller == true
}

_place(name) := ["metadata", "labels", sprintf("headgate.dev/%s", [name])] if input.resource.provider == "kubernetes"

_place(name) := ["tags", name] if input.resource.provider != "kubernetes"

_says(name, "unrecorded") if name in input.parameters.audit.unrecorded

_says("commit", value) if {
	is_string(value)
	regex.match(`^[0-9a-f]{7,64}$`, value)
}

_says(name, value) if {
	name != "commit"
	is_string(value)
	regex.match(`^[A-Za-z0-9]([A-Za-z0-9._/#-]*[A-Za-z0-9])?$`, value)
	not lower(value) in {"unrecorded", "unknown", "none", "null", "nobody", "na", "n-a", "n/a", "todo", "tbd", name}
}
