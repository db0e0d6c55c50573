"""The price table: YAML that a user can replace, each fault of it told with its line.

Owns the form of the table. Prices are the file's; see headgate/cost/prices.yaml for what an entry looks like.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from headgate.errors import HeadgateError
from headgate.stack.document import Document, read_document
from headgate.stack.faults import StackError
from headgate.stack.problems import from_validation

PRICES = Path(__file__).with_name("prices.yaml")
_EXAMPLE = "write it like headgate/cost/prices.yaml"
_DATE = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"


def _exact(value: Any) -> Any:
    """Take a number as it is written: 0.1 is a tenth."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, strict=True)]
Path_ = Annotated[str, Field(pattern=r"^[A-Za-z0-9_/.-]+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Bounds(_Entry):
    """How many there are: a number, or the property that says so."""

    min: Path_ | Amount
    """Fewest."""
    max: Path_ | Amount
    """Most."""


class Usage(_Entry):
    """What is billed by use, which no plan knows: an assumption, said in the estimate."""

    quantity: Amount
    """How much a month."""
    unit: str
    """Of what, in words."""


class Factor(_Entry):
    """What a property's value does to the price."""

    when: dict[Path_, str]
    """Properties, and the values that they must have."""
    times: Amount
    """Multiplies the price."""
    why: str = ""
    """Said in the estimate."""


class Price(_Entry):
    """What resources of a type cost. Several entries of one type add up."""

    type: str
    """Type as the plan has it, without the version of its API; `*` stands for anything."""
    item: str
    """What it is called in the estimate."""
    each: Path_ | None = None
    """Property with a list, each entry of which is priced for itself."""
    count: Bounds | None = None
    """How many; one by default."""
    unit: str = ""
    """What is counted, in a word or two, where no property says it."""
    by: Path_ | None = None
    """Property whose value chooses among the amounts of `of`."""
    of: dict[str, Amount] | None = None
    """Amount for each value of `by`."""
    amount: Amount | None = None
    """Amount, where it does not depend on a property."""
    per: Literal["hour", "month"]
    """What the amount is for."""
    usage: Usage | None = None
    """Where the amount is for a unit that is used."""
    factors: list[Factor] = Field(default=[])
    """Discounts and surcharges."""

    @model_validator(mode="after")
    def _one_amount(self) -> Price:
        if (self.amount is None) == (self.by is None) or (self.by is None) != (self.of is None):
            raise ValueError("either `amount`, or `by` with `of`")
        return self


class Free(_Entry):
    """A type that costs nothing of its own."""

    type: str
    """Type, `*` for anything."""
    why: str
    """Why it costs nothing."""


class Capacity(_Entry):
    """What a pod's share of a node costs: for teams, whose pods run on nodes that the platform pays for."""

    cpu_hour: Amount
    """One CPU, requested for an hour."""
    memory_gib_hour: Amount
    """One GiB of memory, requested for an hour."""
    gpu_hour: Amount
    """One GPU, requested for an hour."""


class PriceTable(_Entry):
    """All of it."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """Currency of every amount."""
    source: str
    """Where the prices are from."""
    dated: Annotated[str, Field(pattern=_DATE)]
    """Day on which they were true."""
    illustrative: bool = False
    """Whether they are an example only, not what anybody pays."""
    hours_per_month: Amount = Decimal(730)
    """Hours of a month."""
    regions: dict[str, Amount] = Field(default={})
    """What a region multiplies prices by; 1 by default."""
    capacity: Capacity
    """Pods' share of nodes."""
    prices: list[Price]
    """What costs."""
    free: list[Free] = Field(default=[])
    """What does not. A type in neither list is reported as not priced."""


@cache
def shipped() -> PriceTable:
    """Return the table that is used where nobody names another."""
    return load_table()


def load_table(path: Path | None = None) -> PriceTable:
    """Read a price table; raise every fault of it with its line."""
    file = path or PRICES
    document = _read(file)
    try:
        return PriceTable.model_validate(document.value)
    except ValidationError as error:
        found = [_with_fix(each) for each in from_validation(error, PriceTable, document.origin)]
        raise found[0] if len(found) == 1 else PriceTableError(found) from error


class PriceTableError(StackError):
    """Several faults of one table, told at once."""

    def __init__(self, errors: list[HeadgateError]) -> None:
        super().__init__(errors)
        self.what = f"{len(errors)} faults in the price table"


def _read(file: Path) -> Document:
    """Read the file as stack files are read, in words that fit a price table."""
    try:
        return read_document(file, _shown(file))
    except StackError:
        raise
    except HeadgateError as error:
        is_form = error.what == "this file holds no settings" or not file.is_file()
        raise replace(error, fix=_EXAMPLE, expected="a price table") if is_form else error from error


def _with_fix(error: HeadgateError) -> HeadgateError:
    """Point to the example instead of the reference of stack files."""
    return replace(error, fix=_EXAMPLE) if "docs/reference/stack.md" in (error.fix or "") else error


def _shown(path: Path) -> str:
    """Show a path as a person would type it: from the working directory on, where it is below that."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
