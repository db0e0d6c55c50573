"""Who has been heard, who is silent, and what has been told of it. Pure: time is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """Something to tell: a platform is silent, or is heard again. `seconds` is how long it has been, or had been."""

    platform: str
    is_silent: bool
    seconds: float


@dataclass
class _Ear:
    """What is known of one platform."""

    heard: float
    told: float | None = None
    """When its silence was last told; None while it is not silent."""
    was_silent: float = 0.0


class Silence:
    """Watches platforms that are expected; one that was never heard counts from the start."""

    def __init__(self, expected: Iterable[str], patience: float, remind: float, now: float) -> None:
        """Tell of silence after `patience` seconds, and again every `remind`."""
        self._patience, self._remind = patience, remind
        self._ears = {platform: _Ear(now) for platform in expected}

    def hear(self, platform: str, now: float) -> bool:
        """Note a sign of life; False of a platform that nobody expects."""
        ear = self._ears.get(platform)
        if ear is None:
            return False
        if ear.told is not None:
            ear.was_silent = max(ear.was_silent, now - ear.heard)
        ear.heard = now
        return True

    def due(self, now: float) -> list[Notice]:
        """Return what is to be told now; it stays due until `told` says that it was."""
        return [notice for platform, ear in sorted(self._ears.items()) if (notice := self._notice(platform, ear, now))]

    def told(self, notice: Notice, now: float) -> None:
        """Note that somebody took a notice."""
        ear = self._ears[notice.platform]
        ear.told = now if notice.is_silent else None
        if not notice.is_silent:
            ear.was_silent = 0.0

    def _notice(self, platform: str, ear: _Ear, now: float) -> Notice | None:
        silent = now - ear.heard
        if silent >= self._patience:
            is_due = ear.told is None or now - ear.told >= self._remind
            return Notice(platform, is_silent=True, seconds=silent) if is_due else None
        return None if ear.told is None else Notice(platform, is_silent=False, seconds=ear.was_silent)
