"""Team and platform stack configuration: the only reader of the YAML under stacks/.

Owns the shape of a stack, its layers and where each value came from. Does not know Pulumi or any resource.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.stack.faults import StackError
    from headgate.stack.folder import find_stacks
    from headgate.stack.identity import Environment, StackName
    from headgate.stack.load import LoadedStack, load_stack
    from headgate.stack.platform import PlatformStack
    from headgate.stack.regions import RegionFacts, region_catalogue
    from headgate.stack.team import Model, TeamStack
    from headgate.stack.written import list_stacks

# Loaded when asked for: the models take longer than most commands that only want to know where the stacks are.
_HOMES = {
    "Environment": "identity",
    "LoadedStack": "load",
    "Model": "team",
    "PlatformStack": "platform",
    "RegionFacts": "regions",
    "StackError": "faults",
    "StackName": "identity",
    "TeamStack": "team",
    "find_stacks": "folder",
    "list_stacks": "written",
    "load_stack": "load",
    "region_catalogue": "regions",
}

__all__ = [
    "Environment",
    "LoadedStack",
    "Model",
    "PlatformStack",
    "RegionFacts",
    "StackError",
    "StackName",
    "TeamStack",
    "find_stacks",
    "list_stacks",
    "load_stack",
    "region_catalogue",
]


def __getattr__(name: str) -> object:
    """Load what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
