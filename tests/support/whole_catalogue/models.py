"""What serves: a model by each strategy, a language model, and a model at a site."""

from __future__ import annotations

from typing import Any

from components import names
from whole_catalogue.asked import (
    ENVIRONMENT,
    HOST,
    IDENTITY,
    LEFT_OUT,
    PLACE,
    SITE,
    TEAM,
    Fixed,
    Table,
    Turned,
    ownership,
)
from whole_catalogue.content import FIRST, LANGUAGE_MODEL, SECOND, model, program

_NONE = Fixed(LEFT_OUT, "asked for by another model here")
_STEPS = [{"weight": 50, "pause_seconds": 1}]
_MORE_STEPS = [{"weight": 25, "pause_seconds": 1}, {"weight": 50, "pause_seconds": 1}]


def strategies(region: str, prometheus: Any) -> dict[str, Table]:
    """Return a model by each way in which versions take turns, and one that is scaled by requests."""
    green = {"keep_seconds": 1, "promote_seconds": 1}
    return {
        "canary": _canary(region, prometheus),
        "bluegreen": _model(
            "bluegreen",
            strategy=Turned(
                {"bluegreen": green},
                {"bluegreen": {**green, "analysis": _analysis(prometheus, 0.9), "keep_seconds": 2}},
            ),
        ),
        "abtest": _model(
            "abtest",
            strategy=Turned(
                {"abtest": {"variant": _variant("abtest", 1), "header": "x-group", "value": "b"}},
                {"abtest": {"variant": _variant("abtest", 2), "cookie": "group"}},
            ),
        ),
        "shadow": _model(
            "shadow",
            strategy=Turned(*({"shadow": {"variant": _variant("shadow", replicas)}} for replicas in (1, 2))),
        ),
        "champion": _model(
            "champion",
            strategy=Turned(
                *(
                    {"champion_challenger": {"variant": _variant("champion", 1), "weight": weight}}
                    for weight in (10, 20)
                )
            ),
        ),
        "idle": _idle(region, prometheus),
    }


def _canary(region: str, prometheus: Any) -> Table:
    """Return a model with all that one may ask for."""
    monitor = {"cluster": names.cluster(ENVIRONMENT, region), "region": region}
    retraining = {"schedule": "0 3 1 * *", "drift": {"alert": "ModelFeatureDrift", "above": 0.2}}
    return _model(
        "canary",
        strategy=Turned(
            {"canary": {"steps": _STEPS, "analysis": _analysis(prometheus, 0.9)}},
            {"canary": {"steps": _MORE_STEPS, "analysis": _analysis(prometheus, 0.95)}},
        ),
        grpc_host=Turned(LEFT_OUT, names.grpc_host(TEAM, "canary", "m.dev.example.com")),
        service_monitor=Turned(
            {**monitor, "api_group": "azmonitoring.coreos.com"},
            {**monitor, "api_group": "azmonitoring.coreos.com", "interval_seconds": 15, "labels": {"team": TEAM}},
        ),
        response_cache=Turned({"seconds": 60}, {"seconds": 300, "megabytes": 32}),
        input_ranges=Turned(
            [{"feature": "amount", "least": 0.0, "most": 1000.0}], [{"feature": "amount", "least": 0.0, "most": 2000.0}]
        ),
        flags=Turned([{"name": "explain", "boolean": False}], [{"name": "explain", "boolean": True}]),
        paths=Turned(LEFT_OUT, ["/v1/canary"]),
        annotations=Turned({"headgate.dev/note": "first"}, {"headgate.dev/note": "second"}),
        retraining=Turned(
            retraining, {**retraining, "data": {"path": "abfss://in@hg.dfs.core.windows.net/", "after_files": 3}}
        ),
        fallback=Turned(_variant("canary", 1), _variant("canary", 2)),
        target_cpu_percent=Turned(60, 70),
    )


def _idle(region: str, prometheus: Any) -> Table:
    """Return a model that comes to be scaled by requests, down to none."""
    asked = {"prometheus": prometheus, "region": region, "requests_per_second": 20, "idle_seconds": 60}
    return _model("idle", scale_on_requests=Turned(LEFT_OUT, asked), target_cpu_percent=_NONE)


