"""Secrets are masked in every form in which text shows them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.engine.redact import Redactor, secret_values
from headgate.engine.scratch import SECRET, SIGNATURE

pytestmark = pytest.mark.unit


def clear(value: object) -> dict[str, str]:
    """Return a secret as `stack export --show-secrets` writes it."""
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}


def test_values_of_a_state_are_found_at_any_depth() -> None:
    """Also inside secrets that are structures; what is no secret is not taken for one."""
    document = {"a": [clear("one"), {"b": clear({"c": ["two", 3]})}], "plain": "three"}

    assert sorted(secret_values(document)) == ["one", "two"]


def test_longer_secret_is_masked_whole() -> None:
    """A secret that contains another one does not leave its rest behind."""
    assert Redactor(["pass", "password-1"])("is password-1, pass") == "is [secret], [secret]"


def test_json_form_and_lines_are_masked() -> None:
    """Quotes and line ends are escaped in JSON, and keys are printed line by line."""
    key = '-----BEGIN "KEY"-----\nMIIEvQIBADANBgkqhkiG9w0\n'
    redact = Redactor([key])

    assert redact(f"x {json.dumps(key)} y") == 'x "[secret]" y'
    assert redact("line: MIIEvQIBADANBgkqhkiG9w0") == "line: [secret]"


def test_short_values_do_not_hide_the_text() -> None:
    """A secret such as `on` is in half of all words."""
    assert Redactor(["on", ""])("once upon") == "once upon"


@given(st.text(min_size=4), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    """Whatever stands around it, a secret of four characters or more is gone."""
    masked = Redactor([secret])(before + secret + after)

    assert secret not in masked.replace("[secret]", "")
