"""Lets the host import the SDK's protocol messages without the SDK.

`import pulumi` takes three times as long as the whole host, which the engine starts for every command, and
the messages live inside that package. So the host's process, and no other, enters its two outer packages in
`sys.modules` as bare containers. Programs run in a child process, where the real SDK is imported.
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
