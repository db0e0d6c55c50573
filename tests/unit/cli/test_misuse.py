"""What a person meets who mistypes: a sentence, the place, what to do, exit code 2, and never a traceback."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headgate.cli.main import main

pytestmark = pytest.mark.unit

Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Told:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def fields(self) -> dict[str, Any]:
        """Return the error that `--json` wrote."""
        document: dict[str, Any] = json.loads(self.err)
        return document


def run(capsys: Capture, *arguments: str) -> Told:
    """Run the command line whole, as its entry point does."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert isinstance(ended.value.code, int)
    return Told(ended.value.code, out, err)


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a state directory in which nothing was ever started."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("HEADGATE_REGISTRY", raising=False)
    monkeypatch.delenv("HEADGATE_STACKS", raising=False)
    return tmp_path


# Command line, and what its error holds.
MISUSE: dict[str, tuple[list[str], list[str]]] = {
    "unknown command": (["chek"], ["No such command 'chek'", "Did you mean 'check'?"]),
    "unknown command of a group": (["sandbox", "statsu"], ["No such command 'statsu'", "Did you mean 'status'?"]),
    "unknown option": (["check", "--manifest", "x"], ["No such option '--manifest'", "--manifests"]),
    "check of nothing": (["check"], ["name one of --stack, --plan, --event-log, --state, --manifests, --cluster"]),
    "up of nothing": (["up"], ["Missing option '-s' / '--stack'"]),
    "up of a stack without a file": (
        ["up", "-s", "fraud-prdo"],
        ["Pulumi.fraud-prdo.yaml: the stack has no file", "did you mean `fraud-prod`?"],
    ),
    "explain of no stack": (["stack", "explain", "nosuch"], ["this is no stack name", "nosuch", "headgate stack list"]),
    "explain of a mistyped environment": (["stack", "explain", "fraud-prd"], ["did you mean `fraud-prod`?"]),
    "new over an old one": (["stack", "new", "fraud-prod"], ["stack fraud-prod exists already"]),
    "log of nothing": (["sandbox", "logs", "nosuch"], ["there is no such log", "nosuch", "headgate sandbox"]),
    "kubeconfig of nowhere": (["sandbox", "kubeconfig", "nowhere"], ["has no such region", "nowhere"]),
    "fault while nothing runs": (["sandbox", "fault", "list"], ["does not answer", "headgate sandbox up"]),
    "tour while nothing runs": (["tour"], ["the sandbox is not running", "headgate sandbox up"]),
    "no ledger": (["audit", "verify", "--ledger", "/nosuch"], ["/nosuch: there is no ledger here", "headgate audit"]),
    "unknown rule": (["policy", "explain", "HG-XX-1"], ["there is no such rule", "HG-SC-001", "headgate policy list"]),
    "unknown tool": (["toolchain", "build", "opaa"], ["no such tool", "opaa", "headgate toolchain list"]),
    "bad model name": (
        ["model", "push", __file__, "--name", "Bad Name", "--version", "1.0.0", "--registry", "x.azurecr.io"],
        ["not a model's name", "Bad Name", "TEAM/MODEL", "pass --name"],
    ),
    "bad model version": (
        ["model", "push", __file__, "--name", "fraud/x", "--version", "latest", "--registry", "x.azurecr.io"],
        ["not a semantic version", "latest", "MAJOR.MINOR.PATCH", "pass --version"],
    ),
    "model without a registry": (["model", "list"], ["Missing option '--registry'"]),
}


@pytest.mark.parametrize("case", MISUSE)
def test_a_mistake_is_answered_with_what_to_do(capsys: Capture, case: str) -> None:
    """In text on stderr; stdout, which scripts read, stays empty."""
    arguments, words = MISUSE[case]

    told = run(capsys, *arguments)

    assert (told.code, told.out) == (2, "")
    assert [word for word in words if word not in told.err] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek", "--json"],
        ["check", "--json"],
        ["check", "--json", "--bogus"],
        ["check", "--json", "--manifests", "/nosuch.yaml"],
        ["up", "--json"],
        ["up", "--json", "-s", "nosuch"],
        ["stack", "explain", "--json", "nosuch"],
        ["sandbox", "kubeconfig", "nowhere", "--json"],
        ["sandbox", "logs", "nosuch", "--json"],
        ["sandbox", "status", "--json", "extra"],
        ["sandbox", "fault", "list", "--json"],
        ["audit", "verify", "--ledger", "/nosuch", "--json"],
        ["model", "list", "--json"],
        ["policy", "explain", "HG-XX-1", "--json"],
        ["tour", "--json"],
    ],
    ids=" ".join,
)
def test_with_json_an_error_is_json_too(capsys: Capture, arguments: list[str]) -> None:
    """One document on stderr with what, where, found, expected, fix and exit code; each says what to do."""
    told = run(capsys, *arguments)

    assert (told.code, told.out) == (2, "")
    assert {"error", "where", "found", "expected", "fix", "exit_code"} <= set(told.fields)
    assert told.fields["error"]
    assert told.fields["fix"]
    assert told.fields["exit_code"] == 2


