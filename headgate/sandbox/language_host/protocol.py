"""The SDK's protocol messages without the SDK.

`import pulumi` takes three times as long as the whole host, which the engine starts for every command, and
the messages live inside that package. So its two outer packages are entered in `sys.modules` as bare containers; the
host never uses the rest. Programs run in a child process, where the real SDK is imported.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path


def _contain() -> None:
    """Enter `pulumi` and `pulumi.runtime` as packages whose `__init__` has not run."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations or "pulumi" in sys.modules:
        return
    root = Path(next(iter(spec.submodule_search_locations)))
    for name, path in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package


_contain()

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
