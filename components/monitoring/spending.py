"""What models and teams cost against what they may: pods by what they hold, language models by their tokens.

Owns the rules. What a pod holds, kube-state-metrics says; an hour's price is a tunable. It is an estimate of what the
team has its nodes for, beside the provider's own bill, which comes a day later and knows no models.
"""

from __future__ import annotations

from dataclasses import replace

from components.monitoring.rule import Alert, Group, Recording, Rule, Severity, exact
from components.monitoring.tunables import Spending
from components.monitoring.watched import WatchedModel, model_alert

REQUESTS = "kube_pod_container_resource_requests"
PHASE = "kube_pod_status_phase"
TOKENS = "headgate_tokens_total"
MODEL_HOURLY, TEAM_HOURLY = "model:headgate_spend:hourly", "team:headgate_spend:hourly"
_GIB = 2**30


def model_rules(watched: WatchedModel, owner: str, monthly: float, tune: Spending | None = None) -> Group:
    """Return what a model costs an hour, and the alert when a month at this pace is over its budget."""
    tune = tune or Spending()
    labels = {"team": watched.team, "model": watched.model}
    # The pods of a Rollout: its name, the hash of a template, five letters.
    pods = f'namespace="{watched.namespace}",pod=~"{watched.model}-[a-z0-9]+-[a-z0-9]{{5}}"'
    words = (
        f"{watched.model}: it costs more than its budget of {exact(monthly)} a month",
        "A month at this pace costs {{ $value | humanize }}, by the list prices of what its pods hold.",
    )
    pace = _pace(MODEL_HOURLY, labels, tune)
    alert = model_alert(
        watched, owner, "ModelSpendHigh", "cost", "spend-high", f"{pace} > {exact(monthly)}", words, tune.hold
    )
    name = f"spending-{watched.team}-{watched.model}"
    return Group(name, (Recording(MODEL_HOURLY, _hourly(pods, tune), labels), alert))


def team_rules(team: str, namespace: str, owner: str, monthly: float, tune: Spending | None = None) -> Group:
    """Return the same of all that a team runs, jobs and training among them."""
    tune = tune or Spending()
    rules: tuple[Rule, ...] = (
        Recording(TEAM_HOURLY, _hourly(f'namespace="{namespace}"', tune), {"team": team}),
        Alert(
            name="TeamSpendHigh",
            expr=f"{_pace(TEAM_HOURLY, {'team': team}, tune)} > {exact(monthly)}",
            severity=Severity.WARNING,
            owner=owner,
            runbook="spend-high",
            summary=f"Team {team} costs more than its budget of {exact(monthly)} a month",
            description="A month at this pace costs {{ $value | humanize }}, by the list prices of what its pods hold.",
            hold=tune.hold,
            labels={"team": team},
        ),
    )
    return Group(f"spending-{team}", rules)


def token_rules(watched: WatchedModel, owner: str, monthly: int, tune: Spending | None = None) -> Group:
    """Return the alerts on a language model's tokens: most of a month's are used, and callers are refused."""
    tune = tune or Spending()
    used = f"sum by (region) (increase({TOKENS}{{{watched.selector}}}[30d]))"
    asked = "headgate_inference_requests_total"
    refused = f'sum by (region) (rate({asked}{{{watched.selector},code="429"}}[5m]))'
    share = f"{refused} / sum by (region) (rate({asked}{{{watched.selector}}}[5m]))"
    running_out = (
        f"{watched.model}: most of its tokens of 30 days are used ({{{{ $labels.region }}}})",
        f"{{{{ $value | humanizePercentage }}}} of {monthly} (spending.tokens_per_month); then callers are refused.",
    )
    refusing = (
        f"{watched.model}: callers are refused for what it may spend ({{{{ $labels.region }}}})",
        "{{ $value | humanizePercentage }} of requests are over a limit of its tokens, of a minute or a month (429).",
    )
    alerts = (
        _token_alert(
            watched, owner, "LanguageModelTokensHigh", f"{used} / {monthly} > {tune.tokens_used}", running_out
        ),
        _token_alert(watched, owner, "LanguageModelRefuses", f"{share} > {tune.refused_ratio}", refusing),
    )
    return Group(
        f"tokens-{watched.team}-{watched.model}", tuple(replace(each, hold=tune.refused_for) for each in alerts)
    )


def _token_alert(watched: WatchedModel, owner: str, name: str, expr: str, words: tuple[str, str]) -> Alert:
    return model_alert(watched, owner, name, "cost", "tokens-spent", expr, words, "0s")


def _hourly(pods: str, tune: Spending) -> str:
    """Return what pods that run cost an hour. What has ended stands there for a week, and costs nothing."""
    running = f'on (namespace, pod) group_left () max by (namespace, pod) ({PHASE}{{{pods},phase="Running"}})'

    def held(resource: str) -> str:
        return f'(sum({REQUESTS}{{{pods},resource="{resource}"}} * {running}) or vector(0))'

    return (
        f"{held('cpu')} * {tune.cpu_hour} + {held('memory')} / {_GIB} * {tune.memory_gib_hour} "
        f"+ {held('nvidia_com_gpu')} * {tune.gpu_hour}"
    )


def _pace(series: str, labels: dict[str, str], tune: Spending) -> str:
    """Return what a month costs at the pace of the last hours."""
    chosen = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"avg_over_time({series}{{{chosen}}}[{tune.over}]) * {tune.hours_per_month:g}"
