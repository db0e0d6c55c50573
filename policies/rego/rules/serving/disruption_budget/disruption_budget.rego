# METADATA
# scope: package
# title: A model has a disruption budget that can be met
# description: |
#   Nodes are drained at every upgrade. Without a budget all replicas of a model may go at once; with one that lets no pod
#   go, and with two over the same pods, no node can ever be drained, and the upgrade ends in force.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-SV-007
#   severity: medium
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.30
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Deploy the model with ModelDeployment, which brings its budget, or add a PodDisruptionBudget that selects the pods of
#     the workload with `maxUnavailable: 1`. Where it says `minAvailable`, let that be less than the fewest replicas.
#   fix: the components make the budget of every model, out of its replicas
#   since: 2025-01-01
#   deferrable: true
package rules.serving.disruption_budget

import data.lib.finding
import data.lib.replicas
import data.lib.selection
import data.lib.stack
import data.lib.view

applies contains index if some index in _models

applies contains index if some index in selection.budgets

violation contains {"msg": msg, "details": details} if {
	some index in _models
	workload := input.resources[index]
	count(selection.budgets_of(index)) == 0
	msg := sprintf("%s %q serves a model and has no disruption budget", [workload.kind, stack.name_of(workload)])
	details := {
		"resource": index,
		"property": "spec",
		"path": ["spec"],
		"found": "no PodDisruptionBudget that selects its pods",
		"expected": "a PodDisruptionBudget with maxUnavailable: 1 and the selector of the workload",
		"undetermined": _late(workload),
	}
}

violation contains finding.on(index, ["spec", "selector"], named, wrong, "one budget for the pods, and no other") if {
	some index in selection.workloads
	found := selection.budgets_of(index)
	count(found) > 1
	workload := input.resources[index]
	named := concat(", ", sort([stack.name_of(input.resources[budget]) | some budget in found]))
	wrong := sprintf(
		"the pods of %s %q are under %d disruption budgets: Kubernetes evicts none of them",
		[workload.kind, stack.name_of(workload), count(found)],
	)
}

# What the budget says, whatever it selects.
violation contains finding.on(index, ["spec", field], value, wrong, "maxUnavailable: 1") if {
	some index in selection.budgets
	some field in ["minAvailable", "maxUnavailable"]
	value := _said(index, field)
	value != null
	wrong := _plainly_wrong(field, value)
}

violation contains finding.on(index, ["spec"], null, "the disruption budget says nothing", "maxUnavailable: 1") if {
	some index in selection.budgets
	every field in ["minAvailable", "maxUnavailable"] {
		_said(index, field) == null
	}
}

# What it says of the pods that it selects here.
violation contains finding.on(index, ["spec", "minAvailable"], value, wrong, sprintf("at most %d", [least - 1])) if {
	some index in selection.budgets
	value := _said(index, "minAvailable")
	not _plainly_wrong("minAvailable", value)
	least := _least_of(index)
	least > 1
	_pods(value, least) >= least
	wrong := sprintf("the disruption budget lets no pod go when there are %d, the fewest that there may be", [least])
}

violation contains finding.on(index, ["spec", "minAvailable"], value, wrong, "maxUnavailable: 1") if {
	some index in selection.budgets
	value := _said(index, "minAvailable")
	not _plainly_wrong("minAvailable", value)
	_least_of(index) == 1
	_pods(value, 1) >= 1
	wrong := "the disruption budget never lets the only pod go"
}

violation contains finding.on(index, ["spec", "minAvailable"], unknown, "", "at most one less than the fewest replicas") if {
	some index in selection.budgets
	_said(index, "minAvailable") != null
	some workload in selection.workloads_of(index)
	unknown := replicas.least(input.resources[workload])
	view.opaque(unknown)
}

_models := {index |
	some index in stack.of_kinds({"Deployment", "StatefulSet", "Rollout"})
	stack.serves_model(input.resources[index])
}

_said(index, field) := object.get(input.resources[index].properties, ["spec", field], null)

# The words for what is wrong with a value of its own.
_plainly_wrong(_, value) := "unknown" if view.opaque(value)

_plainly_wrong("maxUnavailable", value) := "the disruption budget never lets a pod go" if value in {0, "0%"}

_plainly_wrong("minAvailable", "100%") := "the disruption budget never lets a pod go"

_plainly_wrong("maxUnavailable", "100%") := "the disruption budget lets all pods go at once"

_plainly_wrong("minAvailable", value) := "the disruption budget lets all pods go at once" if value in {0, "0%"}

# The fewest pods that the budget may find: those of all its workloads.
_least_of(index) := sum([least |
	some workload in selection.workloads_of(index)
	least := replicas.least(input.resources[workload])
	is_number(least)
])

_pods(value, _) := value if is_number(value)

# Kubernetes rounds up.
_pods(value, least) := ceil((share * least) / 100) if {
	is_string(value)
	regex.match(`^[0-9]+%$`, value)
	share := to_number(trim_suffix(value, "%"))
}

# What a budget here selects may only be known at the update.
default _late(_) := false

_late(workload) if array.concat(stack.place(workload), [true]) in _late_places

_late_places contains array.concat(stack.place(input.resources[index]), [true]) if {
	some index in selection.budgets
	selection.late(selection.selector_of(index))
}
