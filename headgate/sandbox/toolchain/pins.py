"""What a family's go.mod says: the version of each module, and the oldest Go that builds it."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.layout import CHECKOUT

MODULES = CHECKOUT / "toolchain"


@functools.cache
def pins(go_mod: Path) -> dict[str, str]:
    """Return module → version of the `require` lines; a module is pinned once by Go's own rules."""
    return dict(re.findall(r"^\s*(?:require\s+)?([\w.\-/]+\.[\w.\-/]+) (v\S+)", _text(go_mod), re.MULTILINE))


@functools.cache
def required_go(family: str) -> str:
    """Return the `go` line of a family's go.mod: the oldest Go that can build it."""
    found = re.search(r"^go (\S+)", _text(MODULES / family / "go.mod"), re.MULTILINE)
    return found.group(1) if found else "1.21"


def _text(go_mod: Path) -> str:
    """Read a go.mod; without one the checkout is incomplete."""
    try:
        return go_mod.read_text(encoding="utf-8")
    except OSError as error:
        raise HeadgateError(
            "a family of tools has no go.mod",
            where=str(go_mod),
            found=error.strerror,
            fix="restore the folder: git checkout -- toolchain",
        ) from error
