# METADATA
# title: Which pods a selector finds
# description: |
#   Label selectors as Kubernetes reads them, and which workloads of a run the pods of which are found by each of a kind of
#   objects that select pods. Each selector is looked up by the rarest of its labels, so that a run of thousands of
#   objects is not compared pair by pair. Judges nothing.
# scope: package
# schemas:
#   - input: schema.relation_input
package lib.selection

import data.lib.stack
import data.lib.view

# Whether a selector finds what has these labels. An empty one finds everything, a missing one nothing.
matches(selector, labels) if {
	is_object(selector)
	not view.opaque(selector)
	every key, value in _or(selector, "matchLabels", {}) {
		is_string(value)
		labels[key] == value
	}
	every expression in _or(selector, "matchExpressions", []) {
		_holds(expression.operator, expression, labels)
	}
}

# What a selector finds may not be known yet.
late(selector) if view.opaque(selector)

late(selector) if view.opaque(selector.matchLabels)

late(selector) if {
	some value in selector.matchLabels
	view.opaque(value)
}

# The labels of the pods that a workload brings.
pod_labels(workload) := labels if {
	labels := object.get(workload.properties, ["spec", "template", "metadata", "labels"], {})
	is_object(labels)
}

# The positions of the budgets that find the pods of a workload.
budgets_of(index) := object.get(_budgets_of, index, set())

# The positions of the workloads whose pods a budget finds.
workloads_of(index) := object.get(_workloads_of, index, set())

workloads := stack.of_kinds({"Deployment", "StatefulSet", "Rollout", "ReplicaSet"})

budgets := stack.of_kinds({"PodDisruptionBudget"})

selector_of(index) := object.get(input.resources[index].properties, ["spec", "selector"], null)

_workloads_of := {budget: found |
	some budget in budgets
	found := {workload | some workload, theirs in _budgets_of; some other in theirs; other == budget}
}

_budgets_of := {workload: found |
	some workload in workloads
	labels := pod_labels(input.resources[workload])
	found := {budget |
		some budget in _candidates(stack.place(input.resources[workload]), labels)
		matches(selector_of(budget), labels)
	}
}

_candidates(place, labels) := {budget |
	some budget in _by_hook[array.concat(place, [null, null])]
} | {budget |
	some key, value in labels
	some budget in _by_hook[array.concat(place, [key, value])]
}

_by_hook := {hook: found |
	some hook in {hook | some hook in _hooks}
	found := {budget | some budget, other in _hooks; other == hook}
}

# Each budget by the rarest of the labels that it asks for; by none, where it asks for none.
_hooks := {budget: hook |
	some budget, keys in _keys
	hook := _hook(budget, keys)
}

_hook(_, keys) := sort([[_how_common[key], key] | some key in keys])[0][1] if count(keys) > 0

_hook(budget, keys) := array.concat(stack.place(input.resources[budget]), [null, null]) if count(keys) == 0

_how_common := {key: count(found) |
	some key in {key | some keys in _keys; some key in keys}
	found := {budget | some budget, keys in _keys; some other in keys; other == key}
}

_keys := {budget: keys |
	some budget in budgets
	place := stack.place(input.resources[budget])
	keys := {array.concat(place, [key, value]) |
		some key, value in selector_of(budget).matchLabels
		is_string(value)
	}
}

_holds("In", expression, labels) if _is_among(expression, labels)

_holds("NotIn", expression, labels) if not _is_among(expression, labels)

_holds("Exists", expression, labels) if _has(labels, expression.key)

_holds("DoesNotExist", expression, labels) if not _has(labels, expression.key)

_is_among(expression, labels) if labels[expression.key] in expression.values

_has(labels, key) if key in object.keys(labels)

# What the API writes as null is not there.
_or(value, name, _) := found if {
	found := object.get(value, name, null)
	found != null
}

_or(value, name, otherwise) := otherwise if object.get(value, name, null) == null
