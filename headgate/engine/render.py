"""What a person sees of an update: a line per finished change, what is under way on a terminal, messages as they come.

Errors are not repeated here: they end up in the error that the command raises.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from headgate.engine.events import Event, told
from headgate.plan.opaque import DEFERRED

_SHOWN_AT_ONCE = 8
_PLANNING = {"planning": True}
_SIGNS = {
    "create": ("+", "created", "green"),
    "update": ("~", "updated", "yellow"),
    "delete": ("-", "deleted", "red"),
    "replace": ("±", "replaced", "magenta"),
    "create-replacement": ("±", "created in place of the old", "magenta"),
    "delete-replaced": ("-", "old one deleted", "magenta"),
    "import": ("=", "imported", "cyan"),
    "refresh": ("↻", "refreshed", "cyan"),
}


class Renderer:
    """Turns engine events into lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, tuple[str, float]] = {}
        self._same = 0
        self._preview = False
        self._said: set[str] = set()
        self._deferred: set[tuple[str, str]] = set()
        self.live: Live | None = None

    def see(self, event: Event) -> None:
        """Take in one event."""
        if not event.get("resourcePreEvent", _PLANNING).get("planning"):
            self.tell_deferred()
        for name, handle in (
            ("resourcePreEvent", self._began),
            ("resOutputsEvent", self._ended),
            ("resOpFailedEvent", self._failed),
            ("diagnosticEvent", self._message),
            ("policyEvent", self._policy),
        ):
            if name in event:
                handle(event[name])
        if self.live is not None:
            self.live.update(self._under_way())

    def note(self, text: str) -> None:
        """Say something of our own."""
        self._console.print(Text(f"· {text}", style="cyan"), soft_wrap=True)

    def _began(self, event: Mapping[str, Any]) -> None:
        """Remember what is under way. A preview changes nothing, so nothing is."""
        if event.get("planning"):
            return
        metadata = event["metadata"]
        if metadata["op"] in _SIGNS and metadata["op"] != "replace":
            self._running[metadata["urn"]] = (metadata["op"], time.monotonic())

    def _ended(self, event: Mapping[str, Any]) -> None:
        """Print what has been done."""
        metadata = event["metadata"]
        began = self._running.pop(metadata["urn"], None)
        if began is None or event.get("planning"):
            return
        sign, verb, style = _SIGNS[began[0]]
        self._line(sign, style, metadata["urn"], f"{verb} ({time.monotonic() - began[1]:.0f} s)")

    def _failed(self, event: Mapping[str, Any]) -> None:
        """Print what has failed; why comes with the error."""
        metadata = event["metadata"]
        if self._running.pop(metadata["urn"], None) is not None:
            self._line("✗", "bold red", metadata["urn"], "failed")

    def _message(self, event: Mapping[str, Any]) -> None:
        """Print what the program, a provider or the engine says, once."""
        severity, text = event.get("severity"), told(event)
        ephemeral = event.get("ephemeral")
        if ephemeral or severity not in {"info", "warning", "info#err"} or not text or text in self._said:
            return
        self._said.add(text)
        self._console.print(Text(f"  {text}", style="yellow" if severity == "warning" else "dim"), soft_wrap=True)

    def _policy(self, event: Mapping[str, Any]) -> None:
        """Print advice; what is mandatory becomes the error."""
        if event.get("enforcementLevel") == "mandatory":
            return
        rule, message = str(event.get("policyName")), str(event.get("message", "")).strip()
        if DEFERRED in message:
            self._deferred.add((rule, message))
            return
        text = f"{rule}: {message}"
        if text not in self._said:
            self._said.add(text)
            self._console.print(Text(f"  advice: {text}", style="yellow"), soft_wrap=True)

    def tell_deferred(self) -> None:
        """Say how much waits for values that only the update knows: a platform's preview has dozens of them."""
        if self._deferred:
            rules = ", ".join(sorted({rule for rule, _ in self._deferred}))
            self.note(f"{len(self._deferred)} findings wait for values that only the update knows ({rules})")
            self._deferred.clear()

    def _line(self, sign: str, style: str, urn: str, verb: str) -> None:
        """Print one change."""
        kind, name = _told_urn(urn)
        text = Text.assemble((f"{sign} ", style), (f"{kind} ", "dim"), (name, "bold"), f"  {verb}")
        self._console.print(text, soft_wrap=True)

    def _under_way(self) -> Text:
        """Return what is being done now, the longest first."""
        now = time.monotonic()
        rows = sorted(self._running.items(), key=lambda item: item[1][1])
        lines = [
            Text.assemble(
                ("  … ", "dim"), (f"{_told_urn(urn)[0]} ", "dim"), _told_urn(urn)[1], f"  {now - since:.0f} s"
            )
            for urn, (_op, since) in rows[:_SHOWN_AT_ONCE]
        ]
        if len(rows) > _SHOWN_AT_ONCE:
            lines.append(Text(f"  … and {len(rows) - _SHOWN_AT_ONCE} more", style="dim"))
        return Text("\n").join(lines)


@contextmanager
def rendering(console: Console) -> Iterator[Renderer]:
    """Show an update on a console: with a live part on a terminal, with lines alone elsewhere."""
    renderer = Renderer(console)
    if not console.is_terminal:
        yield renderer
    else:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            renderer.live = live
            yield renderer
            renderer.live = None
    renderer.tell_deferred()


def _told_urn(urn: str) -> tuple[str, str]:
    """Return a URN's type (its last part) and name."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2].rpartition(":")[2], parts[-1]
