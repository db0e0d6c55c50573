# METADATA
# scope: package
# title: A model that is served has an autoscaler
# description: |
#   Traffic to a model is not known in advance. A fixed number of replicas either wastes machines or fails under load, so
#   each workload that serves a model is the target of an autoscaler in its own namespace and cluster.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-SV-001
#   severity: medium
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Deploy the model with ModelDeployment, which brings its autoscaler, or add a HorizontalPodAutoscaler whose
#     `spec.scaleTargetRef` names the workload by kind and name.
#   fix: the components make the autoscaler of every model that the stack's file names
#   since: 2025-01-01
#   deferrable: true
package rules.serving.autoscaler

import data.lib.stack

applies contains index if {
	some index in stack.of_kinds({"Deployment", "StatefulSet", "Rollout"})
	stack.serves_model(input.resources[index])
}

violation contains {"msg": msg, "details": details} if {
	some index in applies
	workload := input.resources[index]
	not _scaled(workload)
	msg := sprintf("%s %q serves a model and has no autoscaler", [workload.kind, stack.name_of(workload)])
	details := {
		"resource": index,
		"property": "spec",
		"path": ["spec"],
		"found": "no HorizontalPodAutoscaler or ScaledObject that targets it",
		"expected": sprintf("an autoscaler with scaleTargetRef {kind: %s, name: %s}", [workload.kind, stack.name_of(workload)]),
		"undetermined": _late(workload),
	}
}

_scaled(workload) if array.concat(stack.place(workload), [workload.kind, stack.name_of(workload)]) in _targets

# What autoscalers target: place, kind and name. A ScaledObject that names no kind means a Deployment.
_targets contains array.concat(stack.place(scaler), [kind, name]) if {
	some index in stack.of_kinds({"HorizontalPodAutoscaler", "ScaledObject"})
	scaler := input.resources[index]
	kind := object.get(scaler.properties, ["spec", "scaleTargetRef", "kind"], "Deployment")
	name := object.get(scaler.properties, ["spec", "scaleTargetRef", "name"], null)
}

# Whom an autoscaler here targets may only be known at the update.
default _late(_) := false

_late(workload) if {
	some why in ["unknown", "secret"]
	marker := {sprintf("$%s", [why]): true}
	array.concat(stack.place(workload), [workload.kind, marker]) in _targets
}
