"""Every component in its three cases, as its unit tests hold it to: what no committed stack asks for is judged, too.

Owns how the written cases are read. Texts that a case tells in short (documents, definitions, rules) are judged where
the stacks deploy them, and by tests of their own.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import yaml

from lint import cache
from lint.manifests import PREFIX
from lint.program import Registration

FOLDER = "tests/unit/components/cases"
CASES = ("defaults", "max", "hardened")
_READERS = ("lint/cases.py", "lint/program.py")
# A case has a definition's digest alone.
_DEFINITION = "CustomResourceDefinition"


def written() -> dict[str, list[Registration]]:
    """Return what each component makes in each case, by `Component.case`; from the cache where nothing has changed."""
    key = f"cases-{cache.digest_of_files((FOLDER, *_READERS))}"
    kept = cache.load(key)
    if kept is None:
        files = sorted(file for case in CASES for file in (cache.CHECKOUT / FOLDER).glob(f"*/{case}.yaml"))
        read = {f"{file.parent.name}.{file.stem}": _registrations(file.read_text(encoding="utf-8")) for file in files}
        kept = {name: [asdict(each) for each in found] for name, found in read.items()}
        cache.keep(key, kept)
    return {name: [Registration(**each) for each in found] for name, found in kept.items()}


def _registrations(text: str) -> list[Registration]:
    """Return a case's resources as the program registered them."""
    rows: dict[str, dict[str, Any]] = yaml.load(text, yaml.CSafeLoader) or {}
    found = [
        Registration(name, row["type"], name, row.get("parent", ""), "", row.get("inputs", {}))
        for name, row in rows.items()
    ]
    return [each for each in found if not _told_in_short(each)]


def _told_in_short(each: Registration) -> bool:
    """Say whether an object is not there as a whole."""
    return each.type.startswith(PREFIX) and (each.kind == _DEFINITION or "apiVersion" not in each.inputs)
