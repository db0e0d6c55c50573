"""What a team runs in its namespace that ends."""

from __future__ import annotations

from typing import Any

import pulumi

from components import names
from whole_catalogue.asked import HOME, IDENTITY, LEFT_OUT, PLACE, TEAM, Fixed, Table, Turned, ownership
from whole_catalogue.content import FIRST, SECOND, SERVER, model, program


def batch(region: str, client_id: Any) -> Table:
    """Return a job that scores."""
    return {
        **_work(region, client_id),
        "job": Fixed("scoring", IDENTITY),
        "model": Fixed("canary", IDENTITY),
        "version": Turned(FIRST, SECOND),
        "model_image": Turned(model("canary", FIRST), model("canary", SECOND)),
        "runtime_image": _program("simulated-batch-scorer"),
        "source": Turned("abfss://a@hg.dfs.core.windows.net/day", "abfss://b@hg.dfs.core.windows.net/day"),
        "target": Turned("abfss://a@hg.dfs.core.windows.net/out", "abfss://b@hg.dfs.core.windows.net/out"),
        "schedule": Turned("30 2 * * *", "0 4 * * *"),
        "time_zone": Turned(LEFT_OUT, "Asia/Dubai"),
        "shards": Turned(2, 4),
        "parallel": Turned(LEFT_OUT, 2),
    }


def training(region: str, client_id: Any) -> Table:
    """Return what makes candidates."""
    drift = {"drift": {"alert": "ModelFeatureDrift", "above": 0.2}}
    return {
        **_work(region, client_id),
        "pipeline": Fixed("training", IDENTITY),
        "model": Fixed("canary", IDENTITY),
        "registry": Fixed(SERVER, PLACE),
        "trainer_image": _program("simulated-trainer"),
        "dataset": Turned("abfss://a@hg.dfs.core.windows.net/", "abfss://b@hg.dfs.core.windows.net/"),
        "triggers": Turned(drift, {**drift, "schedule": "0 3 * * 0", "time_zone": "Asia/Dubai"}),
        "scratch": Turned("1Gi", "2Gi"),
    }


def receiver() -> Table:
    """Return what starts pipelines when an alert or new data asks for it."""
    ledger = {"url": "https://audit.example.com/v1/entries", "token": pulumi.Output.secret("of the collector")}
    return {
        "ownership": ownership(TEAM),
        "namespace": Fixed(names.namespace(TEAM), PLACE),
        "image": _program("simulated-receiver"),
        "token": Turned(pulumi.Output.secret("first"), pulumi.Output.secret("second")),
        "ledger": Turned(ledger, {**ledger, "url": "https://ledger.example.com/v1/entries"}),
        "callers": Turned(["monitoring"], ["monitoring", "headgate-gateway"]),
        "replicas": Turned(1, 2),
    }


def _work(region: str, client_id: Any) -> dict[str, Turned | Fixed]:
    return {
        "ownership": ownership(TEAM),
        "namespace": Fixed(names.namespace(TEAM), PLACE),
        "cpu": Turned("250m", "500m"),
        "memory": Turned("256Mi", "512Mi"),
        "gpus": Turned(LEFT_OUT, 1),
        "active": Turned(before=region == HOME, after=region != HOME),
        "deadline_minutes": Turned(LEFT_OUT, 30),
        "retries": Turned(LEFT_OUT, 0),
        "priority": Turned(LEFT_OUT, "headgate-training"),
        "queue": Turned(LEFT_OUT, "team"),
        "networks": Turned(["10.90.0.0/24"], ["10.91.0.0/24"]),
        "client_id": Turned(LEFT_OUT, client_id),
    }


def _program(name: str) -> Turned:
    return Turned(program(name, FIRST), program(name, SECOND))
