# METADATA
# title: Whether the gate is ready
# description: |
#   The gate's pods are asked for nothing before all that they decide by is loaded and whole: GET /health/ready. What is
#   loaded can't change while a pod lives, so this is looked at here, each few seconds, and not at every request. Why a
#   gate is not ready, OPA's own log says: a kubelet tells no more than that the answer was 500.
# scope: package
package system.health

default ready := false

ready if {
	_has_what_it_pulls
	count(_told) == 0
}

# Input here is what OPA says of its plugins, not what gates hand over.
_has_what_it_pulls if input.plugin_state.bundle == "OK"

_has_what_it_pulls if count(object.get(opa.runtime().config, "bundles", {})) == 0

_told contains error if {
	some error in _errors
	print("this gate is not ready and lets nothing through:", error)
}

# No answer is an error, too.
default _errors := {"there are no rules at all"}

_errors := found if {
	run := {"gate": data.gate, "phase": "apply", "environment": data.environment, "resources": []}
	found := data.main.errors with input as run
}
