"""How a model's versions take turns: a stack's strategy as the component's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.stack import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    import pulumi

    from components.contract import strategy as contract
    from headgate.stack import strategy as asked


def strategy(
    model: Model, team: str, image: Callable[[str, str], str], prometheus: Callable[[], pulumi.Output[str]]
) -> contract.Strategy:
    """Return the strategy that a stack chose; `image` names a repository's digest in the platform's registry.

    `prometheus` is asked for its address only where something is measured.
    """
    chosen = model.strategy
    if chosen.canary:
        return {"canary": canary_of(chosen.canary, prometheus)}
    if chosen.bluegreen:
        return {"bluegreen": _blue_green(chosen.bluegreen, prometheus)}
    second = chosen.variant
    assert second is not None  # noqa: S101 - the stack's checks see to it that one strategy is set
    version = variant(second, model, team, image)
    if chosen.abtest:
        return {"abtest": _ab_test(chosen.abtest, version)}
    if chosen.champion_challenger:
        return {"champion_challenger": {"variant": version, "weight": chosen.champion_challenger.weight}}
    return {"shadow": {"variant": version}}


def variant(second: asked.Variant, model: Model, team: str, image: Callable[[str, str], str]) -> contract.Variant:
    """Return a second version of a model."""
    runtime = second.runtime or model.runtime
    return {
        "version": second.version,
        "model_image": image(f"models/{team}/{model.name}", second.digest),
        "runtime_image": image(runtime.image, runtime.digest),
        "replicas": second.replicas,
    }


def canary_of(canary: asked.Canary, prometheus: Callable[[], pulumi.Output[str]]) -> contract.Canary:
    """Return a canary; `prometheus` is asked for its address only where something is measured."""
    made: contract.Canary = {"steps": [_step(step) for step in canary.steps]}
    if canary.analysis:
        made["analysis"] = _analysis(canary.analysis, prometheus())
    return made


def _step(step: asked.Step) -> contract.Step:
    if step.pause_seconds is None:
        return {"weight": step.weight}
    return {"weight": step.weight, "pause_seconds": step.pause_seconds}


def _blue_green(bluegreen: asked.BlueGreen, prometheus: Callable[[], pulumi.Output[str]]) -> contract.BlueGreen:
    made: contract.BlueGreen = {"keep_seconds": bluegreen.keep_seconds}
    if bluegreen.promote_seconds is not None:
        made["promote_seconds"] = bluegreen.promote_seconds
    if bluegreen.analysis:
        made["analysis"] = _analysis(bluegreen.analysis, prometheus())
    return made


def _ab_test(test: asked.AbTest, version: contract.Variant) -> contract.AbTest:
    if test.cookie:
        return {"variant": version, "cookie": test.cookie}
    return {"variant": version, "header": test.header or "", "value": test.value}


def _analysis(analysis: asked.Analysis, prometheus: pulumi.Output[str]) -> contract.Analysis:
    made: contract.Analysis = {
        "prometheus": prometheus,
        "success_rate": analysis.success_rate,
        "interval_seconds": analysis.interval_seconds,
        "failures": analysis.failures,
    }
    if analysis.latency_ms is not None:
        made["latency_ms"] = analysis.latency_ms
    return made
