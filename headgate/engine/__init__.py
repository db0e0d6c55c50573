"""Everything that drives the Pulumi CLI: its environment, locks, pending operations, previews and updates.

`preview(stack, plan_only=True)` is what gates call, `up(stack)` is the protected path of an update.
"""

from headgate.engine.outputs import outputs
from headgate.engine.preview import Preview, preview
from headgate.engine.update import Update, up

__all__ = ["Preview", "Update", "outputs", "preview", "up"]
