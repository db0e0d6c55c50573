# METADATA
# title: Whether gate A's decisions are recorded
# description: |
#   A gate whose decisions nobody keeps lets nothing new through. OPA holds them in memory until the ledger's collector has
#   taken them, and drops the oldest when its buffer is full. How much waits, its own metrics say: they are asked for once a
#   second at most, and a gate that can't tell is one that does not record. What Kubernetes' own controllers make of what
#   was admitted, and recorded, before goes on while there is room, so that workloads scale and move meanwhile.
# scope: package
package main.recording

default holds := false

# Without a collector decisions go to the pods' own log.
holds if not _has_collector

holds if state == "well"

holds if {
	state == "behind"
	_goes_on
}

# Where recording must not stop serving, the owners of the rules have said so.
holds if _limits.when_behind == "warn"

# Told to whoever asked, and to the API server's own audit log.
cause := sprintf("headgate's decisions are not recorded now, so nothing new is let through: %s", [_why]) if {
	_has_collector
	state != "well"
}

_why := "how many wait for the audit ledger's collector can't be told" if state == "unknown"

_why := sprintf("%d KiB of them wait for the audit ledger's collector, and %d may; it opens again when those are taken", [
	round(_waiting / 1024),
	_limits.behind_kib,
]) if {
	state in {"behind", "full"}
}

default state := "unknown"

state := "well" if _waiting <= _limits.behind_kib * 1024

state := "behind" if {
	_waiting > _limits.behind_kib * 1024
	_waiting <= _limits.full_kib * 1024
}

state := "full" if _waiting > _limits.full_kib * 1024

_parameters := object.union(data.parameters.base, data.parameters[data.environment])

_limits := _parameters.audit.gate.unrecorded

# By what OPA was configured with, so that a gate which lost the way to its metrics is closed, not open.
_has_collector if opa.runtime().config.decision_logs.service

_waiting := to_number(found[0][1]) if {
	env := opa.runtime().env
	answer := http.send({
		"method": "get",
		"url": env.HEADGATE_METRICS,
		"tls_ca_cert_file": env.HEADGATE_METRICS_CA,
		"tls_server_name": env.HEADGATE_METRICS_NAME,
		"timeout": "1s",
		"raise_error": false,
		"force_cache": true,
		"caching_mode": "deserialized",
		"force_cache_duration_seconds": 1,
	})
	answer.status_code == 200
	found := regex.find_all_string_submatch_n(`(?m)^decision_logs_buffer_size_bytes (\S+)$`, answer.raw_body, 1)
}

# By the names that the API server has authenticated: the cluster's controllers and the platform's own.
_goes_on if input.request.userInfo.username in {"system:kube-scheduler", "system:kube-controller-manager"}

_goes_on if {
	some prefix in array.concat(["system:node:", "system:serviceaccount:kube-system:"], _of_the_platform)
	startswith(input.request.userInfo.username, prefix)
}

_of_the_platform := [sprintf("system:serviceaccount:%s:", [namespace]) |
	some namespace in _parameters.tenancy.platform_namespaces
]
