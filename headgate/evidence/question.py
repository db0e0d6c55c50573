"""What an auditor asks: about a model, a stack, a time, a control; what is not named is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from headgate.audit.terms import moment


@dataclass(frozen=True)
class Question:
    """One question. `control` is named as rules name it, or by its last word: `A.8.32`."""

    model: str | None = None
    stack: str | None = None
    since: str | None = None
    control: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return what is asked."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def begins(self) -> str:
        """The first moment that is asked about; ValueError when `since` is no time."""
        return "" if self.since is None else moment(self.since)

    def is_late_enough(self, time: str) -> bool:
        """Say whether something happened in the time that is asked about; what tells no time did not."""
        begins = self.begins
        if not begins:
            return True
        try:
            return moment(time) >= begins
        except ValueError:
            return False

    def concerns(self, control: str) -> bool:
        """Say whether a control is the one that is asked about, or none is."""
        return self.control is None or control == self.control or control.split(" ")[-1] == self.control


Controls = Mapping[str, tuple[str, ...]]
"""The controls of each rule, by its id."""
