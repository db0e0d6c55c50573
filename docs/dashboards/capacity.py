"""What the platform's cost follows from: what pods ask for, what nodes offer, and what of it stands idle.

Prices are no measurement: `headgate stack cost` has them. By kube-state-metrics, which a cluster's collector scrapes by
itself.
"""

from __future__ import annotations

from dashboards.panels import Board, Graph, Row, Variable

NAME = "capacity"
_GPU = "nvidia_com_gpu"


def _asked(resource: str) -> str:
    """Return what the pods of each team ask for."""
    which = f'resource="{resource}",namespace=~"$namespace"'
    return f"sum by (namespace) (kube_pod_container_resource_requests{{{which}}})"


def _share(resource: str) -> str:
    """Return the share of what nodes offer that is asked for."""
    asked = f'sum(kube_pod_container_resource_requests{{resource="{resource}"}})'
    return f'{asked} / sum(kube_node_status_allocatable{{resource="{resource}"}})'


BOARD = Board(
    uid="headgate-capacity",
    title="Headgate / Cost drivers",
    words="What pods ask for, what nodes offer, and what of it stands idle. `headgate stack cost` knows the prices.",
    variables=(Variable("namespace", "Team", "label_values(kube_pod_container_resource_requests, namespace)"),),
    rows=(
        Row(
            "Who asks for what?",
            (
                Graph("CPUs", "Processors that each team's pods ask for.", ((_asked("cpu"), "{{namespace}}"),)),
                Graph("Memory", "Memory that they ask for.", ((_asked("memory"), "{{namespace}}"),), "bytes"),
                Graph("GPUs", "GPUs that they ask for: the dearest by far.", ((_asked(_GPU), "{{namespace}}"),)),
                Graph(
                    "Cost an hour",
                    "What the pods of teams that have a budget hold, by list prices.",
                    (("team:headgate_spend:hourly", "{{team}}"),),
                ),
            ),
        ),
        Row(
            "What stands idle?",
            (
                Graph(
                    "Share asked for",
                    "Of what nodes offer. Low for days: pools are larger than they need to be.",
                    ((_share("cpu"), "CPU"), (_share("memory"), "memory"), (_share(_GPU), "GPU")),
                    "percentunit",
                ),
                Graph(
                    "Busy GPUs",
                    "How busy they are, in percent. Near 100 for long: what comes next waits.",
                    (
                        (
                            'avg by (namespace, region) (DCGM_FI_DEV_GPU_UTIL{namespace=~"$namespace"})',
                            "{{namespace}} {{region}}",
                        ),
                    ),
                    "percent",
                ),
                Graph(
                    "Idle GPUs",
                    "GPUs that nodes offer and no pod asks for; each is paid for by the hour.",
                    (
                        (
                            f'sum(kube_node_status_allocatable{{resource="{_GPU}"}}) - '
                            f'(sum(kube_pod_container_resource_requests{{resource="{_GPU}"}}) or vector(0))',
                            "GPUs",
                        ),
                    ),
                ),
                Graph(
                    "Pods that wait for a node",
                    "Pending pods: a pool is at its bound, or nodes are on their way.",
                    (
                        (
                            'sum by (namespace) (kube_pod_status_phase{phase="Pending",namespace=~"$namespace"})',
                            "{{namespace}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "What does it buy?",
            (
                Graph(
                    "Requests a second for each CPU asked for",
                    "By team. It falls when replicas outnumber their traffic.",
                    (
                        (
                            'sum by (namespace) (model:headgate_inference_requests:rate5m{namespace=~"$namespace"}) '
                            f"/ {_asked('cpu')}",
                            "{{namespace}}",
                        ),
                    ),
                    "reqps",
                ),
            ),
        ),
    ),
)
