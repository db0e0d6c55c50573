"""Lets a process import the SDK's protocol messages without the SDK.

`import pulumi` takes longer than all else that a language host or a stand-in provider needs to start, the engine starts
several of them for every command, and the messages live inside that package. So those processes, and no other, enter
its two outer packages in `sys.modules` as bare containers. Programs run in a child process, where the real SDK is
imported.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path


def contain_sdk() -> None:
    """Enter `pulumi` and `pulumi.runtime` as packages whose `__init__` has not run. To be called first of all."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations or "pulumi" in sys.modules:
        return
    root = Path(next(iter(spec.submodule_search_locations)))
    for name, path in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
