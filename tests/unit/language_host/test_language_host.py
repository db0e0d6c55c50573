"""The language host's decisions: which interpreter, which commands, which words for an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pulumi.runtime.proto import language_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.language_host import dependencies, executor, interpreter, plugins

pytestmark = pytest.mark.unit


def info(root: Path, virtualenv: str | None = None) -> language_pb2.ProgramInfo:
    """Return what the engine says of a program."""
    made = language_pb2.ProgramInfo(root_directory=str(root), program_directory=str(root / "infra"), entry_point=".")
    if virtualenv:
        made.options.update({"virtualenv": virtualenv})
    return made


def environment(root: Path) -> Path:
    """Make a virtual environment, as far as anybody looks."""
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return python


def test_virtualenv_is_relative_to_the_projects_root(tmp_path: Path) -> None:
    """Pulumi.yaml's `virtualenv: .venv` is beside it, wherever the program's own folder is."""
    python = environment(tmp_path)

    assert interpreter.of(info(tmp_path, ".venv")) == python


def test_without_virtualenv_the_hosts_own_interpreter_runs(tmp_path: Path) -> None:
    """Packs and plugins of this checkout name none."""
    assert interpreter.of(info(tmp_path)) == Path(sys.executable)


def test_missing_virtualenv_is_no_other_interpreter(tmp_path: Path) -> None:
    """A program must not run with packages that it did not ask for."""
    with pytest.raises(interpreter.MissingVirtualenvError, match="make venv"):
        interpreter.of(info(tmp_path, ".venv"))


def test_pack_runs_under_the_sdk_and_plugin_by_itself(tmp_path: Path) -> None:
    """Kind `analyzer` is a policy pack; anything else is a folder with `__main__.py`."""
    request = language_pb2.RunPluginRequest(info=info(tmp_path), args=["127.0.0.1:1"], kind="analyzer")
    pack = plugins.command(request)
    request.kind = "resource"

    assert pack == [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(tmp_path / "infra")]
    assert plugins.command(request) == [sys.executable, "-u", str(tmp_path / "infra"), "127.0.0.1:1"]


def test_install_makes_what_is_missing_and_no_more(tmp_path: Path) -> None:
    """A virtual environment is made once; without requirements.txt nothing is installed."""
    before = dependencies.steps(info(tmp_path, ".venv"))
    python = environment(tmp_path)
    (tmp_path / "requirements.txt").write_text("click\n")

    assert before == [[sys.executable, "-m", "venv", str(tmp_path / ".venv")]]
    assert [step[:4] for step in dependencies.steps(info(tmp_path, ".venv"))] == [[str(python), "-m", "pip", "install"]]


def test_error_for_people_is_its_message() -> None:
    """Where, what and what to do: no frames."""
    error = HeadgateError("no such region", where="stacks/x.yaml:3", fix="use uaenorth")

    assert executor.explain(error, Path("/nowhere")) == str(error)


def test_traceback_begins_in_the_program(tmp_path: Path) -> None:
    """Frames of what called the program are left out; the causes inside it stay."""
    program = tmp_path / "__main__.py"
    program.write_text("def f():\n    raise KeyError('x')\nf()\n")
    try:
        exec(compile(program.read_text(), str(program), "exec"), {})  # noqa: S102 - stands for runpy
    except KeyError as error:
        text = executor.explain(error, tmp_path)

    assert text.splitlines()[:3] == [
        "Program failed with an unhandled exception:",
        "Traceback (most recent call last):",
        f'  File "{program}", line 3, in <module>',
    ]
    assert text.rstrip().endswith("KeyError: 'x'")


def test_error_outside_the_program_keeps_its_frames(tmp_path: Path) -> None:
    """An error of the SDK itself has no frame of the program; then all of them are shown."""
    try:
        raise RuntimeError("inside")
    except RuntimeError as error:
        text = executor.explain(error, tmp_path)

    assert "test_language_host.py" in text
