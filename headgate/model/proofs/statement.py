"""In-toto statements about one model version: which manifest they are about, what they say, and when it was said."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.dsse import document_of
from headgate.model.proofs.fault import ProofError, Wrong

TYPE = "https://in-toto.io/Statement/v1"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
# Clocks differ a little; what is dated later than this was dated by somebody who wants it to be the newest for long.
_AHEAD = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Statement:
    """What was said, of the version that it was read for."""

    predicate: Mapping[str, Any]
    at: datetime.datetime


def now() -> datetime.datetime:
    """Return the time: in UTC, to the microsecond, so that of two statements one is the newer."""
    return datetime.datetime.now(datetime.UTC)


def written(at: datetime.datetime) -> str:
    """Write a time."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: Any, latest: datetime.datetime) -> datetime.datetime:
    """Read the time of a statement, which is not after `latest` but for what clocks differ."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ProofError(Wrong.UNREADABLE, f"a time that is none: {text!r}")
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise ProofError(Wrong.UNREADABLE, f"a time that is none: {text!r}") from error
    if at > latest + _AHEAD:
        raise ProofError(Wrong.TAMPERED, f"dated {text}, which is yet to come")
    return at


def make(model: ModelVersion, kind: str, predicate: Mapping[str, Any], at: datetime.datetime) -> bytes:
    """Return the payload of a statement. The time is part of the predicate, and signed with it."""
    document = {
        "_type": TYPE,
        "subject": [{"name": f"{model.repository}", "digest": {"sha256": model.digest.removeprefix("sha256:")}}],
        "predicateType": kind,
        "predicate": {**predicate, "at": written(at)},
    }
    return canonical(document)


def read(payload: bytes, model: ModelVersion, kind: str, latest: datetime.datetime) -> Statement:
    """Read a payload whose signature was verified, as a statement of this kind about this version."""
    document = document_of(payload)
    if not isinstance(document, Mapping) or document.get("_type") != TYPE or document.get("predicateType") != kind:
        raise ProofError(Wrong.UNREADABLE, f"not a statement of type {kind}")
    predicate = document.get("predicate")
    if not isinstance(predicate, Mapping):
        raise ProofError(Wrong.UNREADABLE, "a statement that says nothing")
    _check_subject(document.get("subject"), model)
    at = read_time(predicate.get("at"), latest)
    return Statement({key: value for key, value in predicate.items() if key != "at"}, at)


def _check_subject(subject: Any, model: ModelVersion) -> None:
    if not isinstance(subject, list) or len(subject) != 1 or not isinstance(subject[0], Mapping):
        raise ProofError(Wrong.UNREADABLE, "a statement about no version, or about several")
    digest = subject[0].get("digest")
    if not isinstance(digest, Mapping) or set(digest) != {"sha256"}:
        raise ProofError(Wrong.ALGORITHM, "a subject that is not named by its SHA-256 digest alone")
    found = f"{subject[0].get('name')}@sha256:{digest['sha256']}"
    if found != f"{model.repository}@{model.digest}":
        raise ProofError(Wrong.COPIED, f"made for {found}, not for {model.repository}@{model.digest}")
