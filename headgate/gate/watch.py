"""The service that looks whether somebody changed a stack past the gates: `python -m headgate.gate.watch`.

Looks, again and again, at every stack that people have to approve changes of: its state against the one that the ledger
last knew. What a killed headgate left is recorded first. Owns the rounds; what is compared is `ungated`'s business.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from headgate.audit import record
from headgate.audit.place import is_begun, published
from headgate.audit.record import collector_holding
from headgate.ending import told_to_end
from headgate.engine.backend import Backend
from headgate.errors import HeadgateError
from headgate.gate.operations import record_killed
from headgate.gate.ungated import Knowledge, Ungated, compared

SECONDS = 15.0


class Watch:
    """Rounds over the stacks of a file back end."""

    def __init__(self, ledger: Path, backend: Backend) -> None:
        self._ledger, self._backend = ledger, backend
        self._knowledge = Knowledge(ledger)

    def look(self) -> list[Ungated]:
        """Look once, and return what is new; it is in the ledger then."""
        if not is_begun(self._ledger):
            return []
        for stack in self._backend.noted():
            with self._backend.at_rest(stack) as rests:
                if rests:
                    record_killed(self._ledger, self._backend, stack)
        self._knowledge.update()
        protected = [(stack, known) for stack, known in self._knowledge.stacks.items() if known.is_protected]
        return [found for stack, _ in protected if (found := self._judge(stack)) is not None]

    def _judge(self, stack: str) -> Ungated | None:
        """Compare one stack while nobody is at work on it, and raise the alarm."""
        with self._backend.at_rest(stack) as rests:
            if not rests:
                return None
            found = self._compared(stack)
            if found is not None:
                # Whoever has just ended recorded what it did; the checkpoint over that may be a second away.
                self._catch_up()
                found = self._compared(stack)
            if found is None or found.is_told:
                return None
            record(self._ledger, [found.entry()])
            return found

    def _compared(self, stack: str) -> Ungated | None:
        return compared(stack, self._knowledge.stacks.get(stack), self._backend.file(stack))

    def _catch_up(self) -> None:
        """Know all that is durable."""
        collector = collector_holding(self._ledger)
        size = collector.size() if collector else 0
        if published(self._ledger, size).size < size:
            raise HeadgateError("the collector publishes nothing, so nobody can compare", where=str(self._ledger))
        self._knowledge.update()


def run(watch: Watch, seconds: float, told: Callable[[str], None], stop: threading.Event) -> None:
    """Look until told to stop. What can't be read now is told, and tried again: a watch that ends sees nothing."""
    while not stop.is_set():
        try:
            for found in watch.look():
                told(f"{found.stack}: changed without a record since {found.time}: {found.found[:19]}")
        except HeadgateError as error:
            told(str(error))
        stop.wait(seconds)


def start(ledger: Path, backend: Backend, seconds: float) -> None:
    """Watch until a signal comes."""
    stop = threading.Event()
    told_to_end(stop.set)
    run(Watch(ledger, backend), seconds, lambda text: click.echo(text, err=True), stop)


@click.command()
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="The ledger.")
@click.option("--every", type=float, default=SECONDS, help="Seconds between two looks.")
def main(ledger: Path, every: float) -> None:
    """Raise the alarm where a protected stack was changed without a decision of a gate."""
    try:
        start(ledger, Backend.of(), every)
    except HeadgateError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
