"""`headgate stack new`: a form to fill in, the golden path's file, or a copy for another environment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.stack import StackName

T = TypeVar("T")
GOLDEN_PATH = "golden-path"
# Answer, its option, and what a terminal asks.
_QUESTIONS = {
    "stack": ("NAME", "The stack: your team and where it begins, such as search-dev"),
    "owner": ("--owner", "Who answers for it: a person or group"),
    "cost_center": ("--cost-center", "Where the cost is booked"),
    "data_class": (
        "--data-class",
        "The most sensitive data that the model sees: public, internal, confidential or restricted",
    ),
    "model": ("--model", "The first model, as NAME:VERSION@sha256:…"),
}


@click.command("new")
@click.argument("name", required=False)
@click.option("--from", "origin", metavar="golden-path|STACK", help="Write a file that works at once.")
@click.option("--owner", help="Golden path: who answers for the stack.")
@click.option("--cost-center", help="Golden path: where the cost is booked.")
@click.option("--data-class", help="Golden path: public, internal, confidential or restricted.")
@click.option("--model", metavar="NAME:VERSION@DIGEST", help="Golden path: the first model.")
@click.option("--runtime", metavar="IMAGE@DIGEST", help="Golden path: what serves it (default: as most).")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead of writing it.")
@click.pass_obj
def new(folder: Path, /, name: str | None, origin: str | None, only_print: bool, **answers: str | None) -> None:
    """Write the file of a new stack NAME, such as search-dev.

    Plainly it is a form to fill in. With --from golden-path it works at once: five answers (NAME and four options; a
    terminal is asked for those that are missing) give a file that is valid and passes `headgate check`. With --from
    STACK it is a copy of the same team's stack for another environment, with that environment's replicas.
    """
    if origin is None and any(answers.values()):
        given = next(key for key, value in answers.items() if value)
        raise click.UsageError(f"--{given.replace('_', '-')} goes with --from {GOLDEN_PATH}.")
    parsed, text = _text(folder, name, origin, answers)
    if only_print:
        click.echo(text, nl=False)
        return
    from headgate.stack.template import write_stack

    path = write_stack(parsed, folder, text)
    then = f"headgate check --stack {parsed}" if origin else f"edit it, then `headgate stack validate {parsed}`"
    click.echo(f"wrote {path}\nnext: {then}")


def _text(folder: Path, name: str | None, origin: str | None, answers: dict[str, str | None]) -> tuple[StackName, str]:
    """Return the stack's name, and the text of its file; what is to work at once has been checked."""
    from headgate.stack.golden_path import copied_text
    from headgate.stack.identity import StackName
    from headgate.stack.template import refuse_existing, stack_text
    from headgate.stack.trial import validated

    if origin == GOLDEN_PATH:
        parsed, text = _golden_path(folder, {"stack": name, **answers})
    elif name is None:
        raise click.UsageError("Missing argument 'NAME'.")
    elif origin is None:
        parsed = StackName.parse(name)
        return parsed, stack_text(parsed)
    else:
        parsed = StackName.parse(name)
        refuse_existing(parsed, folder)
        text = copied_text(StackName.parse(origin), parsed, folder)
    validated(folder, parsed, text)
    return parsed, text


def _golden_path(folder: Path, given: dict[str, str | None]) -> tuple[StackName, str]:
    """Take the answers, asking for those that are missing where somebody can be asked."""
    from headgate.stack import golden_path
    from headgate.stack.template import refuse_existing

    asks = _is_terminal()
    missing = [flag for key, (flag, _) in _QUESTIONS.items() if not given.get(key)]
    if missing and not asks:
        raise HeadgateError(
            "the golden path needs five answers",
            found=f"none for {', '.join(missing)}",
            expected=", ".join(flag for flag, _ in _QUESTIONS.values()),
            fix=f"headgate stack new --from {GOLDEN_PATH}, on a terminal that can ask; or give the options",
        )

    def stack_answer(text: str) -> StackName:
        parsed = golden_path.stack_answer(text)
        refuse_existing(parsed, folder)
        return parsed

    stack = _answer("stack", given, stack_answer)
    answers = golden_path.Answers(
        stack=stack,
        owner=_answer("owner", given, golden_path.label_answer, default=stack.owner),
        cost_center=_answer("cost_center", given, golden_path.label_answer, default=stack.owner),
        data_class=_answer("data_class", given, golden_path.data_class_answer, default="internal"),
        model=_answer("model", given, golden_path.model_answer),
    )
    named = given.get("runtime")
    runtime = golden_path.runtime_answer(named) if named else golden_path.usual_runtime(folder, stack.environment)
    return stack, golden_path.first_text(answers, runtime)


def _answer(key: str, given: dict[str, str | None], check: Callable[[str], T], default: str | None = None) -> T:
    """Return a checked answer: the one that was given, or the first one typed that fits."""
    text = given.get(key)
    if text:
        return check(text)

    def checked(typed: str) -> Any:
        try:
            return check(typed)
        except HeadgateError as error:
            raise click.BadParameter(f"{error.what}; expected {error.expected}") from error

    answer: T = click.prompt(_QUESTIONS[key][1], value_proc=checked, default=default, err=True)
    return answer


def _is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()
