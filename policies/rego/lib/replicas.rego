# METADATA
# title: How many replicas a workload has
# description: |
#   The fewest pods that a workload may have: its autoscaler's lower bound, where there is one, else its own number.
#   Judges nothing.
# scope: package
# schemas:
#   - input: schema.relation_input
package lib.replicas

import data.lib.stack
import data.lib.view

# At least one, for a workload that is asleep has nothing to protect; a marker where it is not known yet.
least(workload) := max([1, min(bounds)]) if {
	bounds := _bounds(workload)
	count(bounds) > 0
	every bound in bounds {
		is_number(bound)
	}
}

least(workload) := bound if {
	some bound in _bounds(workload)
	view.opaque(bound)
}

least(workload) := _own(workload) if count(_bounds(workload)) == 0

_bounds(workload) := {bound |
	some bound in _by_target[array.concat(stack.place(workload), [workload.kind, stack.name_of(workload)])]
}

_by_target := {target: found |
	some target in {target | some [target, _] in _lower}
	found := {bound | some [other, bound] in _lower; other == target}
}

# A number that is not written is one, as Kubernetes has it.
_own(workload) := replicas if {
	replicas := object.get(workload.properties, ["spec", "replicas"], 1)
	replicas != null
}

_own(workload) := 1 if object.get(workload.properties, ["spec", "replicas"], 1) == null

# Lower bounds by what they are of: place, kind and name. KEDA's is none where it is not written.
_lower contains [target, bound] if {
	some kind, [field, otherwise] in {
		"HorizontalPodAutoscaler": ["minReplicas", 1],
		"ScaledObject": ["minReplicaCount", 0],
	}
	some index in stack.of_kinds({kind})
	scaler := input.resources[index]
	target := array.concat(stack.place(scaler), [
		object.get(scaler.properties, ["spec", "scaleTargetRef", "kind"], "Deployment"),
		object.get(scaler.properties, ["spec", "scaleTargetRef", "name"], null),
	])
	bound := object.get(scaler.properties, ["spec", field], otherwise)
}
