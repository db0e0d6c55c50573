"""What MLflow knows of a version, as the lineage and evaluation that are attested here.

What MLflow does not know has to be said by a person, in a file; what it knows can't be contradicted there. A metric is
a number without a threshold: which one is good enough is said here, never there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from headgate.errors import HeadgateError
from headgate.model.mlflow.registered import Version
from headgate.model.proofs.documents import Evaluation, Kind, Lineage, validated
from headgate.stack.document import read_document

_COMMIT = "mlflow.source.git.commit"
_REPOSITORY = "mlflow.source.git.repoURL"
_PARTS = ("quality", "fairness", "explainability")
_WHERE_FROM = {
    "repository": f"tag {_REPOSITORY}",
    "commit": f"tag {_COMMIT}",
    "data": "a dataset logged with the context training",
    "run": "the run that it was registered from",
}


def lineage(server: str, version: Version, file: Path | None = None) -> dict[str, Any]:
    """Return where a version comes from; `file` says what MLflow does not know of it."""
    found, said = _known(version), _mapping(file) if file else {}
    for part, value in found.items():
        if part in said and said[part] != value:
            raise HeadgateError(
                f"MLflow says otherwise: {part}",
                where=str(file),
                found=str(said[part]),
                expected=str(value),
                fix=f"leave `{part}` out of the file",
            )
    whole = {"base_model": None, **said, **found}
    missing = [f"{part} ({_WHERE_FROM[part]})" for part in _WHERE_FROM if not whole.get(part)]
    if missing:
        raise HeadgateError(
            "MLflow does not know where this version comes from",
            where=f"{server} {version.name} {version.number}",
            found=f"no {', no '.join(missing)}",
            expected="code, commit, data and run",
            fix=f"write {', '.join(each.split(' ')[0] for each in missing)} into a file, as for `headgate model "
            "attest`: --lineage FILE",
        )
    whole["imported"] = _origin(server, version)
    try:
        return Lineage.model_validate(whole).model_dump(mode="json")
    except ValidationError as error:
        rows = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise HeadgateError(
            "this is no lineage",
            where=str(file) if file else f"{server} {version.name} {version.number}",
            found="; ".join(rows),
            fix="correct the run's tags and datasets in MLflow, or the file of --lineage",
        ) from error


def _known(version: Version) -> dict[str, Any]:
    run = version.run
    data = [each for each in run.datasets if not each.context or each.context.lower().startswith("train")]
    rows = {
        "repository": _without_credentials(run.tags.get(_REPOSITORY, "")),
        "commit": run.tags.get(_COMMIT, "").lower(),
        "data": [{"name": name, "version": digest} for name, digest in sorted({(d.name, d.digest) for d in data})],
        "run": run.id,
    }
    return {part: value for part, value in rows.items() if value}


def _origin(server: str, version: Version) -> dict[str, Any]:
    """Return the registry's own record; tags of MLflow's own (who, on which machine) stay where they are."""
    tags = {**version.run.tags, **version.tags}
    return {
        "registry": server,
        "model": version.name,
        "version": version.number,
        "aliases": list(version.aliases),
        "params": dict(version.run.params),
        "metrics": dict(version.run.metrics),
        "tags": {name: value for name, value in sorted(tags.items()) if not name.startswith("mlflow.")},
    }


def evaluation(version: Version, file: Path) -> dict[str, Any]:
    """Return an evaluation: thresholds and groups of the file, and the run's metric where it leaves out a `value`."""
    document = read_document(file)
    value = {**_mapping(file)}
    absent: list[str] = []
    for part in _PARTS:
        if isinstance(value.get(part), list):
            value[part] = [_measured(each, version.run.metrics, absent) for each in value[part]]
    if absent:
        raise HeadgateError(
            "the run has no such metric",
            where=str(file),
            found=", ".join(absent),
            expected=f"one of: {', '.join(version.run.metrics) or 'none was logged'}",
            fix="correct the name, or write the `value` into the file",
        )
    said = validated(Kind.EVALUATION, value, document.origin)
    return Evaluation.model_validate(said).model_dump(mode="json", exclude_none=True)


def _measured(row: Any, metrics: Mapping[str, float], absent: list[str]) -> Any:
    if not isinstance(row, Mapping) or "value" in row:
        return row
    name = str(row.get("name"))
    if name not in metrics:
        absent.append(name)
    return {**row, "value": metrics.get(name, 0.0)}


def _mapping(file: Path) -> dict[str, Any]:
    value = read_document(file).value
    if isinstance(value, dict):
        return value
    raise HeadgateError("not a document of fields", where=str(file), expected="field: value, in YAML or JSON")


def _without_credentials(address: str) -> str:
    """Return a repository's address without the token that a pipeline's clone may have left in it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return address
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
