"""What a stack's files said before: the commits of the repository that they are in.

Owns that a digest which staging had is known as that, also once staging has gone on to the next release.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from headgate.stack.identity import StackName

_SECONDS = 30


def ever_had(name: StackName, digest: str, stacks: Path) -> bool:
    """Whether a commit put a digest into what a stack is made of. Without the repository's history, none did."""
    layers = ["defaults/base.yaml", f"defaults/{name.environment}.yaml", name.file_name]
    command = ["git", "-C", str(stacks), "log", "-1", "--format=%H", f"-S{digest}", "--", *layers]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and bool(answer.stdout.strip())
