"""Which line of the program asks for which resource, in a file beside the plan, for whoever previews and names one.

Pulumi writes source positions into the state, but not into the events of a preview. Records alone: no resource is
changed by it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import FrameType

import pulumi

# The file; `headgate.engine.preview` names one.
VARIABLE = "HEADGATE_SOURCES"
_PROJECT = Path(__file__).resolve().parents[1]
# Spells out what others ask for.
_SPELLING = str(_PROJECT / "components" / "kubernetes" / "objects.py")
_PROGRAM = tuple(str(_PROJECT / folder) + os.sep for folder in ("infra", "components"))


def record() -> None:
    """Record the line of each resource from here on, if anybody wants to know."""
    path = os.environ.get(VARIABLE)
    if path:
        pulumi.runtime.register_stack_transformation(Recorder(Path(path)))


class Recorder:
    """A transformation that transforms nothing: it is called where a resource is constructed, with its caller above."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Write down where the resource is asked for."""
        frame = _asking(sys._getframe(1), args.resource)
        if frame is not None:
            file = Path(frame.f_code.co_filename).relative_to(_PROJECT).as_posix()
            told = {"type": args.type_, "name": args.name, "file": file, "line": frame.f_lineno}
            # Each at once: the engine ends this process when it likes.
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(told) + "\n")


def _asking(frame: FrameType | None, resource: pulumi.Resource) -> FrameType | None:
    """Return the nearest frame of the program that is not the resource's own constructor."""
    while frame is not None:
        file, own = frame.f_code.co_filename, frame.f_locals.get("self") is resource
        if not own and file.startswith(_PROGRAM) and file != _SPELLING:
            return frame
        frame = frame.f_back
    return None
