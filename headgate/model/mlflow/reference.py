"""How a version of an MLflow registry is named there: by a number, or by an alias."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.model.artifact import checked_name, checked_version
from headgate.model.errors import RegistryError

_SCHEME = "models:/"


@dataclass(frozen=True)
class Registered:
    """A name in MLflow: of its version `number`, or of what `alias` points at."""

    name: str
    number: str = ""
    alias: str = ""

    @classmethod
    def parse(cls, text: str) -> Registered:
        """Read `models:/NAME/VERSION` or `models:/NAME@ALIAS`, with or without `mlflow://` before it."""
        written = text.removeprefix("mlflow://")
        rest = written.removeprefix(_SCHEME)
        if "@" in rest:
            (name, _, alias), number = rest.rpartition("@"), ""
        else:
            (name, _, number), alias = rest.rpartition("/"), ""
        if written == rest or not name or "/" in name or not (alias or number.isdecimal()):
            raise RegistryError(
                "not a version of an MLflow registry",
                found=text,
                expected="mlflow://models:/NAME/3 or mlflow://models:/NAME@ALIAS",
                fix="MLflow's stages, such as Production, are gone: give the version an alias there",
            )
        return cls(name, number, alias)

    def __str__(self) -> str:
        """Render as MLflow writes it."""
        return f"{_SCHEME}{self.name}@{self.alias}" if self.alias else f"{_SCHEME}{self.name}/{self.number}"


def name_here(wanted: str | None, found: str, number: str) -> tuple[str, str]:
    """Return the name and version to push under; MLflow counts versions, so theirs is hardly ever one of ours."""
    name, _, version = (wanted or f"{found}@{number}").rpartition("@")
    try:
        return checked_name(name), checked_version(version)
    except RegistryError as error:
        raise RegistryError(
            "this needs a name and a semantic version here" if wanted is None else error.what,
            where=f"{found} version {number} of MLflow" if wanted is None else None,
            found=wanted or f"{found}@{number}",
            expected="TEAM/MODEL@MAJOR.MINOR.PATCH, such as fraud/fraud-score@1.2.3",
            fix="name it: --as TEAM/MODEL@1.2.3",
        ) from error
