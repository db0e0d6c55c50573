"""What an update would change, and whether it can be made in place.

Owns the diff. Inputs are compared with inputs; where they differ and a cluster can be asked, a dry run decides: a
value that the server stores alike (`1000m` and `1`, a removed field that equals its default) is no change, and a field
that the server says is immutable replaces the object. Fields of other managers never enter the comparison.
"""

from __future__ import annotations

from dataclasses import replace

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.annotations import AUTONAMED, is_true
from headgate.sandbox.providers.kubernetes.applying import Task, dry_run
from headgate.sandbox.providers.kubernetes.checkpoint import READ_ONLY_METADATA, properties_of
from headgate.sandbox.providers.kubernetes.immutable import (
    refused_fields,
    replaces,
    replacing_fields,
    within,
)
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.protocol.diff import PropertyChange, changes, path_text
from headgate.sandbox.providers.protocol.values import (
    Properties,
    PropertyPath,
    is_known,
    reveal,
    value_at,
    without_nulls,
)

_IDENTITY = (("metadata", "name"), ("metadata", "namespace"))


def compare(
    session: Session, urn: str, old: Properties, new: Properties, state: Properties, ignored: list[str]
) -> list[PropertyChange]:
    """Return what applying the new inputs changes."""
    before, after = (without_nulls(reveal(item)) for item in (old, new))
    found = [
        change
        for change in changes(before, after)
        if not _is_read_only(change.path) and not _ignored(change.path, ignored)
    ]
    if not found:
        return []
    kind = Kind.of(after)
    fields = replacing_fields(
        kind,
        config_map_mutable=session.settings.config_map_mutable,
        secret_mutable=session.settings.secret_mutable,
        frozen=before.get("immutable") is True,
    )
    marked = [
        replace(
            change, replace=replaces(change.path, fields, value_at(before, change.path), value_at(after, change.path))
        )
        for change in found
    ]
    if not is_known(new) or any(change.path[:2] in _IDENTITY for change in found):
        return marked
    return _asked(session, urn, kind, new, reveal(state), marked)


def must_delete_first(old: Properties, new: Properties) -> bool:
    """Whether a replacement needs the old object out of the way: it has the same name, which the program chose."""
    before, after = reveal(old), reveal(new)
    if is_true(after, AUTONAMED):
        return False
    return all(value_at(before, path) == value_at(after, path) for path in _IDENTITY)


def _asked(
    session: Session, urn: str, kind: Kind, new: Properties, state: Properties, found: list[PropertyChange]
) -> list[PropertyChange]:
    cluster = session.for_preview(urn)
    if cluster is None or cluster.resource(kind) is None:
        return found
    try:
        # Conflicts are for the update to report; here the question is what the server would store.
        result = dry_run(cluster, replace(Task.of(session, urn, new, state, 0), force=True))
    except KubeError as error:
        return _refused(found, refused_fields(error))
    stored = properties_of(result)
    return [change for change in found if _differs(kind, change.path, state, stored)]


def _refused(found: list[PropertyChange], fields: list[PropertyPath] | None) -> list[PropertyChange]:
    """Mark what the server says can't change. Other refusals are for the preview of the update to report."""
    if fields is None:
        return found
    hit = [change for change in found if any(within(change.path, field) for field in fields)]
    named = hit or found
    return [replace(change, replace=change.replace or change in named) for change in found]


def _differs(kind: Kind, path: PropertyPath, state: Properties, stored: Properties) -> bool:
    if kind == Kind("v1", "Secret") and path[0] == "stringData":
        return True  # written, never read back
    return bool(value_at(state, path) != value_at(stored, path))


def _is_read_only(path: PropertyPath) -> bool:
    return path[0] == "status" or (path[0] == "metadata" and len(path) > 1 and path[1] in READ_ONLY_METADATA)


def _ignored(path: PropertyPath, ignored: list[str]) -> bool:
    text = path_text(path)
    return any(text == item or text.startswith((f"{item}.", f"{item}[")) for item in ignored)
