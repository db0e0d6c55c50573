"""What is attested of a version: model card, lineage, bill of materials, evaluation; and what each has to say.

An evaluation never says whether it passed: its numbers and thresholds do, each time anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from headgate.audit.canonical import parse
from headgate.errors import HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.fault import ProofError, Wrong
from headgate.stack.document import Form, Origin, read_document
from headgate.stack.faults import raise_all
from headgate.stack.problems import from_validation


class Kind(StrEnum):
    """What can be attested."""

    CARD = "card"
    LINEAGE = "lineage"
    BOM = "bom"
    EVALUATION = "evaluation"


PREDICATES = {
    Kind.CARD: "https://headgate.dev/model/card/v1",
    Kind.LINEAGE: "https://headgate.dev/model/lineage/v1",
    Kind.BOM: "https://cyclonedx.org/bom",
    Kind.EVALUATION: "https://headgate.dev/model/evaluation/v1",
}
_Line = Annotated[str, Field(min_length=3, max_length=2000)]
_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S[^\n\r]*$")]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Card(_Form):
    """A model card."""

    summary: _Line
    """What the model does."""
    owners: Annotated[tuple[_Name, ...], Field(min_length=1)]
    """Who answers for it."""
    intended_use: _Line
    """What it is for."""
    out_of_scope: _Line
    """What it is not for."""
    limitations: _Line
    """Where it is known to be weak."""
    training_data: _Line
    """What it learned from, in words."""
    license: _Name
    """Under which licence it may be used."""


class DataVersion(_Form):
    """Data, and which of its versions."""

    name: _Name
    version: _Name


class Import(_Form):
    """Another registry's record of a version that was imported from it."""

    registry: _Name
    """Where that registry is."""
    model: _Name
    """What it calls the model."""
    version: _Name
    """What it calls the version."""
    aliases: tuple[_Name, ...] = ()
    """What else it called the version when it was imported."""
    params: dict[str, str] = Field(default_factory=dict)
    """With what it was trained."""
    metrics: dict[str, _Number] = Field(default_factory=dict)
    """What the training run measured; thresholds stand in an evaluation."""
    tags: dict[str, str] = Field(default_factory=dict)
    """What people noted there."""


class Lineage(_Form):
    """Where a version comes from."""

    repository: _Name
    """Where the code is."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
    """The commit of the code that trained it, whole."""
    data: Annotated[tuple[DataVersion, ...], Field(min_length=1)]
    """What it was trained on."""
    run: _Name
    """The training run."""
    base_model: Annotated[str, Field(pattern=r"^[^\s@]+@sha256:[0-9a-f]{64}$")] | None
    """The model that it was trained from, by digest; null where it began from nothing."""
    imported: Import | None = None
    """The registry that it was imported from, where it was not made for this one."""

    @model_serializer(mode="wrap")
    def _serialized(self, standard: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = standard(self)
        return said if self.imported else {name: value for name, value in said.items() if name != "imported"}


class Measure(_Form):
    """One number, and what it has to be."""

    name: _Name
    """What was measured, such as auc or demographic_parity_difference."""
    value: _Number
    """The result."""
    at_least: _Number | None = None
    """The least that is good enough."""
    at_most: _Number | None = None
    """The most that is good enough."""
    group: _Name | None = None
    """Between which groups of people, where it is a gap of fairness."""
    method: _Name | None = None
    """How, where there are several ways."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise PydanticCustomError("no_threshold", "no threshold", {"expected_text": "`at_least` or `at_most`"})
        return self

    @property
    def passed(self) -> bool:
        """Whether the number is good enough."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def text(self) -> str:
        """The number, and what it has to be, in words."""
        bounds = [(self.at_least, "at least"), (self.at_most, "at most")]
        wanted = " and ".join(f"{word} {bound:g}" for bound, word in bounds if bound is not None)
        return f"{self.name}{f' ({self.group})' if self.group else ''} {self.value:g}, {wanted}"


class Evaluation(_Form):
    """How good a version is, how fair, and how far it can be explained."""

    data: DataVersion
    """What it was measured on."""
    quality: Annotated[tuple[Measure, ...], Field(min_length=1)]
    """How good its answers are."""
    fairness: tuple[Measure, ...] = ()
    """Gaps between groups of people, each with its `group`."""
    explainability: tuple[Measure, ...] = ()
    """How far its answers can be explained, each with its `method`."""

    @property
    def missed(self) -> list[str]:
        """Return the thresholds that were missed, in words."""
        rows = [("quality", self.quality), ("fairness", self.fairness), ("explainability", self.explainability)]
        return [f"{part}: {each.text}" for part, measures in rows for each in measures if not each.passed]

    @property
    def largest_gap(self) -> float | None:
        """Return the largest gap of fairness; None where none was measured."""
        return max((abs(each.value) for each in self.fairness), default=None)


_PAGE = "docs/guides/models.md"
_FORMS: dict[Kind, type[_Form]] = {Kind.CARD: Card, Kind.LINEAGE: Lineage, Kind.EVALUATION: Evaluation}


def read_file(kind: Kind, file: Path, model: ModelVersion) -> dict[str, Any]:
    """Read what is to be attested, YAML or JSON, and check it before anything is signed."""
    if kind is Kind.BOM:
        return _bom_file(file, model)
    if not file.is_file():
        raise HeadgateError(
            "there is no such file",
            where=str(file),
            expected=f"a {kind} in YAML or JSON",
            fix=f"write it: {_PAGE} shows one",
        )
    document = read_document(file, form=_form(kind))
    return validated(kind, document.value, document.origin)


def validated(kind: Kind, value: Any, origin: Callable[..., Origin]) -> dict[str, Any]:
    """Return a statement's fields when they have its form; a fault names the line that `origin` knows."""
    form = _FORMS[kind]
    try:
        return form.model_validate(value).model_dump(mode="json", exclude_none=kind is not Kind.LINEAGE)
    except ValidationError as error:
        raise_all(from_validation(error, form, origin, _form(kind)))
        raise


