"""What people give `headgate model` by mistake: told with the file, the line, what was expected and what to do."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("kind", ["a link to nowhere", "a link to a folder", "a link to itself", "a pipe", "a link"])
def test_what_can_not_be_pushed_is_refused_and_never_left_out(tmp_path: Path, kind: str) -> None:
    """Else a version would be without its weights for ever, and nobody told."""
    model, weights = tmp_path / "model", tmp_path / "model" / "deep" / "weights"
    weights.parent.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    if kind == "a pipe":
        os.mkfifo(weights)
    else:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("x")
        weights.symlink_to(
            {"a link to a folder": tmp_path / "folder", "a link": tmp_path / "file", "a link to itself": weights}.get(
                kind, tmp_path / "gone"
            )
        )
    with pytest.raises(HeadgateError, match="is a link or a pipe") as told:
        read_source(model)

    assert told.value.where == str(weights)
    (model / "model.json").write_text('{"files": ["config.json"]}')
    assert [name for name, _ in read_source(model).files] == ["config.json"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('{"files": 5}', "files are wrong"),
        ('{"files": "abc"}', "files are wrong"),
        ('{"files": [["a"]]}', "files are wrong"),
        ('{"files": ["a", "a"]}', "files are wrong"),
        ('{"framework": 5}', "framework is wrong"),
        ('{"framework": "a\\u001b[2J"}', "framework is wrong"),
        (f'{{"framework": "{"x" * 65}"}}', "framework is wrong"),
        ('{"inputs": [{"name": "a", "datatype": "FP32", "shape": [1e400]}]}', "inputs are wrong"),
        ("[" * 100_000, "no JSON object"),
    ],
)
def test_fields_of_a_description_that_are_of_another_form_are_told(tmp_path: Path, content: str, what: str) -> None:
    """Nothing is pushed."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(HeadgateError, match=what) as told:
        read_source(tmp_path)

    assert (str(told.value.where).endswith("model.json"), bool(told.value.fix)) == (True, True)


def test_a_name_that_is_no_text_and_a_description_that_is_no_file_are_told(tmp_path: Path) -> None:
    """As every other fault."""
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / os.fsdecode(b"\xff.bin")).write_text("x")
    (tmp_path / "described" / "model.json").mkdir(parents=True)

    with pytest.raises(HeadgateError, match="is no text"):
        read_source(tmp_path / "named")
    with pytest.raises(HeadgateError, match="can't be read"):
        read_source(tmp_path / "described")


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
        (["show", "t/m@1.0.0", "--registry", "127.0.0.1:99999"], "this is no registry's login server"),
        (["demote", "t/m@1.0.0", "--to", "archived", "--reason", " ", "--key", "k", "--registry", "a"], "say why"),
    ],
)
def test_what_no_registry_can_make_right_is_not_asked_of_one(arguments: list[str], told: str) -> None:
    """A digest cut short, an address, a reason that is none."""
    done = CliRunner().invoke(command, arguments, standalone_mode=False)

    assert told in str(done.exception)
