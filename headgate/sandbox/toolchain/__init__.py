"""The pinned tools: catalogue, builds from their Go modules, cache. `tool_path(name)` is what others call."""

from headgate.sandbox.toolchain.catalogue import TOOLS, Tool, needed, tool
from headgate.sandbox.toolchain.ensure import ensure
from headgate.sandbox.toolchain.find import Location, locate, path_prefix, tool_path
from headgate.sandbox.toolchain.progress import Reporter, Silent, reporting

__all__ = [
    "TOOLS",
    "Location",
    "Reporter",
    "Silent",
    "Tool",
    "ensure",
    "locate",
    "needed",
    "path_prefix",
    "reporting",
    "tool",
    "tool_path",
]
