"""Every command answers `--help`, and the first screen costs nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner

from headgate.cli.main import cli

pytestmark = pytest.mark.unit


def paths(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command and group."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command, info_name="headgate")
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, f"{name} is listed and does not exist"
            yield from paths(child, (*path, name))


@pytest.mark.parametrize("path", [pytest.param(path, id=" ".join(path) or "headgate") for path in paths()])
def test_every_command_says_what_it_does(path: tuple[str, ...]) -> None:
    """Exit code 0, a sentence, and a text for each option; nothing fails to import."""
    result = CliRunner().invoke(cli, [*path, "--help"], prog_name="headgate")
    usage, _, text = result.stdout.partition("\n\n")

    assert (result.exit_code, result.exception) == (0, None)
    assert usage.startswith(" ".join(["Usage: headgate", *path]))
    assert text.strip()[:1].isupper(), "a sentence follows the usage"
    assert "Traceback" not in result.output


@pytest.mark.parametrize("path", [pytest.param(path, id=" ".join(path) or "headgate") for path in paths()])
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    """No option is left to be guessed."""
    command: Any = cli
    for name in path:
        command = command.get_command(click.Context(command), name)

    assert [each.opts for each in command.params if isinstance(each, click.Option) and not each.help] == []


def test_the_first_help_imports_no_command() -> None:
    """What `headgate --help` loads beside click is the command line's own two modules."""
    code = (
        "import sys; from headgate.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sorted(m for m in sys.modules if m.startswith(('headgate', 'rich', 'pydantic'))))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1].split() == ["headgate", "headgate.cli", "headgate.cli.main", "headgate.errors"]


@pytest.mark.parametrize("command", ["check", "sandbox", "stack", "tour", "up"])
def test_the_help_of_everyday_commands_loads_nothing_heavy(command: str) -> None:
    """Neither the models of stack files, nor the terminal's renderer, nor an SDK: help is text."""
    code = (
        "import sys; from headgate.cli.main import main\n"
        f"try: main([{command!r}, '--help'])\n"
        "except SystemExit: print(*sorted({m.split('.')[0] for m in sys.modules}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())

    assert loaded & {"pydantic", "rich", "yaml", "grpc", "pulumi", "aiohttp", "cryptography"} == set()


def test_what_every_check_loads_is_little() -> None:
    """Neither models of stack files nor keys of a ledger: the line of a setting is read without them."""
    parts = "headgate.gate.pull_request, headgate.gate.record, headgate.gate.trace, headgate.report.formats"
    code = f"import sys, headgate.cli.check, {parts}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) & {"pydantic", "rich", "grpc", "pulumi", "requests", "cryptography"} == set()
