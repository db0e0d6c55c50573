"""Virtual environments of programs whose requirements conflict with ours: one for each lock, made once.

Owns the folders `NAME-PYTHON-LOCK` in the cache. What is installed is what the lock under `requirements/` names, by
hash, and nothing else; another lock gets another folder.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from headgate.errors import HeadgateError
from lint import cache

_READY = ".ready"


def lock_of(name: str) -> str:
    """Return where a program's lock is, in the checkout."""
    return f"requirements/{name}.txt"


def folder(name: str) -> Path:
    """Return where a program's environment is, or will be."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return cache.folder() / f"{name}-{version}-{cache.digest_of_files([lock_of(name)])}"


def program(name: str, command: str) -> Path:
    """Return a command of a program's environment, installed on first use."""
    there = folder(name)
    _once(there, lambda: _install(name, there))
    return there / "bin" / command


def node_program(name: str, command: str) -> Path:
    """Return a command of a Node program's own folder, installed on first use from `requirements/NAME/`, by hash."""
    there = cache.folder() / f"{name}-node-{cache.digest_of_files([f'requirements/{name}'])}"
    _once(there, lambda: _install_node(name, there))
    return there / "node_modules" / ".bin" / command


def _once(there: Path, install: Callable[[], None]) -> None:
    """Install what is not there whole; two calls at once install it once."""
    there.parent.mkdir(parents=True, exist_ok=True)
    with there.with_name(f"{there.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (there / _READY).exists():
            install()
            (there / _READY).touch()


def _install(name: str, there: Path) -> None:
    """Install what the lock names, by hash."""
    venv.create(there, clear=True, with_pip=True)
    pip = [str(there / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run(
        [*pip, "--require-hashes", "-r", str(cache.CHECKOUT / lock_of(name))],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise HeadgateError(
            f"{name} can't be installed",
            where=lock_of(name),
            found=answer.stderr.strip()[-400:],
            expected="its requirements, by hash, from the package index that pip uses",
            fix="see that `pip download` works here, then run this again",
        )


def _install_node(name: str, there: Path) -> None:
    """Install what the folder's own lock names, by hash; no script of a package is run."""
    source = cache.CHECKOUT / "requirements" / name
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(source, there)
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    answer = subprocess.run(npm, cwd=there, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise HeadgateError(
            f"{name} can't be installed",
            where=str(source),
            found=answer.stderr.strip()[-400:],
            expected="its packages, by hash, from the registry that npm uses",
            fix="see that `npm ci` works here, with Node 20 or newer, then run this again",
        )
