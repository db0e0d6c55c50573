"""`headgate audit`: what it prints, and which exit code it ends with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from headgate.audit import Ledger
from headgate.cli.main import main

pytestmark = pytest.mark.unit


def run(*arguments: str) -> int:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Write a file of three entries."""
    path = tmp_path / "f.jsonl"
    path.write_text(
        '{"kind":"decision","time":"2026-01-01T00:00:00Z","actor":"ci","subject":"fraud-prod","data":{"allowed":false}}\n'
        "\n"
        '{"kind":"drill","time":"2026-02-01T00:00:00Z","actor":"ops","subject":"uaenorth"}\n'
        '{"anything":"else"}'
    )
    return path


def test_append_then_verify(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pair that everything else relies on."""
    ledger = str(tmp_path / "l")

    assert run("append", "--ledger", ledger, "--file", str(lines), "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["first"], result["count"], result["wrapped"], result["size"]) == (0, 3, 1, 3)
    assert run("verify", "--ledger", ledger, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["verified"], report["size"], report["root"]) == (True, 3, result["root"])


def test_a_bad_line_is_named_and_nothing_is_appended(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File and line; the lines before it are not appended either."""
    lines.write_text('{"kind":"plan"}\n{"kind":7}\n')

    assert run("append", "--ledger", str(tmp_path / "l"), "--file", str(lines)) == 2
    assert f"{lines}:2: not an entry: `kind` is a string, not a number" in capsys.readouterr().err
    with Ledger(tmp_path / "l") as ledger:
        assert ledger.size == 0


def test_strict_refuses_what_is_no_entry(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --strict a foreign object is wrapped; with it, its line is named."""
    assert run("append", "--ledger", str(tmp_path / "l"), "--file", str(lines), "--strict") == 2
    assert f"{lines}:4: not an entry" in capsys.readouterr().err


def test_tampering_ends_in_1_and_nothing_to_verify_in_2(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code tells a bad ledger from none."""
    ledger = tmp_path / "l"
    run("append", "--ledger", str(ledger), "--file", str(lines))
    path = ledger / "tile/entries/000.p/3"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"fraud-prod", b"other-prod"))

    assert run("verify", "--ledger", str(ledger)) == 1
    assert "entry 0: tile/entries/000.p/3: the entry is not the one that was appended" in capsys.readouterr().out
    assert run("verify", "--ledger", str(tmp_path / "none")) == 2
    assert run("verify", "--ledger", str(ledger), "--key", str(tmp_path / "none")) == 2


@pytest.mark.parametrize(
    ("arguments", "indexes"),
    [
        ([], [0, 1, 2]),
        (["--kind", "drill"], [1]),
        (["--actor", "ci"], [0]),
        (["--subject", "fraud"], [0]),
        (["--from", "2026-01-15", "--to", "2026-02-15"], [1]),
        (["--limit", "1"], [0]),
    ],
)
def test_query_selects(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], indexes: list[int]
) -> None:
    """By kind, actor, subject, time, and so many."""
    run("append", "--ledger", str(tmp_path / "l"), "--file", str(lines))
    capsys.readouterr()

    assert run("query", "--ledger", str(tmp_path / "l"), "--json", *arguments) == 0
    assert [json.loads(line)["index"] for line in capsys.readouterr().out.splitlines()] == indexes


def test_show_and_prove_one_entry(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry as a document; its proof as a text with the checkpoint; an index beyond the end is an error."""
    ledger = tmp_path / "l"
    run("append", "--ledger", str(ledger), "--file", str(lines))
    capsys.readouterr()

    assert run("show", "--ledger", str(ledger), "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "uaenorth"
    assert run("prove", "--ledger", str(ledger), "1") == 0
    proof = capsys.readouterr().out
    assert proof.startswith("c2sp.org/tlog-proof@v1\nindex 1\n")
    assert proof.endswith((ledger / "checkpoint").read_text())
    assert run("show", "--ledger", str(ledger), "3") == 2


def test_query_finds_the_same_without_its_index(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--no-index` reads every entry; a time that is none is refused."""
    ledger = str(tmp_path / "l")
    run("append", "--ledger", ledger, "--file", str(lines))
    capsys.readouterr()

    assert run("query", "--ledger", ledger, "--stack", "fraud-prod", "--json", "--no-index") == 0
    without = capsys.readouterr().out
    assert run("query", "--ledger", ledger, "--stack", "fraud-prod", "--json") == 0
    assert capsys.readouterr().out == without
    assert json.loads(without)["subject"] == "fraud-prod"
    assert run("query", "--ledger", ledger, "--from", "yesterday") == 2


def test_tail_prints_the_last_and_export_all(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last two in order; every entry as JSON lines and as CSV, in which no cell is a formula."""
    ledger = tmp_path / "l"
    run("append", "--ledger", str(ledger), "--file", str(lines))
    with Ledger(ledger) as opened:
        opened.append_documents(
            [{"kind": "plan", "time": "2026-01-01T00:00:00Z", "actor": "=cmd()", "subject": "s", "data": {"a": 1}}]
        )
    capsys.readouterr()

    assert run("tail", "--ledger", str(ledger), "-n", "2", "--json") == 0
    assert [json.loads(line)["index"] for line in capsys.readouterr().out.splitlines()] == [2, 3]
    assert run("export", "--ledger", str(ledger)) == 0
    assert [json.loads(line)["index"] for line in capsys.readouterr().out.splitlines()] == [0, 1, 2, 3]
    output = tmp_path / "out.csv"
    assert run("export", "--ledger", str(ledger), "--kind", "plan", "--format", "csv", "--output", str(output)) == 0
    assert output.read_text() == (
        'index,time,kind,actor,subject,data\n3,2026-01-01T00:00:00Z,plan,\'=cmd(),s,"{""a"": 1}"\n'
    )


def test_rebuild_indexes_every_entry(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever was indexed before."""
    ledger = str(tmp_path / "l")
    run("append", "--ledger", ledger, "--file", str(lines))
    run("query", "--ledger", ledger)
    capsys.readouterr()

    assert run("rebuild", "--ledger", ledger, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"indexed": 3}


def test_a_proof_is_verified_without_the_ledger(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inclusion with the entry's bytes, growth with the earlier checkpoint; another entry ends in 1, no key in 2."""
    ledger, proof, entry = tmp_path / "l", tmp_path / "proof", tmp_path / "entry"
    run("append", "--ledger", str(ledger), "--file", str(lines))
    shutil.copy(ledger / "checkpoint", tmp_path / "earlier")
    run("append", "--ledger", str(ledger), "--file", str(lines))
    run("prove", "--ledger", str(ledger), "1", "--output", str(proof))
    capsys.readouterr()
    run("show", "--ledger", str(ledger), "1", "--raw")
    entry.write_text(capsys.readouterr().out)
    about = ["--proof", str(proof), "--entry", str(entry)]

    assert run("verify", *about, "--key", str(ledger / "key.pub")) == 0
    assert "the entry is number 1 of 6" in capsys.readouterr().out
    assert run("verify", *about) == 2
    entry.write_text("{}")
    assert run("verify", *about, "--key", str(ledger / "key.pub")) == 1
    assert run("prove", "--ledger", str(ledger), "--since", str(tmp_path / "earlier"), "--output", str(proof)) == 0
    capsys.readouterr()
    assert run("verify", "--proof", str(proof), "--key", str(ledger / "key.pub")) == 0
    assert "of 6 entries grew out of its first 3" in capsys.readouterr().out
    assert run("prove", "--ledger", str(ledger)) == 2
