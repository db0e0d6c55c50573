"""Where the stack files are. Reads none of them."""

from __future__ import annotations

from pathlib import Path


def find_stacks() -> Path:
    """Return the `stacks` folder of the project around the working directory, else of this checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "stacks").is_dir():
            return folder / "stacks"
    return Path(__file__).resolve().parents[2] / "stacks"
