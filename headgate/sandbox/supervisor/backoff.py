"""How long to wait before a program that died is started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = 0.2
LONGEST = 15.0
# A program that ran this long has recovered: its next death is a new one.
STABLE_AFTER = 30.0


@dataclass
class Backoff:
    """Doubles from FIRST to LONGEST, and begins anew after a stable run."""

    deaths: int = 0

    def after_run(self, seconds: float) -> float:
        """Return the pause after a run of `seconds`."""
        if seconds >= STABLE_AFTER:
            self.deaths = 0
        self.deaths += 1
        return float(min(LONGEST, FIRST * 2 ** min(self.deaths - 1, 16)))
