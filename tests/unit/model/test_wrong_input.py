"""What people give `headgate model` by mistake: told with the file, the line, what was expected and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from model_shelf import version

from headgate.cli.model import model as command
from headgate.errors import HeadgateError
from headgate.model.proofs import signers
from headgate.model.proofs.documents import Kind, read_file
from headgate.model.source import read_source

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("content", "where", "found"),
    [
        (b'{\n"framework": bad', "model.json:2", "Expecting value"),
        (b"[]", "model.json", "a JSON list"),
        (b"\xff\xfe", "model.json", "text that is not UTF-8"),
    ],
)
def test_a_description_that_is_none_is_told_with_its_line(
    tmp_path: Path, content: bytes, where: str, found: str
) -> None:
    """Nothing is pushed."""
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(HeadgateError, match="no JSON object") as told:
        read_source(tmp_path)

    assert (str(told.value.where).endswith(where), found in str(told.value.found)) == (True, True)
    assert (bool(told.value.expected), bool(told.value.fix)) == (True, True)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    """Hidden files are none of it."""
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(HeadgateError, match="directory is empty") as told:
        read_source(tmp_path)

    assert told.value.fix == "name the directory that has them"


@pytest.mark.parametrize(
    ("text", "what", "expected", "fix"),
    [
        ("", "this file holds no settings", "`explainability`", "docs/guides/models.md shows one"),
        ("zzz: 1\n", "unknown key `zzz`", "one of: data, explainability", "remove it, or see docs/guides/models.md"),
        (
            "data: {name: a, version: '1'}\nquality: []\n",
            "`quality` does not fit",
            "at least 1 of them",
            "How good its answers are.",
        ),
    ],
)
def test_a_statement_that_is_none_is_told_in_words_that_fit_it(
    tmp_path: Path, text: str, what: str, expected: str, fix: str
) -> None:
    """Not in those of a stack's file."""
    (tmp_path / "evaluation.yaml").write_text(text)
    with pytest.raises(HeadgateError, match=what) as told:
        read_file(Kind.EVALUATION, tmp_path / "evaluation.yaml", version())

    assert (expected in str(told.value), fix in str(told.value)) == (True, True), str(told.value)


def test_what_follows_from_a_wrong_item_is_not_told_beside_it(tmp_path: Path) -> None:
    """A list whose only measure is wrong is not too short."""
    (tmp_path / "evaluation.yaml").write_text(
        "data: {name: a, version: '1'}\nquality:\n  - {name: auc, value: x, at_least: 0.9}\n"
    )
    with pytest.raises(HeadgateError) as told:
        read_file(Kind.EVALUATION, tmp_path / "evaluation.yaml", version())

    assert (told.value.what, str(told.value.where)[-2:]) == ("`quality[0].value` does not fit", ":3")


def test_a_file_of_signers_that_is_empty_says_how_to_come_by_an_entry(tmp_path: Path) -> None:
    """It is no stack's."""
    (tmp_path / "signers.yaml").write_text("")
    with pytest.raises(HeadgateError) as told:
        signers.read(tmp_path / "signers.yaml")

    assert told.value.fix == "`headgate model key NAME --out FILE` makes a key, and prints the entry"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "t/m@sha256:abc", "--registry", "127.0.0.1:1"], "not a digest"),
        (["show", "t/m@1.0.0", "--registry", "https://a.example"], "this is no registry's login server"),
        (["demote", "t/m@1.0.0", "--to", "archived", "--reason", " ", "--key", "k", "--registry", "a"], "say why"),
    ],
)
def test_what_no_registry_can_make_right_is_not_asked_of_one(arguments: list[str], told: str) -> None:
    """A digest cut short, an address, a reason that is none."""
    done = CliRunner().invoke(command, arguments, standalone_mode=False)

    assert told in str(done.exception)