def test_a_command_line_that_click_refuses_has_whole_fields(capsys: Capture) -> None:
    """Where: the command; what to do: its help."""
    assert run(capsys, "check", "--json").fields == {
        "error": "name one of --stack, --plan, --event-log, --state, --manifests, --cluster.",
        "where": "headgate check",
        "found": None,
        "expected": None,
        "fix": "headgate check --help",
        "exit_code": 2,
    }


@pytest.mark.parametrize("option", ["--manifests", "--plan", "--event-log", "--state"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file or directory"),
        (b"", ""),
        (b"\x00\xff\xfe", "the file is not text"),
        (b"a: [1,\n b: }", ""),
    ],
    ids=["missing", "empty", "binary", "neither YAML nor JSON"],
)
def test_a_document_that_can_t_be_judged_is_never_well(
    capsys: Capture, nothing_runs: Path, option: str, content: bytes | None, words: str
) -> None:
    """Exit code 2 and a remedy, whatever kind of document it was said to be."""
    file = nothing_runs / "document.yaml"
    if content is not None:
        file.write_bytes(content)

    told = run(capsys, "check", option, str(file))

    assert (told.code, told.out) == (2, "")
    assert words in told.err
    assert [part for part in (f"{file}", "found:", "expected:", "do:") if part not in told.err] == []


@pytest.mark.parametrize("option", ["--plan", "--state"])
@pytest.mark.parametrize("command", [["stack", "cost", "fraud-prod"], ["stack", "diagram"]])
def test_a_document_of_endless_depth_is_told_as_that(
    capsys: Capture, tmp_path: Path, command: list[str], option: str
) -> None:
    """Whatever reads a plan or a state: it ended with a traceback where nothing was judged."""
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")

    told = run(capsys, *command, option, str(tmp_path / "deep.json"))

    assert (told.code, told.out) == (2, "")
    assert "nested too deeply" in told.err


def test_a_folder_that_can_t_be_read_whole_is_never_well(
    capsys: Capture, nothing_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What hides in a closed subfolder was not judged, so nothing was."""
    closed = nothing_runs / "closed"
    closed.mkdir()
    (nothing_runs / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    scandir = os.scandir

    def refusing(path: Any = ".") -> Any:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)

    told = run(capsys, "check", "--manifests", str(nothing_runs))

    assert told.code == 2
    assert told.err.startswith(f"error: {closed}: this can't be read, so nothing was judged\n")


def test_a_folder_named_like_a_manifest_is_no_manifest(capsys: Capture, nothing_runs: Path) -> None:
    """`x.yaml/` is walked, not read."""
    (nothing_runs / "x.yaml").mkdir()

    told = run(capsys, "check", "--manifests", str(nothing_runs))

    assert (told.code, "there is nothing to judge" in told.err) == (2, True)


def test_status_of_nothing_is_an_answer(capsys: Capture) -> None:
    """Not an error: what runs, and how to start it."""
    told = run(capsys, "sandbox", "status")

    assert (told.code, told.out) == (0, "The sandbox is not running. Start it: headgate sandbox up\n")


def test_logs_of_nothing_say_how_to_begin(capsys: Capture) -> None:
    """On stderr: the list itself is empty."""
    told = run(capsys, "sandbox", "logs")

    assert (told.code, told.out, told.err) == (0, "", "No logs yet. Start the sandbox: headgate sandbox up\n")


@pytest.mark.parametrize("command", [["env"], ["sandbox", "up"], ["up", "--yes", "-s", "fraud-sandbox"]])
def test_a_state_directory_that_can_t_be_written_names_the_variable(
    capsys: Capture, nothing_runs: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """A file where the directory should be: whose it is, and what to set."""
    state = nothing_runs / "file"
    state.touch()
    monkeypatch.setenv("HEADGATE_STATE", str(state))

    told = run(capsys, *command)

    assert told.code == 2
    assert told.err.startswith(f"error: {state}: the sandbox can't write its state directory\n")
    assert "set HEADGATE_STATE to a directory of yours" in told.err


def test_a_tool_cache_that_can_t_be_written_is_still_listed(
    capsys: Capture, nothing_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking writes nothing that it can't do without."""
    (nothing_runs / "file").touch()
    monkeypatch.setenv("HEADGATE_TOOLS", str(nothing_runs / "file" / "tools"))

    assert run(capsys, "toolchain", "list", "--json").code == 0
