"""In which stacks a model's version is asked for, by its digest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headgate.stack.load import load_stack
from headgate.stack.team import TeamStack
from headgate.stack.written import list_stacks


@dataclass(frozen=True)
class Use:
    """One place of a stack that names a version."""

    stack: str
    place: str

    def as_json(self) -> dict[str, str]:
        """Return it as data."""
        return {"stack": self.stack, "place": self.place}


def uses(digest: str, stacks: Path) -> list[Use]:
    """Return where a digest is asked for. A stack that can't be read is an error: it may be the one that asks."""
    return [
        Use(str(name), place)
        for name in list_stacks(stacks)
        if not name.is_platform
        for place in _places(digest, load_stack(name, stacks).team)
    ]


def _places(digest: str, team: TeamStack) -> Iterator[str]:
    served = (
        ("models", team.models),
        ("language_models", team.language_models),
        ("batch", team.batch),
        ("managed.batch", team.managed.batch),
        ("managed.online", team.managed.online),
    )
    for label, entries in served:
        for entry in entries:
            if digest in _digests(entry.model_dump(mode="json")):
                yield f"{label}.{entry.name}"


def _digests(value: object) -> Iterator[str]:
    """Yield all values named `digest`: a strategy may name a second version."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "digest" and isinstance(inner, str):
                yield inner
            else:
                yield from _digests(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _digests(inner)
