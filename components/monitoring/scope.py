"""What the rules of a platform are about: its regions, who answers for it, and its tunables."""

from __future__ import annotations

from dataclasses import dataclass, field

from components.monitoring.tunables import Tunables


@dataclass(frozen=True)
class Scope:
    """A platform, as its alerts see it. `regions` are those that serve, the ones that serve first ahead."""

    owner: str
    regions: tuple[str, ...]
    standby: tuple[str, ...] = ()
    """Regions that serve only when the others have failed."""
    tunables: Tunables = field(default_factory=Tunables)

    @property
    def active(self) -> tuple[str, ...]:
        """Return the regions that serve while all is well."""
        return tuple(region for region in self.regions if region not in self.standby)
