"""An analysis that can't work: it would look at nothing, or could never say no, and let every new version through.

Where there is nothing to measure nothing is held against a new version, so such an analysis is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding
from headgate.stack.identity import Environment, StackName
from headgate.stack.platform import PlatformStack
from headgate.stack.serving import ServiceMonitor
from headgate.stack.strategy import Analysis, Canary
from headgate.stack.team import TeamStack

# The last bucket of headgate_inference_duration_seconds: whatever takes longer is read as this.
LONGEST_MS = 10_000
# Seconds between two measurements of a platform's collector (components.monitoring.scrape), and of a sandbox's.
MEASURED_EVERY, SANDBOX_EVERY = 30, 2
# A rate is the difference of two measurements.
_NEEDED = 2


@dataclass(frozen=True)
class Judged:
    """An analysis, and what it is of: where it is written, and what there is to measure."""

    path: KeyPath
    model: str
    analysis: Analysis
    canary: Canary | None
    promised: str
    monitor: ServiceMonitor | None = None


def judged(stack: TeamStack) -> Iterator[Judged]:
    """Yield the analyses of a team's models and language models."""
    for index, model in enumerate(stack.models):
        if model.strategy.analysis is not None:
            canary = model.strategy.canary
            path: KeyPath = ("models", index, "strategy", "canary" if canary else "bluegreen", "analysis")
            promised = f"the model promises {model.latency_objective_ms}"
            yield Judged(path, model.name, model.strategy.analysis, canary, promised, model.service_monitor)
    for index, language in enumerate(stack.language_models):
        if language.canary is not None and language.canary.analysis is not None:
            path = ("language_models", index, "canary", "analysis")
            promised = f"its answers begin in {language.objectives.time_to_first_token_ms}"
            yield Judged(path, language.name, language.canary.analysis, language.canary, promised)


def check_analysis(stack: TeamStack) -> Iterator[Finding]:
    """Yield limits that nothing reaches, and takeovers that are over before they can be aborted."""
    for each in judged(stack):
        if each.analysis.latency_ms is not None and each.analysis.latency_ms >= LONGEST_MS:
            yield Finding(
                (*each.path, "latency_ms"),
                "no request would ever be too slow",
                found=f"latency_ms {each.analysis.latency_ms}",
                expected=f"less than {LONGEST_MS}: what takes longer is measured as {LONGEST_MS}",
                fix=f"lower `latency_ms`; {each.promised}",
            )
        if each.canary is not None:
            yield from _too_short(each.path, each.canary, each.analysis)


def _too_short(path: KeyPath, canary: Canary, analysis: Analysis) -> Iterator[Finding]:
    """Yield a canary whose pauses hold fewer measurements than it takes to abort it; one for a person has no end."""
    pauses = [step.pause_seconds for step in canary.steps]
    seconds = sum(pause or 0 for pause in pauses)
    measured, needed = seconds // analysis.interval_seconds, analysis.failures + 1
    if None not in pauses and measured < needed:
        yield Finding(
            (*path, "interval_seconds"),
            "the canary is over before it can be aborted",
            found=f"{measured} measurements in {seconds} s of pauses",
            expected=f"{needed} or more: {analysis.failures} bad ones are borne, one more aborts",
            fix="lengthen the pauses, or lower `interval_seconds` or `failures`",
        )


def analysis_with_platform(stack: TeamStack, name: StackName, given: PlatformStack) -> Iterator[Finding]:
    """Yield analyses that find nothing in the platform's Prometheus."""
    for each in judged(stack):
        if not given.cluster.metrics:
            yield Finding(
                each.path,
                f"{name} measures nothing",
                found=f"an analysis of {each.model}",
                expected="a platform with `cluster.metrics: true`",
                fix="ask the platform owner for it, or leave `analysis` out",
            )
        least = _NEEDED * _measured_every(each.monitor, name)
        if each.analysis.interval_seconds < least:
            yield Finding(
                (*each.path, "interval_seconds"),
                "the analysis looks back on too little to see anything",
                found=f"{each.analysis.interval_seconds} s",
                expected=f"{least} or more: a rate takes two measurements, {least // _NEEDED} s apart",
                fix=f"write `interval_seconds: {least}`, and pauses to match",
            )


def _measured_every(monitor: ServiceMonitor | None, platform: StackName) -> int:
    """Return the seconds between two measurements of a model."""
    if platform.environment is Environment.SANDBOX:
        return SANDBOX_EVERY
    return monitor.interval_seconds if monitor else MEASURED_EVERY