def _model(name: str, **more: Turned | Fixed) -> Table:
    """Return a model; what it does not ask for by itself, another here does."""
    optional = (
        "grpc_host",
        "target_cpu_percent",
        "scale_on",
        "scale_on_requests",
        "service_monitor",
        "response_cache",
        "flags",
        "input_ranges",
        "runtime_arguments",
        "paths",
        "annotations",
        "retraining",
        "strategy",
        "fallback",
    )
    return {
        **_served(name),
        "gpus": Fixed(LEFT_OUT, "the language model has them"),
        "min_replicas": Turned(1, 2),
        "max_replicas": Turned(3, 4),
        "latency_objective_ms": Turned(LEFT_OUT, 80),
        **dict.fromkeys(optional, _NONE),
        **more,
    }


def _served(name: str) -> dict[str, Turned | Fixed]:
    """Return what every way of serving takes."""
    return {
        "ownership": ownership(TEAM),
        "namespace": Fixed(names.namespace(TEAM), PLACE),
        "service_account": Turned("models", "others"),
        "model": Fixed(name, IDENTITY),
        "version": Turned(FIRST, SECOND),
        "model_image": Turned(model(name, FIRST), model(name, SECOND)),
        "runtime_image": Turned(program("oip-server", FIRST), program("oip-server", SECOND)),
        "host": HOST,
        "cpu": Turned("250m", "300m"),
        "memory": Turned("256Mi", "300Mi"),
    }


def _variant(name: str, replicas: int) -> dict[str, Any]:
    return {
        "version": SECOND,
        "model_image": model(name, SECOND),
        "runtime_image": program("oip-server", SECOND),
        "replicas": replicas,
    }


def _analysis(prometheus: Any, rate: float) -> dict[str, Any]:
    return {"prometheus": prometheus, "success_rate": rate, "latency_ms": 500, "interval_seconds": 1, "failures": 1}


def language(prometheus: Any) -> Table:
    """Return a language model on a GPU."""
    return {
        **_served(LANGUAGE_MODEL),
        "runtime_image": Turned(
            program("simulated-language-model", FIRST), program("simulated-language-model", SECOND)
        ),
        "gpus": Turned(1, 0),
        "min_replicas": Turned(1, 2),
        "max_replicas": Turned(1, 3),
        "context_tokens": Turned(LEFT_OUT, 4096),
        "tokens_in_flight": Turned(LEFT_OUT, 8192),
        "objectives": Turned(LEFT_OUT, {"time_to_first_token_ms": 800, "tokens_per_second": 25}),
        "spending": Turned(
            {"tokens_per_minute": 20000, "tokens_per_month": 50000000},
            {"tokens_per_minute": 30000, "tokens_per_month": 60000000},
        ),
        "safety": Turned(
            *({"suite": "assistant-safety", "evaluation": f"sha256:{digit * 64}"} for digit in ("1", "2"))
        ),
        "content_logging": Turned({"contents": "none", "days": 0}, {"contents": "masked", "days": 7}),
        "canary": Turned({"steps": _STEPS}, {"steps": _MORE_STEPS, "analysis": _analysis(prometheus, 0.9)}),
        "rollback": Turned(LEFT_OUT, "2026-01-31 from 1.2.0: answers too long"),
    }


def at_site() -> Table:
    """Return a model at the site."""
    return {
        **_served("canary"),
        "site": Fixed(SITE, IDENTITY),
        "mirror": Fixed(LEFT_OUT, "a site of the sandbox has none"),
        "host": Turned("models.plant-a.example.com", "m.plant-a.example.com"),
        "min_replicas": Turned(LEFT_OUT, 2),
        "max_replicas": Turned(LEFT_OUT, 3),
        "latency_objective_ms": Turned(LEFT_OUT, 80),
        "retraining": Turned(LEFT_OUT, {"schedule": "0 3 1 * *"}),
        "rollback": Turned(LEFT_OUT, "2026-01-31 from 1.2.0: drift"),
    }
