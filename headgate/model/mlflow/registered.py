"""A version as an MLflow registry knows it, and the run that trained it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.model.errors import RegistryError
from headgate.model.mlflow.reference import Registered
from headgate.model.mlflow.server import TrackingServer

CONTEXT = "mlflow.data.context"


@dataclass(frozen=True)
class Dataset:
    """Data that a run was given; `context` says for what."""

    name: str
    digest: str
    context: str = ""


@dataclass(frozen=True)
class Run:
    """What a run logged. Of a metric, the last value; one that is no number is left out."""

    id: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()


@dataclass(frozen=True)
class Version:
    """A version, its run, and where its artifacts are."""

    name: str
    number: str
    artifacts: str
    run: Run = field(default_factory=Run)
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def find(server: TrackingServer, wanted: Registered) -> Version:
    """Read a version and its run."""
    try:
        row = _version(server, wanted)
        number = str(row["version"])
        if row.get("status", "READY") != "READY":
            raise RegistryError("MLflow is not done with this version", where=str(wanted), found=str(row["status"]))
        location = server.get("/mlflow/model-versions/get-download-uri", name=wanted.name, version=number)
        return Version(
            name=wanted.name,
            number=number,
            artifacts=str(location["artifact_uri"]),
            run=_run(server, str(row.get("run_id") or "")),
            aliases=tuple(sorted(str(each) for each in row.get("aliases") or ())),
            tags=_pairs(row.get("tags") or ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RegistryError(
            "MLflow's answer is incomplete", where=f"{server.uri} {wanted}", found=repr(error)
        ) from error


def _version(server: TrackingServer, wanted: Registered) -> Mapping[str, Any]:
    by_alias = {"name": wanted.name, "alias": wanted.alias}
    by_number = {"name": wanted.name, "version": wanted.number}
    path = "/mlflow/registered-models/alias" if wanted.alias else "/mlflow/model-versions/get"
    try:
        found: Mapping[str, Any] = server.get(path, **(by_alias if wanted.alias else by_number))["model_version"]
        return found
    except RegistryError as error:
        # MLflow calls an alias that does not exist an invalid parameter.
        if not (error.not_found or (wanted.alias and error.status == 400)):
            raise
        raise _absent(server, wanted) from error


def _absent(server: TrackingServer, wanted: Registered) -> RegistryError:
    """Say which part of a name is not there, and what is."""
    try:
        model = server.get("/mlflow/registered-models/get", name=wanted.name)["registered_model"]
    except RegistryError as error:
        if not error.not_found:
            return error
        return RegistryError(
            "MLflow has no such model",
            where=server.uri,
            found=wanted.name,
            fix=f"see which models there are: {server.uri}/#/models",
            status=404,
        )
    aliases = ", ".join(sorted(f"{each['alias']} ({each['version']})" for each in model.get("aliases") or ()))
    newest = max((int(each["version"]) for each in model.get("latest_versions") or ()), default=None)
    return RegistryError(
        f"this model has no such {'alias' if wanted.alias else 'version'} in MLflow",
        where=f"{server.uri} {wanted.name}",
        found=wanted.alias or wanted.number,
        expected=f"an alias: {aliases or 'there is none'}; or a version: the newest is {newest or 'none'}",
        status=404,
    )


def _run(server: TrackingServer, run_id: str) -> Run:
    """Read a run; a version that was registered without one has none."""
    if not run_id:
        return Run()
    run = server.get("/mlflow/runs/get", run_id=run_id)["run"]
    data = run.get("data") or {}
    numbers = {str(each["key"]): float(each["value"]) for each in data.get("metrics") or ()}
    rows = (run.get("inputs") or {}).get("dataset_inputs") or ()
    return Run(
        id=run_id,
        params=_pairs(data.get("params") or ()),
        metrics={name: value for name, value in sorted(numbers.items()) if math.isfinite(value)},
        tags=_pairs(data.get("tags") or ()),
        datasets=tuple(_dataset(each) for each in rows),
    )


def _dataset(row: Mapping[str, Any]) -> Dataset:
    said = row["dataset"]
    return Dataset(str(said["name"]), str(said["digest"]), _pairs(row.get("tags") or ()).get(CONTEXT, ""))


def _pairs(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return dict(sorted((str(each["key"]), str(each.get("value", ""))) for each in rows))
