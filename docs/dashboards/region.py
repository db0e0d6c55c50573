"""Regions, as the platform's on-call sees them: which serves, what it serves, and what is about to fail."""

from __future__ import annotations

from dashboards.panels import Board, Graph, Row, Variable

NAME = "region"
_HERE = 'region=~"$region"'
_DAY = 86400

BOARD = Board(
    uid="headgate-region",
    title="Headgate / Region",
    words="Which region serves, what it serves, and what is about to fail.",
    variables=(Variable("region", "Region", 'label_values(up{job="models"}, region)'),),
    rows=(
        Row(
            "Who serves?",
            (
                Graph(
                    "Model servers",
                    "Model servers that answer their scrape. None: the region serves nothing.",
                    ((f'sum by (region) (up{{job="models",{_HERE}}})', "{{region}}"),),
                    is_flat=True,
                ),
                Graph(
                    "Admission gates",
                    "Gates that answer. None: every write to the cluster is refused.",
                    ((f'sum by (region) (up{{job="gate",{_HERE}}})', "{{region}}"),),
                    is_flat=True,
                ),
                Graph(
                    "Alerts",
                    "Alerts that fire, the Watchdog left out.",
                    (
                        (
                            'sum by (alertname, severity) (ALERTS{alertstate="firing",alertname!="Watchdog"})',
                            "{{alertname}}",
                        ),
                    ),
                    is_flat=True,
                ),
            ),
        ),
        Row(
            "What does it serve?",
            (
                Graph(
                    "Requests",
                    "Requests a second, by region: a failover shows as one line falling and another rising.",
                    ((f"sum by (region) (model:headgate_inference_requests:rate5m{{{_HERE}}})", "{{region}}"),),
                    "reqps",
                ),
                Graph(
                    "Errors",
                    "Answers of 500 and above, a second.",
                    (
                        (
                            f'sum by (region) (rate(headgate_inference_requests_total{{{_HERE},code=~"5.."}}[5m]))',
                            "{{region}}",
                        ),
                    ),
                    "reqps",
                ),
                Graph(
                    "Queue",
                    "Requests that wait for a pod.",
                    ((f"sum by (region) (headgate_inference_queue{{{_HERE}}})", "{{region}}"),),
                ),
            ),
        ),
        Row(
            "What is about to fail?",
            (
                Graph(
                    "Pods not ready",
                    "Pods of models that do not serve yet, or no more.",
                    (
                        (
                            f'sum by (region, namespace) (headgate_model_pods{{{_HERE},ready="false"}})',
                            "{{region}} {{namespace}}",
                        ),
                    ),
                ),
                Graph(
                    "Pulls",
                    "Models brought to pods in ten minutes, by result.",
                    (
                        (
                            f"sum by (region, result) (increase(headgate_model_pulls_total{{{_HERE}}}[10m]))",
                            "{{region}} {{result}}",
                        ),
                    ),
                ),
                Graph(
                    "Certificates",
                    "Days until each certificate runs out. Renewal comes with 30 days left.",
                    (
                        (
                            "(min by (region, certificate) "
                            f"(headgate_certificate_not_after_timestamp_seconds{{{_HERE}}}) - time()) / {_DAY}",
                            "{{certificate}} {{region}}",
                        ),
                    ),
                    "d",
                ),
            ),
        ),
    ),
)
