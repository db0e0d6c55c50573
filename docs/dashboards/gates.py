"""The gates and the ledger, as those who answer for them see them: what is reviewed, how soon, and is it recorded."""

from __future__ import annotations

from dashboards.panels import Board, Graph, Row, Variable

NAME = "gates"
_REVIEWS = 'job="gate",method="post",region=~"$region"'

BOARD = Board(
    uid="headgate-gates",
    title="Headgate / Gates and audit",
    words="What the admission gates review, how soon they answer, and whether the ledger records it.",
    variables=(Variable("region", "Region", 'label_values(up{job="gate"}, region)'),),
    rows=(
        Row(
            "What is reviewed?",
            (
                Graph(
                    "Gates",
                    "Gates that answer. None: every write to the cluster is refused.",
                    (('sum by (region) (up{job="gate",region=~"$region"})', "{{region}}"),),
                    is_flat=True,
                ),
                Graph(
                    "Reviews",
                    "Reviews a second.",
                    ((f"sum by (region) (rate(http_request_duration_seconds_count{{{_REVIEWS}}}[5m]))", "{{region}}"),),
                    "reqps",
                ),
                Graph(
                    "Time of a review, 99 %",
                    "The API server, and whoever writes, waits this long. At 10 s it gives up, and refuses.",
                    (
                        (
                            "histogram_quantile(0.99, sum by (region, le) "
                            f"(rate(http_request_duration_seconds_bucket{{{_REVIEWS}}}[5m])))",
                            "{{region}}",
                        ),
                    ),
                    "s",
                ),
            ),
        ),
        Row(
            "Is it recorded?",
            (
                Graph(
                    "Ledger",
                    "Whether the collector answers: 1 is yes.",
                    (('max(up{job="audit"})', "collector"),),
                    is_flat=True,
                ),
                Graph(
                    "Entries",
                    "Entries a second that the ledger takes. None, while there are reviews: nothing is recorded.",
                    (("sum(rate(headgate_ledger_entries_total[5m]))", "entries"),),
                    "ops",
                ),
                Graph(
                    "Not yet published",
                    "Entries that are durable, and that no checkpoint covers yet.",
                    (("sum(headgate_ledger_entries_total) - sum(headgate_ledger_published_total)", "entries"),),
                ),
            ),
        ),
        Row(
            "Does what it relies on answer?",
            (
                Graph(
                    "Registry",
                    "Whether the registry answers: 1 is yes.",
                    (('max(up{job="registry"})', "registry"),),
                    is_flat=True,
                ),
                Graph(
                    "Alerts of gates, ledger and registry",
                    "Those that fire.",
                    (
                        (
                            'sum by (alertname) (ALERTS{alertstate="firing",'
                            'alertname=~"(AdmissionGate|Ledger|Registry|ModelPulls).*"})',
                            "{{alertname}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
