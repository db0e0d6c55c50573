"""A writer on a filesystem that gets full again and again, run by `test_full_disk.py` in a mount namespace of its own.

Prints what came of it as JSON: in which words appends were refused, and what is in the ledger at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
from pathlib import Path

from headgate.audit import Ledger, LedgerReader, verify
from headgate.errors import HeadgateError

_ROUNDS = 12
_PAGE = 4096


def fill(ballast: Path, left: int) -> None:
    """Take all of the filesystem but so many bytes."""
    free = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        file.write(bytes(max(free.f_bavail * free.f_bsize - left, 0)))


def append_until_refused(root: Path, number: int, dice: random.Random) -> tuple[int, list[str]]:
    """Append to a full disk; return how many entries were acknowledged in all, and what was said of the others."""
    told: list[str] = []
    acknowledged = 0
    with contextlib.suppress(HeadgateError), Ledger(root) as ledger:
        acknowledged = ledger.size
        try:
            while True:
                count = dice.randint(1, 8)
                ledger.append([b"%d-%s" % (acknowledged + at, b"x" * dice.randint(0, 900)) for at in range(count)])
                acknowledged += count
                if dice.random() < 0.3:
                    ledger.publish()
        except HeadgateError as error:
            told.append(str(error.found))
        # Without a look at what is on the disk nothing more is taken.
        with contextlib.suppress(HeadgateError):
            ledger.append([b"too early"])
            told.append("taken by a broken writer")
    # Whoever opens it anew takes up what waits, or is refused half-way: that loses nothing either.
    with contextlib.suppress(HeadgateError), Ledger(root):
        pass
    return acknowledged, [f"{number}: {each}" for each in told]


def main(root: Path) -> None:
    """Fill, be refused, make room, go on."""
    dice = random.Random(7)  # noqa: S311  sizes, not secrets
    ledger, ballast, told = root / "l", root / "ballast", []
    with Ledger(ledger):
        pass
    for number in range(_ROUNDS):
        fill(ballast, dice.randint(4, 24) * _PAGE)
        acknowledged, said = append_until_refused(ledger, number, dice)
        told += said
        ballast.unlink()
        with Ledger(ledger) as again:
            kept = again.size
            again.append([b"%d-after" % kept])
        if kept < acknowledged:
            told.append(f"{number}: {acknowledged} were acknowledged, {kept} are there")
    entries = [int(entry.split(b"-")[0]) for _, entry in LedgerReader(ledger).entries()]
    report = verify(ledger)
    in_order = entries == list(range(report.size))
    found = {"told": told, "findings": len(report.findings), "in_order": in_order, "size": report.size}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
