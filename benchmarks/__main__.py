"""Runs the measurements and writes docs/benchmarks.md: `python -m benchmarks`, `--only models` for one part."""

from __future__ import annotations

import datetime
import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from benchmarks import admission, chart, engine, facts, ledger, overhead, policy, prod, rules, start, transfer
from headgate.cli.tour_steps import bring_up
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
# In a section of the page: what is above it is measured, what is below it is written by people.
BY_HAND = "<!-- By hand from here on: a new measurement leaves it. -->"
_HEAD = """# Benchmarks

Measured by `make bench`: Headgate and its peer side by side, in one run on one machine. Ratios compare; seconds are
that machine's.
"""
_SECTIONS = {
    "start": "## From nothing to a model that answers\n\nThe sandbox's platform, as `make up` and `make down` do it, "
    "with tools and environment there (`benchmarks/start.py`).",
    "ledger": "## The ledger",
    "policy": "## `headgate check`\n\nOver the committed production stack of a team, as often as it takes, against "
    "conftest with the same rules over the same resources (`benchmarks/policy.py`), and over a platform's "
    "Azure resources against Checkov, and a team's manifests against gator (`benchmarks/rules.py`): best of three, "
    "from process start to verdict.\n\n"
    "![seconds by resources, beside conftest, and by rules](pictures/check.svg)",
    "engine": "## `pulumi preview` and `up`\n\nA generated program (`benchmarks/program.py`) against one real region. "
    "Processor time is read from /proc and summed by what each process is; the stand-ins' goal is under 30 %.",
    "overhead": "## The update gate\n\nThe same `pulumi up` into an empty region under three packs "
    "(`benchmarks/overhead.py`): every rule judges each resource, and all of them at the end.",
    "admission": "## The admission gate\n\nAn open loop of dry runs against one region of the platform that `make up` "
    "brings up, and against a region without a webhook (`benchmarks/admission.py`).",
    "prod": "## A production environment\n\n`platform-prod` and `fraud-prod` with three models, two regions, all "
    "layers, deployed into an empty sandbox on the protected path under the policy pack, then again without changes.",
    "facts": "## What a gate knows of models\n\nFrom a statement in the registry, or of whose keys count, to the "
    "verdict of admission that follows from it, in the region that hears last (`benchmarks/facts.py`), on the platform "
    "that `make up` brings up.",
    "models": "## Large models\n\nOne file of weights into the sandbox's registry and out of it, over loopback: each "
    "step in a process of its own (`benchmarks/transfer.py`).",
}


def machine() -> str:
    """Return what was measured on."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    today = datetime.datetime.now(datetime.UTC).date()
    name = model[1] if model else platform.machine()
    return f"{today}, {os.cpu_count()} cores ({name}), {memory:.0f} GB, Python {platform.python_version()}."


def write(name: str, body: str) -> None:
    """Replace what is measured in one section of the page; text by hand below it and the other sections stay."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else _HEAD
    head, *parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    sections = {_title(each): each.strip() for each in parts}
    title = _title(_SECTIONS[name])
    _, mark, by_hand = sections.get(title, "").partition(BY_HAND)
    sections[title] = f"{_SECTIONS[name]}\n\n{machine()}\n\n{body.strip()}" + (f"\n\n{mark}{by_hand}" if mark else "")
    order = [_title(each) for each in _SECTIONS.values()]
    ordered = sorted(sections, key=lambda each: order.index(each) if each in order else len(order))
    PAGE.write_text("\n\n".join([head.strip(), *(sections[each] for each in ordered)]) + "\n", encoding="utf-8")
    if mark:
        click.echo(f"{PAGE.name}: {title[3:]} has text by hand, which stays: see that it still holds", err=True)


def _title(section: str) -> str:
    return section.split("\n", 1)[0]


@dataclass(frozen=True)
class Sizes:
    """How much of each is measured."""

    resources: int
    entries: int
    rounds: int
    gigabytes: int


@contextmanager
def _platform() -> Iterator[StateDir]:
    """Run a platform as `make up` does, and nothing of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        state = StateDir(Path(folder))
        try:
            bring_up(state, Console(stderr=True))
            yield state
        finally:
            launch.stop(state)


def _of_production(_: Sizes) -> str:
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        return prod.table(prod.measure(Path(folder)))


def _of_facts(sizes: Sizes) -> str:
    with _platform() as state:
        return facts.table(facts.measure(state, sizes.rounds))


def _of_admission(_: Sizes) -> str:
    with _platform() as state, tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        return admission.table(admission.measure(state, Path(folder)))


def _of_policy(_: Sizes) -> str:
    """Compare, and draw what was found."""
    compared, measured = policy.measure(), rules.measure()
    ours = {each.resources: each.headgate.seconds for each in compared}
    theirs = {each.resources: each.conftest.seconds for each in compared}
    by_rules = {count: each.seconds for count, each in measured.by_rules.items()}
    chart.PICTURE.write_text(chart.draw(ours, theirs, by_rules), encoding="utf-8")
    return f"{policy.table(compared)}\n\n{rules.table(measured)}"


def _of_models(sizes: Sizes) -> str:
    return f"{sizes.gigabytes} GB:\n\n{transfer.table(sizes.gigabytes, transfer.measure(sizes.gigabytes))}"


_BODIES: dict[str, Callable[[Sizes], str]] = {
    "start": lambda _: start.table(start.measure()),
    "ledger": lambda sizes: ledger.table(ledger.measure(min(100_000, sizes.entries), sizes.entries)),
    "policy": _of_policy,
    "engine": lambda sizes: engine.table(engine.measure(sizes.resources)),
    "overhead": lambda _: overhead.table(1_000, overhead.measure(1_000)),
    "admission": _of_admission,
    "prod": _of_production,
    "facts": _of_facts,
    "models": _of_models,
}


@click.command()
@click.option("--only", type=click.Choice(list(_SECTIONS)), help="Measure this part alone.")
@click.option("--resources", default=3000, show_default=True, help="Resources of the generated program.")
@click.option("--entries", default=1_000_000, show_default=True, help="Entries of the ledger that is verified.")
@click.option("--rounds", default=20, show_default=True, help="How often a gate's knowledge is measured.")
@click.option("--gigabytes", default=2, show_default=True, help="Size of the model; twice that is needed on the disk.")
def main(only: str | None, resources: int, entries: int, rounds: int, gigabytes: int) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    sizes = Sizes(resources, entries, rounds, gigabytes)
    for name, body_of in _BODIES.items():
        if only in (None, name):
            body = body_of(sizes)
            click.echo(body)
            write(name, body)


if __name__ == "__main__":
    main()
