"""Print the distributions that an interpreter has, as JSON. Run as a file by that interpreter: needs nothing else."""

import importlib.metadata
import json
import re
import sys


def _normal(name: str) -> str:
    """Return a distribution's name as requirements compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """List all of them with `--all`, else those that no other one requires."""
    found = {_normal(each.metadata["Name"]): each for each in importlib.metadata.distributions()}
    required = set()
    for each in found.values():
        for requirement in each.requires or []:
            named = re.match(r"[A-Za-z0-9][\w.\-]*", requirement)
            if named and "extra ==" not in requirement:
                required.add(_normal(named.group()))
    wanted = found if "--all" in sys.argv else found.keys() - required
    rows = sorted((found[name].metadata["Name"], found[name].version) for name in wanted)
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main()
