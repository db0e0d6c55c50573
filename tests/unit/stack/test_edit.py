"""Changes to a stack file's text: the value changes, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath, parse_document
from headgate.stack.edit import StackText
from headgate.stack.snippet import Snippet

pytestmark = pytest.mark.unit

FILE = """\
# The team's own file.
config:
  # Who they are.
  team:
    name: fraud   # never changes
    version: "1.36"
    models:
      # The first one.
      - name: a
        digest: 'sha256:1'  # built on Monday
        bounds: {min: 1, max: 2}
        # what it runs on
        runtime:
          image: oip
          digest: sha256:2
      - name: b
        bounds: {min: 3}

    tags: [x, y]
    empty: []

# The end.
"""
COMMENTS = [line.partition("# ")[2] for line in FILE.splitlines() if "# " in line]
MODELS: KeyPath = ("config", "team", "models")


def changed(text: StackText) -> list[tuple[str, str]]:
    """Return the lines that are not those of FILE, before and after."""
    old, new = FILE.split("\n"), text.text.split("\n")
    return [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        (
            ("config", "team", "name"),
            "search",
            "    name: fraud   # never changes",
            "    name: search   # never changes",
        ),
        (("config", "team", "version"), "1.40", '    version: "1.36"', '    version: "1.40"'),
        (
            (*MODELS, 0, "digest"),
            "sha256:9",
            "        digest: 'sha256:1'  # built on Monday",
            "        digest: 'sha256:9'  # built on Monday",
        ),
        ((*MODELS, 0, "bounds", "max"), 7, "        bounds: {min: 1, max: 2}", "        bounds: {min: 1, max: 7}"),
        ((*MODELS, 1, "bounds", "max"), 7, "        bounds: {min: 3}", "        bounds: {min: 3, max: 7}"),
        ((*MODELS, 0, "runtime", "image"), "1.5", "          image: oip", "          image: '1.5'"),
        (("config", "team", "tags"), ["yes", "z"], "    tags: [x, y]", "    tags: ['yes', z]"),
        (("config", "team", "tags", 1), "w", "    tags: [x, y]", "    tags: [x, w]"),
    ],
)
def test_a_value_changes_in_its_place(path: KeyPath, value: Any, before: str, after: str) -> None:
    """Comments, quotes and spaces around it stay, and no other line is touched."""
    assert changed(StackText("f", FILE).set(path, Snippet.of(value))) == [(before, after)]


def test_a_new_key_goes_to_the_end_of_its_group() -> None:
    """Groups that are not there are made; comments after the group stay after it."""
    text = StackText("f", FILE).set((*MODELS, 1, "runtime", "image"), Snippet.of("oip"))

    assert text.text == FILE.replace(
        "        bounds: {min: 3}\n", "        bounds: {min: 3}\n        runtime: {image: oip}\n"
    )


def test_an_entry_is_copied_with_its_comments() -> None:
    """To the end of the list, indented as the list is."""
    text = StackText("f", FILE)
    copied = text.append(MODELS, text.snippet((*MODELS, 0)))

    assert copied.text == FILE.replace(
        "        bounds: {min: 3}\n",
        "        bounds: {min: 3}\n"
        "      - name: a\n"
        "        digest: 'sha256:1'  # built on Monday\n"
        "        bounds: {min: 1, max: 2}\n"
        "        # what it runs on\n"
        "        runtime:\n"
        "          image: oip\n"
        "          digest: sha256:2\n",
    )


def test_a_list_that_is_empty_gets_its_first_entry() -> None:
    """`[]` gives way to a list of lines."""
    text = StackText("f", FILE)
    filled = text.append(("config", "team", "empty"), text.snippet((*MODELS, 1)))

    assert filled.text == FILE.replace("    empty: []\n", "    empty:\n      - name: b\n        bounds: {min: 3}\n")


@pytest.mark.parametrize(
    ("path", "gone", "left"),
    [
        ((*MODELS, 1), "      - name: b\n        bounds: {min: 3}\n", ""),
        (
            (*MODELS, 0, "runtime"),
            "        # what it runs on\n        runtime:\n          image: oip\n          digest: sha256:2\n",
            "",
        ),
        ((*MODELS, 0, "bounds", "min"), "{min: 1, max: 2}", "{max: 2}"),
        ((*MODELS, 0, "bounds", "max"), "{min: 1, max: 2}", "{min: 1}"),
        ((*MODELS, 0, "name"), "- name: a\n        digest", "- digest"),
        ((*MODELS, 1, "bounds", "min"), "{min: 3}", "{}"),
    ],
)
def test_what_is_removed_takes_its_own_comment_along(path: KeyPath, gone: str, left: str) -> None:
    """And nothing else."""
    assert StackText("f", FILE).remove(path).text == FILE.replace(gone, left)


def test_line_ends_stay_those_of_the_file() -> None:
    """A file from Windows stays one."""
    text = StackText("f", FILE.replace("\n", "\r\n"))
    added = text.append(MODELS, Snippet.of({"name": "c"}))

    assert "\n" not in added.text.replace("\r\n", "")
    assert added.document.value["config"]["team"]["models"][2] == {"name": "c"}


def test_a_form_that_can_t_be_kept_is_refused() -> None:
    """Rather than reformatted, with the line to change by hand."""
    with pytest.raises(HeadgateError) as caught:
        StackText("stacks/f.yaml", "config:\n  team: [a, ]\n").append(("config", "team"), Snippet.of("b"))

    assert (caught.value.what, caught.value.where) == ("`config.team` can't be changed in place", "stacks/f.yaml:2")


scalars = st.one_of(
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.booleans(),
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20),
    st.sampled_from(
        ["yes", "1.36", "0x1f", "1e3", "~", "null", "- a", "a: b", "a #b", "'", '"', "2026-01-01", "1_000"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), inner),
    max_leaves=6,
)


@given(values)
def test_every_value_comes_back_as_it_was_written(value: Any) -> None:
    """Whatever a text looks like to one YAML reader or another."""
    text = f"value: {Snippet.of(value).inline()}\n"

    assert parse_document(text, "f").value["value"] == value


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["name", "version", "extra"]), scalars), min_size=1, max_size=4))
def test_changes_one_after_the_other_keep_every_comment(changes: list[tuple[str, Any]]) -> None:
    """Each result says what was set last; the comments are all there, in their order."""
    text = StackText("f", FILE)
    for key, value in changes:
        text = text.set(("config", "team", key), Snippet.of(value))

    assert {key: text.document.value["config"]["team"][key] for key, _ in changes} == dict(changes)
    assert [each for each in COMMENTS if f"# {each}" not in text.text] == []
    assert yaml.safe_load(text.text)


# What may stand around a value: words of other scripts, a comment, a text that looks like the value.
words = st.text(
    st.characters(codec="utf-8", categories=("Ll", "Lo", "Nd", "So"), exclude_characters="\ufeff"), max_size=12
)
comments = st.one_of(st.just(""), words.map(lambda text: f"  # {text} min: 1"))
spaces = st.sampled_from([" ", "   "])
forms = st.sampled_from(
    [
        # Each has the value at %s, and others beside it.
        "    bounds: {{max: 900,{gap}min:{gap}%s ,note: 'min: 1'}}{comment}",
        '    bounds:{comment}\n      max: "9"\n      min:{gap}%s{comment}\n      # min: 1\n      note: |\n        a: 1',
        "    bounds:\n      -  {{name: a}}\n      - name: b\n        min:{gap}%s{comment}",
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    form=forms,
    gap=spaces,
    comment=comments,
    around=st.tuples(words, words),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    ends=st.booleans(),
    values=st.tuples(*[st.one_of(st.integers(0, 10**6), st.from_regex(r"[a-z]{3,8}", fullmatch=True))] * 2),
)
def test_everything_but_the_value_stays_as_it_is(
    form: str,
    gap: str,
    comment: str,
    around: tuple[str, str],
    newline: str,
    mark: str,
    ends: bool,
    values: tuple[int | str, int | str],
) -> None:
    """To the byte: comments, spaces, forms, line ends, the mark at the beginning, and the end without one."""
    body = form.format(gap=gap, comment=comment)
    lines = f'# {around[0]}\nconfig:\n  team:\n    name: "{around[0]}"\n{body}\n    # {around[1]}'
    template = mark + (lines + ("\n" if ends else "")).replace("\n", newline)
    before, after = (template % value for value in values)
    path: KeyPath = ("config", "team", "bounds", *((1,) if "- name: b" in form else ()), "min")

    assert StackText("f", before).set(path, Snippet.of(values[1])).text == after


def test_a_file_with_anchors_is_refused_whole() -> None:
    """A value with two places would change in both."""
    with pytest.raises(HeadgateError, match="no anchors"):
        StackText("f", "config:\n  a: &one {min: 1}\n  b: *one\n").set(("config", "a", "min"), Snippet.of(2))
