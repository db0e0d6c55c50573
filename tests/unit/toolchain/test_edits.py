"""Texts of a module's file that are built otherwise than they were published."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import TOOLS, tool
from headgate.sandbox.toolchain.edits import Edit, edited, flags

pytestmark = pytest.mark.unit

EDIT = Edit("a/server.go", '"0.0.0.0:%d"', '"127.0.0.1:%d"')


def test_an_edit_is_made_everywhere_in_the_file(tmp_path: Path) -> None:
    """And nowhere else."""
    source = tmp_path / "server.go"
    source.write_text('a := "0.0.0.0:%d"\nb := "0.0.0.0:%d" // 0.0.0.0\n')

    assert edited(source, EDIT) == 'a := "127.0.0.1:%d"\nb := "127.0.0.1:%d" // 0.0.0.0\n'


def test_a_text_that_is_gone_fails_the_build(tmp_path: Path) -> None:
    """A new version of the program may listen in another way: somebody must look."""
    source = tmp_path / "server.go"
    source.write_text('a := ":%d"\n')

    with pytest.raises(HeadgateError) as caught:
        edited(source, EDIT)

    assert (caught.value.where, caught.value.expected) == (str(source), '"0.0.0.0:%d"')


def test_a_tool_without_edits_asks_go_nothing(tmp_path: Path) -> None:
    """Its module is built as it was published."""
    assert flags(tool("opa"), Path("/nowhere/go"), {}, tmp_path) == []


def test_the_edits_keep_programs_on_loopback_and_one_compiling() -> None:
    """Nothing else is changed in anybody's program."""
    assert {(each.name, edit.after) for each in TOOLS for edit in each.edits} == {
        ("prometheus-adapter", "ctx := genericapiserver.SetupSignalContext()\n\tstopCh := ctx.Done()"),
        ("prometheus-adapter", "cmd.Run(ctx)"),
        ("prometheus-adapter", "if false {"),
        ("prometheus-adapter", "time.Until(deadline)"),
        ("rollouts-controller", '"127.0.0.1:%d"'),
        ("karpenter", 'fmt.Sprintf("127.0.0.1:%d"'),
    }
