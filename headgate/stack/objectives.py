"""Reads the objectives that a stack names: OpenSLO files, each fault with its file and line.

Owns what a team may say in them: its own names, and measurements of its own namespace. The format is
`components.monitoring.slo`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components import names
from components.monitoring.slo.openslo import Objective, OpenSloError, parse
from headgate.errors import HeadgateError
from headgate.stack.document import Document, Form, KeyPath, read_document

_FIX = "docs/guides/monitoring.md shows one; https://openslo.com has the format"
_FORM = Form("an objective as OpenSLO has it", f"write it: {_FIX}", "docs/guides/monitoring.md")
_RATIO: KeyPath = ("spec", "indicator", "spec", "ratioMetric")


def read_objective(path: Path, shown_as: str | None = None) -> tuple[Document, Objective]:
    """Read one file; what can't be turned into rules is refused with its line."""
    document = read_document(path, shown_as, _FORM)
    try:
        return document, parse(document.value)
    except OpenSloError as error:
        raise HeadgateError(
            f"this objective can't be turned into rules: {error}", where=str(document.origin(error.path)), fix=_FIX
        ) from error


def team_objectives(team: str, files: list[str], folder: Path) -> Iterator[Mapping[str, Any] | HeadgateError]:
    """Yield each file's document, or what is wrong with it."""
    seen: dict[str, str] = {}
    for file in files:
        try:
            document, objective = read_objective(folder / file, f"{folder.name}/{file}")
            found = next(_foreign(team, document, objective), None) or _repeated(document, objective, seen)
        except HeadgateError as error:
            found = error
        yield document.value if found is None else found


def _foreign(team: str, document: Document, objective: Objective) -> Iterator[HeadgateError]:
    """Yield what is not the team's: names are shared by all teams, and so are measurements."""
    if not objective.name.startswith(f"{team}-"):
        yield HeadgateError(
            "an objective's name begins with its team",
            where=str(document.origin(("metadata", "name"))),
            found=objective.name,
            expected=f"{team}-{objective.name}",
            fix=f"write `name: {team}-{objective.name}`",
        )
    matcher = f'namespace="{names.namespace(team)}"'
    for part in ("good", "bad", "total"):
        query = getattr(objective, part)
        if query is not None and matcher not in query:
            yield HeadgateError(
                "an objective counts what is measured in the team's namespace",
                where=str(document.origin((*_RATIO, part, "metricSource", "spec", "query"))),
                found=query,
                expected=f"a selector with {matcher}",
                fix=f"add {matcher} to the labels",
            )


def _repeated(document: Document, objective: Objective, seen: dict[str, str]) -> HeadgateError | None:
    """Return that a name was there before; note it otherwise."""
    if objective.name in seen:
        return HeadgateError(
            f"objective `{objective.name}` is there twice",
            where=str(document.origin(("metadata", "name"))),
            found=f"also in {seen[objective.name]}",
            expected="each objective once",
            fix="rename one of the two, or name its file once",
        )
    seen[objective.name] = document.file
    return None
