"""Team and platform stack configuration: the only reader of the YAML under stacks/.

Owns the shape of a stack, its layers and where each value came from. Does not know Pulumi or any resource.
"""

from headgate.stack.identity import Environment, StackName
from headgate.stack.load import LoadedStack, find_stacks, list_stacks, load_stack
from headgate.stack.platform import PlatformStack
from headgate.stack.problems import StackError
from headgate.stack.regions import RegionFacts, region_catalogue
from headgate.stack.team import Model, TeamStack

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
