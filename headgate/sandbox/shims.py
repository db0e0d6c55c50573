"""The executables that the Pulumi engine looks for on PATH, written into the state.

The engine finds a plugin by its file name. In a shell of the sandbox (`eval "$(headgate env)"`) the providers are
always the stand-ins, even on a machine that has the official ones: choosing the sandbox is what that environment means,
and an official provider would try a real cloud. The language host is another matter: the official one does the same
and more, so ours is written only where there is none.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from headgate.sandbox.layout import StateDir

_PROVIDERS = {
    "pulumi-resource-kubernetes": "headgate.sandbox.providers.kubernetes",
    "pulumi-resource-azure-native": "headgate.sandbox.providers.azure_native",
}
_LANGUAGE_HOST = "pulumi-language-python"


def write_shims(state: StateDir) -> Path:
    """Write what is missing or changed, and return the directory. Safe to call while another process does."""
    folder = state.ensure().shims
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, module in _PROVIDERS.items():
        _write(folder / name, module)
    host = folder / _LANGUAGE_HOST
    if official_language_host(folder):
        host.unlink(missing_ok=True)
    else:
        _write(host, "headgate.sandbox.language_host")
    return folder


def official_language_host(shims: Path) -> Path | None:
    """Return a language host on PATH that is not a shim of any state directory."""
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(_LANGUAGE_HOST, path=entry) if entry else None
        if found and Path(entry).resolve() != shims.resolve() and not _is_ours(Path(found)):
            return Path(found)
    return None


def _is_ours(executable: Path) -> bool:
    """Whether an executable is a shim, perhaps of another state directory."""
    with executable.open("rb") as handle:
        return b"headgate.sandbox.language_host" in handle.read(4096)


def _write(target: Path, module: str) -> None:
    """Write one shim unless it is there. `-P`: files of the working directory must not shadow a module."""
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -u -P -m {module} "$@"\n'
    if target.exists() and target.read_text(encoding="utf-8") == text and os.access(target, os.X_OK):
        return
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o700)
    fresh.replace(target)
