"""What is watched of what a model is asked with: values that are missing or impossible, requests that do not fit it.

Owns the names of the counts, which the runtime that serves a model keeps by feature, and the alerts on them. What is
possible, the team's stack says; the runtime is told of it (`--input-range`).
"""

from __future__ import annotations

from components.monitoring.rule import Alert, Group
from components.monitoring.tunables import Inputs
from components.monitoring.watched import WHERE, WatchedModel, model_alert

VALUES = "headgate_model_input_values_total"
FAULTS = "headgate_model_input_faults_total"
COUNTS = (VALUES, FAULTS)
MISSING, OUT_OF_RANGE = "missing", "out_of_range"


def rules(watched: WatchedModel, owner: str, tune: Inputs | None = None) -> Group:
    """Return a model's alerts on its inputs."""
    tune = tune or Inputs()

    def alert(name: str, expr: str, summary: str, description: str) -> Alert:
        words = (f"{watched.model}: {summary} ({WHERE})", description)
        return model_alert(watched, owner, name, "data-quality", "model-inputs", expr, words, tune.hold)

    return Group(
        f"inputs-{watched.team}-{watched.model}",
        (
            alert(
                "ModelInputMissing",
                f"{_share(watched, MISSING, tune.over)} > {tune.missing_ratio}",
                "{{ $labels.feature }} is missing",
                f"{{{{ $value | humanizePercentage }}}} of its values of the last {tune.over} are no numbers.",
            ),
            alert(
                "ModelInputOutOfRange",
                f"{_share(watched, OUT_OF_RANGE, tune.over)} > {tune.out_of_range_ratio}",
                "{{ $labels.feature }} is impossible",
                f"{{{{ $value | humanizePercentage }}}} of its values of the last {tune.over} are outside of the range "
                "that the team's stack gives.",
            ),
            alert(
                "ModelInputSchema",
                f"{_refused(watched, tune.over)} > {tune.schema_ratio}",
                "requests do not fit it",
                f"{{{{ $value | humanizePercentage }}}} of the requests of the last {tune.over} had inputs of another "
                "name, type or shape (400).",
            ),
        ),
    )


def _share(watched: WatchedModel, fault: str, over: str) -> str:
    """Return the share of a feature's values that have a fault."""
    by = "sum by (region, version, feature)"
    faults = f'{by} (rate({FAULTS}{{{watched.selector},fault="{fault}"}}[{over}]))'
    return f"{faults} / {by} (rate({VALUES}{{{watched.selector}}}[{over}]))"


def _refused(watched: WatchedModel, over: str) -> str:
    """Return the share of requests that the model's signature refuses."""
    by, asked = "sum by (region, version)", "headgate_inference_requests_total"
    refused = f'{by} (rate({asked}{{{watched.selector},code="400"}}[{over}]))'
    return f"{refused} / {by} (rate({asked}{{{watched.selector}}}[{over}]))"
