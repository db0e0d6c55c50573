"""What of a cluster's writes the admission gate is asked about. Pure: no Pulumi."""

from typing import Any

# What a cluster writes all the time to keep itself alive and that can carry neither image nor right: leases of nodes
# and controllers, events, endpoints, and the reviews by which the API server itself asks who somebody is.
GROUPS = (
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "metrics.k8s.io",
)
CORE = ("bindings", "componentstatuses", "endpoints", "events", "nodes")
# By which somebody gets into what runs, or asks it past the gateway.
SESSIONS = ("pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy")
TIMEOUT_SECONDS = 5
# What an API server brings of its own before it is ready: rights, flows, priorities, APIs, ranges of addresses.
OWN_GROUPS = (
    "apiregistration.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
)


def webhook(namespace: str, service: str) -> dict[str, Any]:
    """Return the webhook: closed on failure, blind to nothing of a team's."""
    return {
        "name": "admission.headgate.dev",
        "admission_review_versions": ["v1"],
        "client_config": {"service": {"namespace": namespace, "name": service, "path": "/", "port": 443}},
        "failure_policy": "Fail",
        "match_policy": "Equivalent",
        "side_effects": "NoneOnDryRun",
        "timeout_seconds": TIMEOUT_SECONDS,
        "rules": [
            # `*` leaves subresources out; of these, one adds containers to a running pod.
            _rule(["CREATE", "UPDATE"], ["*", "pods/ephemeralcontainers"]),
            # What takes all in it along. Everything else that goes is not asked about: a cluster's own controllers take
            # away what a workload or a namespace leaves behind all day, and must not wait for the gate.
            _rule(["DELETE"], ["namespaces", "customresourcedefinitions"]),
            # Sessions in what runs.
            _rule(["CONNECT"], list(SESSIONS)),
        ],
        # By the label that the API server itself writes: no team can give it to a namespace of its own.
        "namespace_selector": {
            "match_expressions": [
                {
                    "key": "kubernetes.io/metadata.name",
                    "operator": "NotIn",
                    "values": ["kube-system", namespace],
                }
            ]
        },
        "match_conditions": _conditions(),
    }


def _conditions() -> list[dict[str, str]]:
    """Return what has to hold of a request for the gate to be asked about it."""
    return [
        {"name": "not-the-clusters-own-heartbeat", "expression": f"!(request.resource.group in {_list(GROUPS)})"},
        {
            "name": "not-a-node-or-event",
            # A session goes through a node, too.
            "expression": (
                "request.operation == 'CONNECT' || "
                f"!(request.resource.group == '' && request.resource.resource in {_list(CORE)})"
            ),
        },
        # New ones come with an upgrade: refused, or with the gate down, an API server would end or not be ready.
        # Its name is nobody else's, but for who may impersonate anybody.
        {
            "name": "not-what-the-api-server-brings",
            "expression": (
                f"!(request.userInfo.username == 'system:apiserver' && request.resource.group in {_list(OWN_GROUPS)})"
            ),
        },
    ]


def _rule(operations: list[str], resources: list[str]) -> dict[str, Any]:
    every = ["*"]
    return {
        "api_groups": every,
        "api_versions": every,
        "operations": operations,
        "resources": resources,
        "scope": "*",
    }


def _list(names: tuple[str, ...]) -> str:
    """Return a CEL list."""
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"
