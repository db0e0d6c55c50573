"""Controls of documents that rules do not name in their METADATA: which rules, commands and entries serve each.

Data beside the rules (`policies/controls/*.yaml`), since documents come and go while a rule stays what it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from headgate.errors import HeadgateError
from headgate.evidence.entries import Entry
from headgate.evidence.question import Controls, Question

Names = Annotated[tuple[str, ...], Field(strict=False)]


class Served(BaseModel):
    """A control, and what serves it; or why nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Annotated[str, Field(pattern=r"[A-Z]{2}(\.[A-Z0-9]+)+")]
    about: str
    rules: Names = ()
    commands: Names = ()
    evidence: Names = ()
    outside: str = ""

    @model_validator(mode="after")
    def _serves_or_says_why_not(self) -> Served:
        if bool(self.rules or self.commands or self.evidence) == bool(self.outside):
            raise ValueError(f"{self.id}: write rules, commands or evidence; or `outside` with the reason, not both")
        return self


class Document(BaseModel):
    """A file of controls."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    documents: Mapping[str, str]
    controls: Annotated[tuple[Served, ...], Field(strict=False)]


def read(policies: Path) -> tuple[Document, ...]:
    """Return the files beside some rules; none where there are none."""
    return tuple(_document(path) for path in sorted((policies / "controls").glob("*.yaml")))


def _document(path: Path) -> Document:
    """Return a file, or say what in it is wrong."""
    try:
        return Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        if isinstance(error, ValidationError):
            rows = error.errors(include_url=False)
            found = "; ".join(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows)
        else:
            found = str(error)
        raise HeadgateError(
            "the controls can't be read",
            where=str(path),
            found=found,
            expected="title, documents, and controls with id, about, and rules, commands, evidence or outside",
        ) from error


def joined(controls: Controls, documents: Sequence[Document]) -> dict[str, tuple[str, ...]]:
    """Return the controls of each rule, those of its METADATA first."""
    found = dict(controls)
    for served in (each for document in documents for each in document.controls):
        for rule in served.rules:
            found[rule] = (*found.get(rule, ()), served.id)
    return found


def served(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the controls as a bundle carries them."""
    return [each.model_dump(mode="json", exclude_defaults=True) for one in documents for each in one.controls]


def rows(mapped: Sequence[Mapping[str, Any]], question: Question, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return each control with how many entries of its kinds the answer rests on."""
    kinds = Counter(entry.kind for entry in entries if question.is_late_enough(entry.text("time")))
    return [
        {**each, "evidence": {kind: kinds[kind] for kind in each.get("evidence", ())}}
        for each in mapped
        if question.concerns(str(each["id"]))
    ]
