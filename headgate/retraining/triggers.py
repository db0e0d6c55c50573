"""What is asked for: calls of Alertmanager, Azure Monitor, Event Grid and an OCI registry, as triggers of one form.

Pure. Owns the forms of the calls. A call that is none of them is refused; what it says of models and places is not
believed here, but compared with the pipelines that there are.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_BLOB_CREATED = "Microsoft.Storage.BlobCreated"
_STORAGE = re.compile(r"([a-z0-9]{3,24})\.(?:blob|dfs)\.core\.windows\.net")


@dataclass(frozen=True)
class Drift:
    """An alert that stands: of which model, by which name, since when."""

    alert: str
    team: str
    model: str
    since: datetime.datetime


@dataclass(frozen=True)
class Arrival:
    """Something new at a place: a file of a storage account, or a tag of a registry's repository."""

    place: str
    event: str
    """What makes it the same event when it is told twice."""


def alerts_of(document: Any) -> list[Drift]:
    """Return the alerts that stand in a call of Alertmanager's webhook; what is over asks for nothing."""
    rows = document.get("alerts") if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        raise ValueError("expected Alertmanager's webhook document: an object with `alerts`")
    return [_drift(row["labels"], row["startsAt"]) for row in rows if row["status"] == "firing"]


def azure_alerts_of(document: Any) -> list[Drift]:
    """Return the alert of a call of an Azure action group, in the common alert schema."""
    try:
        essentials = document["data"]["essentials"]
        labels = document["data"]["alertContext"]["labels"]
        if essentials["monitorCondition"] != "Fired":
            return []
        return [_drift({"alertname": essentials["alertRule"], **labels}, essentials["firedDateTime"])]
    except (KeyError, TypeError) as error:
        raise ValueError(f"expected Azure's common alert schema, of a Prometheus rule: {error!r}") from error


def arrivals_of(document: Any) -> list[Arrival]:
    """Return what has arrived, from events of Event Grid or of an OCI registry's notifications."""
    if isinstance(document, Mapping) and isinstance(document.get("events"), list):
        return [each for row in document["events"] for each in _pushed(row)]
    if isinstance(document, list):
        return [
            Arrival(_storage_place(row["data"]["url"]), f"{row['data'].get('eTag', '')} {row['data']['url']}")
            for row in document
            if row["eventType"] == _BLOB_CREATED
        ]
    raise ValueError("expected events of Event Grid (an array) or of a registry (an object with `events`)")


def validation_of(document: Any) -> str | None:
    """Return the code that Event Grid wants to hear again, where a call asks for it."""
    for row in document if isinstance(document, list) else ():
        if row.get("eventType") == "Microsoft.EventGrid.SubscriptionValidationEvent":
            return str(row["data"]["validationCode"])
    return None


def place_of(path: str) -> str:
    """Return a place as it is compared: a storage path by account, container and path, whatever the scheme."""
    parts = urlsplit(path)
    if parts.scheme in ("abfs", "abfss", "wasbs"):
        account = _STORAGE.fullmatch(parts.hostname or "")
        return f"{account[1] if account else parts.hostname}/{parts.username or ''}{parts.path}".rstrip("/")
    if _STORAGE.fullmatch(parts.hostname or ""):
        return _storage_place(path).rstrip("/")
    return f"{parts.netloc}{parts.path}".rstrip("/")


def arrives_at(arrival: Arrival, path: str) -> bool:
    """Say whether something arrived at a pipeline's path, or below it."""
    place = place_of(path)
    return bool(place) and (arrival.place == place or arrival.place.startswith((f"{place}/", f"{place}:")))


def newest(drifts: Iterable[Drift]) -> datetime.datetime:
    """Return since when the newest of several alerts stands."""
    return max(drift.since for drift in drifts)


def _drift(labels: Mapping[str, Any], since: str) -> Drift:
    when = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", since))
    if when.tzinfo is None:
        raise ValueError(f"{since!r} is a time without a zone")
    return Drift(str(labels["alertname"]), str(labels.get("team", "")), str(labels.get("model", "")), when)


def _pushed(row: Mapping[str, Any]) -> Iterable[Arrival]:
    """Yield what a registry's event tells, where a tag was pushed: a digest alone marks nothing."""
    target = row.get("target") or {}
    if row.get("action") == "push" and target.get("tag"):
        host = (row.get("request") or {}).get("host", "")
        place = "/".join(part for part in (host, target["repository"]) if part)
        yield Arrival(f"{place}:{target['tag']}", str(target.get("digest") or row["id"]))


def _storage_place(url: str) -> str:
    parts = urlsplit(url)
    account = _STORAGE.fullmatch(parts.hostname or "")
    return f"{account[1] if account else parts.hostname}{parts.path}"