def _form(kind: Kind) -> Form:
    """Return what a file of this kind should be."""
    fields = ", ".join(f"`{name}`" for name in _FORMS[kind].model_fields)
    return Form(f"a mapping with the fields of a {kind}: {fields}", f"write it: {_PAGE} shows one", _PAGE)


def _bom_file(file: Path, model: ModelVersion) -> dict[str, Any]:
    try:
        document = parse(file.read_bytes())
        check_bom(document, model)
    except OSError as error:
        raise HeadgateError("the bill of materials can't be read", where=str(file), found=str(error)) from error
    except (ValueError, ProofError) as error:
        raise HeadgateError(
            "not a bill of materials of this version",
            where=str(file),
            found=str(error),
            expected="CycloneDX 1.5 or newer, in JSON, with the model as a machine-learning-model component",
            fix="use --bom in place of --bom-file: one is made of what the registry knows",
        ) from error
    return dict(document)


def check_bom(document: Any, model: ModelVersion) -> None:
    """Refuse what is no ML-BOM of this version."""
    found = document if isinstance(document, Mapping) else {}
    if found.get("bomFormat") != "CycloneDX" or found.get("specVersion") not in {"1.5", "1.6", "1.7"}:
        raise ProofError(
            Wrong.UNREADABLE, f"{found.get('bomFormat')} {found.get('specVersion')}, not CycloneDX 1.5 to 1.7"
        )
    metadata = found.get("metadata")
    main = metadata.get("component") if isinstance(metadata, Mapping) else None
    components = [main, *(found.get("components") or ())]
    wanted = ["machine-learning-model", model.name, model.version]
    for each in components:
        if isinstance(each, Mapping) and [each.get(key) for key in ("type", "name", "version")] == wanted:
            return
    raise ProofError(Wrong.COPIED, f"no machine-learning-model {model.name} {model.version} among its components")


def checked(kind: Kind, predicate: Mapping[str, Any], model: ModelVersion) -> _Form | None:
    """Read a statement that was verified, by its form; a bill of materials has somebody else's."""
    if kind is Kind.BOM:
        check_bom(predicate, model)
        return None
    try:
        return _FORMS[kind].model_validate(dict(predicate))
    except ValidationError as error:
        rows = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ProofError(Wrong.UNREADABLE, f"a {kind} that is incomplete: {'; '.join(rows)}") from error
