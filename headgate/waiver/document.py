"""One team's waivers, as `stacks/waivers/<team>.yaml` holds them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from headgate.errors import HeadgateError
from headgate.stack.document import Form, KeyPath, Origin, parse_document, read_document
from headgate.stack.faults import StackError, raise_all
from headgate.stack.identity import StackName
from headgate.stack.problems import from_validation
from headgate.waiver.force import FOLDER

MOST_DAYS = 90
KEY = "waivers"
_FORM = Form(
    "a mapping with `waivers:`, a list of them", "write it with `headgate waiver new`", "docs/guides/policies.md"
)
_Line = Annotated[str, Field(min_length=3, max_length=500, pattern=r"^\S[^\n\r]*$")]


class Waiver(BaseModel):
    """Leave for one rule on some resources of one stack."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    """What it is called; `headgate waiver` commands take it."""
    rule: Annotated[str, Field(pattern=r"^HG-[A-Z]{2}-[0-9]{3}$")]
    """The rule that need not hold."""
    stack: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}-(dev|staging|prod|sandbox)$")]
    """The stack, such as `fraud-dev`. A team's file holds only its own."""
    resource: Annotated[
        str, Field(min_length=3, max_length=200, pattern=r"^[A-Za-z0-9._*-]*[A-Za-z0-9][A-Za-z0-9._*-]*$")
    ]
    """The resource's name; `*` stands for any characters, and is never all of it."""
    namespace: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9-]{0,62})?$")] = ""
    """The namespace, where no stack is known: admission, manifests. A platform's without one is for what is in none."""
    gates: Annotated[tuple[Literal["P", "U", "A"], ...], Field(min_length=1)]
    """Where it counts: P pull request, U update, A admission."""
    reason: _Line
    """Why, for who reads it in half a year."""
    ticket: _Line
    """Where the work that ends it is planned."""
    requested_by: _Line
    """Who asked. An approver does not sign a waiver of their own."""
    since: datetime.date
    """The first day on which it counts."""
    expires: datetime.date
    """The last day on which it counts: at most 90 days after the first."""
    ended: datetime.date | None = None
    """The day from which it no longer counts, whatever was signed. It can only make less of it."""
    approver: str | None = None
    """Whose signature it is."""
    signature: str | None = None
    """The signature over all but `ended`, `approver` and itself."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        days = (self.expires - self.since).days
        if not 0 <= days <= MOST_DAYS:
            raise PydanticCustomError(
                "too_long",
                "too long",
                {
                    "expected_text": f"an `expires` on or after `since`, at most {MOST_DAYS} days later",
                    "fix": f"write {self.since + datetime.timedelta(days=MOST_DAYS)} or an earlier day",
                },
            )
        if "A" in self.gates and not self.namespace and not self.stack.startswith("platform-"):
            raise PydanticCustomError(
                "no_namespace",
                "no namespace",
                {
                    "expected_text": "a `namespace`: at admission no stack is known",
                    "fix": "add `namespace:`, or take A out of `gates`",
                },
            )
        return self

    @property
    def signed_text(self) -> dict[str, Any]:
        """Return what a signature is over."""
        return self.model_dump(mode="json", exclude={"ended", "approver", "signature"})


class _File(BaseModel):
    """A file of waivers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class Written:
    """A waiver, the line on which it stands, and its place in the file."""

    waiver: Waiver
    origin: Origin
    place: KeyPath


def path_of(stacks: Path, stack: str) -> Path:
    """Return the file that holds a stack's waivers."""
    return stacks / FOLDER / f"{StackName.parse(stack).owner}.yaml"


def read_all(stacks: Path) -> tuple[Written, ...]:
    """Read the waivers of all teams; every fault of every file is told at once."""
    found: list[Written] = []
    faults: list[HeadgateError] = []
    for path in sorted((stacks / FOLDER).glob("*.yaml")):
        try:
            found += _read(path)
        except StackError as error:
            faults += error.errors
        except HeadgateError as error:
            faults.append(error)
    raise_all(faults)
    return tuple(found)


def checked(text: str, path: Path) -> list[Written]:
    """Read a file's text, as it is about to be written."""
    return _checked(parse_document(text, str(path), _FORM), path)


def _read(path: Path) -> list[Written]:
    return _checked(read_document(path, form=_FORM), path)


def _checked(document: Any, path: Path) -> list[Written]:
    try:
        file = _File.model_validate(document.value, strict=False)
    except ValidationError as error:
        raise_all(from_validation(error, _File, document.origin, _FORM))
        raise
    places: list[KeyPath] = [(KEY, index) for index in range(len(file.waivers))]
    written = [Written(each, document.origin(at), at) for each, at in zip(file.waivers, places, strict=True)]
    raise_all(_misplaced(written, path))
    return written


def _misplaced(written: list[Written], path: Path) -> Iterator[HeadgateError]:
    """Tell waivers of another team, and ids that stand twice."""
    seen: dict[str, Origin] = {}
    for each in written:
        owner = StackName.parse(each.waiver.stack).owner
        if owner != path.stem:
            yield HeadgateError(
                "a waiver stands in another team's file",
                where=str(each.origin),
                found=each.waiver.stack,
                expected=f"a stack of {path.stem}",
                fix=f"move it to {path.with_stem(owner)}",
            )
        if each.waiver.id in seen:
            yield HeadgateError(
                "two waivers have one id",
                where=str(each.origin),
                found=each.waiver.id,
                expected=f"an id of its own; the first is at {seen[each.waiver.id]}",
                fix="give one of the two another id; it has to be signed again",
            )
        seen.setdefault(each.waiver.id, each.origin)
