"""Where a tool is, for those who run it. Never builds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import ambient, store
from headgate.sandbox.toolchain.catalogue import TOOLS, Tool, tool


@dataclass(frozen=True)
class Location:
    """A tool's program and how it came to be there: `cache`, `PATH`, `damaged` or `missing`."""

    tool: Tool
    source: str
    path: Path | None
    detail: str | None = None


def tool_path(name: str) -> Path:
    """Return the program of a tool, from the cache, else from PATH; else say how to have it built."""
    location = locate(tool(name))
    if location.path is None:
        raise HeadgateError(
            f"{name} is not built yet" if location.source == "missing" else f"the cached {name} is damaged",
            where=str(store.cache_root()),
            found=location.detail,
            expected=f"{name} {location.tool.version}",
            fix=f"headgate toolchain build {name}",
        )
    return location.path


def locate(wanted: Tool, *, thorough: bool = False) -> Location:
    """Say where a tool is. Thorough hashes a cached one."""
    cached = store.lookup(wanted)
    if cached is not None:
        damage = cached.damage(thorough=thorough)
        if damage is None:
            return Location(wanted, "cache", cached.binary)
        return Location(wanted, "damaged", None, damage)
    found = ambient.on_path(wanted)
    return Location(wanted, "PATH", found) if found else Location(wanted, "missing", None)


def path_prefix(state: StateDir) -> str:
    """Return what to put before PATH: a directory of links to the tools, and the shims.

    Links lie in the state, not in the shared cache, since another checkout may pin other versions.
    """
    folder = state.ensure().root / "bin"
    folder.mkdir(mode=0o700, exist_ok=True)
    locations = {each.name: locate(each).path for each in TOOLS}
    for name, target in locations.items():
        _link(folder / name, target)
    return f"{folder}:{state.shims}"


def _link(link: Path, target: Path | None) -> None:
    """Make a link point at its target, at once; without a target there is no link."""
    if target is None:
        link.unlink(missing_ok=True)
    elif not (link.is_symlink() and link.readlink() == target):
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)
