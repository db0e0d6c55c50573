"""What our dashboards are made of: boards of rows of graphs, said once and spelt in Grafana's types.

Owns look and defaults, so that a dashboard's own file says only what is asked and why.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh, VariableSort

# People choose where measurements come from: one Grafana may see several platforms.
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT, _COLUMNS, _FLAT = 7, 24, 4


@dataclass(frozen=True)
class Graph:
    """One panel: what it shows, what that means to its reader, and its expressions with their legends."""

    title: str
    words: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    is_flat: bool = False
    """Numbers of now in place of a course over time."""


@dataclass(frozen=True)
class Row:
    """Graphs that answer one question."""

    title: str
    graphs: tuple[Graph, ...]


@dataclass(frozen=True)
class Variable:
    """A choice of label values; all of them at first."""

    name: str
    label: str
    query: str


@dataclass(frozen=True)
class Board:
    """A dashboard. Its `uid` is its address and never changes."""

    uid: str
    title: str
    words: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()


def document(made: Board) -> str:
    """Return a dashboard as Grafana reads it."""
    builder = (
        board.Dashboard(made.title)
        .uid(made.uid)
        .description(made.words)
        .tags(["headgate"])
        .readonly()
        .refresh("1m")
        .time("now-6h", "now")
        .timezone("browser")
        .with_variable(board.DatasourceVariable("datasource").label("Measurements").type("prometheus"))
    )
    for variable in made.variables:
        builder.with_variable(_choice(variable))
    numbers = itertools.count(1)
    for row in made.rows:
        builder.with_row(board.Row(row.title).id(next(numbers)))
        width = _COLUMNS // len(row.graphs)
        for graph in row.graphs:
            builder.with_panel(_panel(graph, next(numbers), width))
    return JSONEncoder(sort_keys=True, indent=1).encode(builder.build()) + "\n"


def _choice(variable: Variable) -> board.QueryVariable:
    """Return a variable that is asked of the measurements whenever the time range changes."""
    return (
        board.QueryVariable(variable.name)
        .label(variable.label)
        .datasource(SOURCE)
        .query(variable.query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
    )


def _panel(graph: Graph, number: int, width: int) -> stat.Panel | timeseries.Panel:
    """Return a graph's panel."""
    panel = stat.Panel() if graph.is_flat else _course()
    panel.id(number).title(graph.title).description(graph.words).unit(graph.unit).datasource(SOURCE)
    panel.height(_FLAT if graph.is_flat else _HEIGHT).span(width)
    for place, (expression, legend) in enumerate(graph.queries):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(chr(ord("A") + place))
        panel.with_target((query.instant() if graph.is_flat else query.range()).datasource(SOURCE))
    return panel


def _course() -> timeseries.Panel:
    """Return a panel of values over time, from zero up, with every series in the tooltip."""
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    tooltip = VizTooltipOptions().mode(TooltipDisplayMode.MULTI)
    return timeseries.Panel().min(0).legend(legend.show_legend(True)).tooltip(tooltip)
