"""Where jobs find their data, and what they may reach: addresses that hold no secret and leave no network."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from headgate.stack.values import address_range, is_private

_PATH = r"(/[^\s?#@]*)?"
_URI = rf"(abfss://[a-z0-9-]{{3,63}}@[a-z0-9]{{3,24}}\.dfs\.core\.windows\.net|https://[a-z0-9.-]+){_PATH}"


def _data(text: str) -> str:
    """Check a place of data; a query is where signatures stand, so there is none."""
    if not re.fullmatch(_URI, text):
        raise PydanticCustomError(
            "data_uri",
            "{expected_text}",
            {
                "expected_text": "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH or https://HOST/PATH",
                "fix": "leave keys, signatures and queries out: the job's identity opens it",
            },
        )
    return text


def _private(text: str) -> str:
    """Check a range that a job may reach."""
    if not is_private(address_range(text)):
        raise PydanticCustomError(
            "private_range",
            "{expected_text}",
            {
                "expected_text": "a private IPv4 range such as 10.30.4.0/24",
                "fix": "give the data a private endpoint, and write the range of its subnet",
            },
        )
    return text


DataUri = Annotated[str, AfterValidator(_data), WithJsonSchema({"type": "string", "pattern": f"^{_URI}$"})]
PrivateRange = Annotated[
    str, AfterValidator(_private), WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+/\d+$"})
]
