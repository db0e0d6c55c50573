"""The executables that the Pulumi engine looks for on PATH, written into the state.

The engine finds a plugin by its file name. In a shell of the sandbox (`eval "$(headgate env)"`) the providers are
always the stand-ins, even on a machine that has the official ones: choosing the sandbox is what that environment means,
and an official provider would try a real cloud. `headgate` itself is there too, so that such a shell needs no
activated virtual environment. The language host is another matter: the official one does the same
and more, so ours is written only where there is none.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import shlex
import shutil
import sys
from pathlib import Path

from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir

_PROVIDERS = {
    "kubernetes": "headgate.sandbox.providers.kubernetes",
    "azure-native": "headgate.sandbox.providers.azure_native",
}
_LANGUAGE_HOST = "pulumi-language-python"
_NO_LOGS = "The engine keeps no log while this file is here. To have one, remove it and make a folder of this name.\n"


def write_shims(state: StateDir) -> Path:
    """Write what is missing or changed, and return the directory. Safe to call while another process does."""
    folder = state.ensure().shims
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, module in _PROVIDERS.items():
        _write(folder / f"pulumi-resource-{name}", module)
    _write(folder / "headgate", "headgate.cli.main")
    host = folder / _LANGUAGE_HOST
    if official_language_host(folder):
        host.unlink(missing_ok=True)
    else:
        _write(host, "headgate.sandbox.language_host")
    return folder


def install_plugins(home: Path) -> None:
    """Enter the same executables as installed plugins of a Pulumi home.

    From there the engine takes them without a warning on every update that it found a plugin on PATH, and even if an
    official provider is on PATH (with PULUMI_IGNORE_AMBIENT_PLUGINS). A language host beside an official `pulumi` goes
    before an installed one, as it should.
    """
    for name, module in _PROVIDERS.items():
        version = _distribution_version(f"pulumi-{name}")
        _install(home, f"resource-{name}-v{version}", f"pulumi-resource-{name}", module)
    version = _distribution_version("pulumi")
    _install(home, f"language-python-v{version}", _LANGUAGE_HOST, "headgate.sandbox.language_host")


def leave_no_logs(home: Path) -> None:
    """Have the engine keep no log of its own in a Pulumi home that is ours.

    It writes each property of each step, compressed and encrypted: two thirds of its processor time, and tens of
    megabytes of an update. There is no option; an engine that finds a file where its folder would be does without.
    """
    logs = home / "logs"
    if not logs.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_if_changed(logs, _NO_LOGS)


def _install(home: Path, folder: str, name: str, module: str) -> None:
    """Write one plugin as the engine lays them out."""
    target = home / "plugins" / folder
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(target / name, module)


@functools.cache
def _distribution_version(name: str) -> str:
    """Return the version of an SDK: the engine asks for the plugin of the same one."""
    return importlib.metadata.version(name)


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
