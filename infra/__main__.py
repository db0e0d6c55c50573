"""What `pulumi up` runs: load the stack, compose its layers, export what a reader needs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pulumi

from headgate.errors import HeadgateError
from infra.settings import load
from infra.sources import record
from infra.stacks import compose

record()
try:
    for name, value in compose(load()).items():
        pulumi.export(name, value)
except HeadgateError as error:
    # RunError is how a program tells Pulumi that a person, not the program, made a mistake: no traceback.
    raise pulumi.RunError(str(error)) from None
