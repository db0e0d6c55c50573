"""What a plan costs: the sums, the bounds, what is assumed, and what has no price."""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from stack_folder import Stacks

from headgate.cli.stack import stack
from headgate.cost.change import CostChange, cost_changes
from headgate.cost.estimate import Estimate, Unpriced, estimate
from headgate.cost.table import PRICES, PriceTable, load_table
from headgate.errors import HeadgateError
from headgate.plan.opaque import UNKNOWN
from headgate.plan.pulumi import from_state
from headgate.plan.view import View
from headgate.sandbox.azure.types import CATALOGUE

pytestmark = pytest.mark.unit

TABLE = """\
currency: EUR
source: a test
dated: "2026-01-31"
hours_per_month: 100
regions: {uaecentral: 1.5}
capacity: {cpu_hour: 0.1, memory_gib_hour: 0.01, gpu_hour: 2}
prices:
  - {type: "azure-native:containerservice:ManagedCluster", item: control plane, by: sku.tier, of: {Free: 0}, per: hour}
  - type: azure-native:containerservice:ManagedCluster
    item: own pool
    each: agentPoolProfiles
    count: {min: count, max: count}
    by: vmSize
    of: {D4: 0.2}
    per: hour
  - type: azure-native:containerservice:AgentPool
    item: nodes
    count: {min: minCount, max: maxCount}
    by: vmSize
    of: {D4: 0.2, A100: 4}
    per: hour
    factors: [{when: {scaleSetPriority: Spot}, times: 0.25, why: spot}]
  - {type: "azure-native:cdn:Profile", item: front door, amount: 330, per: month}
  - {type: "azure-native:*:Workspace", item: logs, amount: 2.5, per: month, usage: {quantity: 40, unit: GB a month}}
free:
  - {type: "azure-native:resources:*", why: names}
  - {type: "kubernetes:*", why: objects}
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return the file of a small price table."""
    path = tmp_path / "prices.yaml"
    path.write_text(TABLE)
    return path


def resource(token: str, name: str, *, parent: str = "", via: str = "", **inputs: Any) -> dict[str, Any]:
    """Return one resource of a state."""
    found = {"urn": f"urn:pulumi:s-dev::headgate::{token}::{name}", "type": token, "inputs": inputs}
    if parent:
        found["parent"] = f"urn:pulumi:s-dev::headgate::headgate:index:Thing::{parent}"
    if via:
        found["provider"] = f"urn:pulumi:s-dev::headgate::pulumi:providers:kubernetes::cluster-{via}::id"
    return found


def view(*resources: dict[str, Any]) -> View:
    """Return the view of a state."""
    return from_state({"deployment": {"resources": list(resources)}}, "test")


AKS = "azure-native:containerservice"


def platform(**pool: Any) -> View:
    """Return a cluster with a pool of its own and another, in the region with the higher prices; and an edge."""
    own = [{"name": "boot", "count": 1, "vmSize": "D4"}]
    cluster = {"location": "uaecentral", "sku": {"tier": "Free"}, "agentPoolProfiles": own}
    return view(
        resource("headgate:index:Thing", "cluster-uaecentral", region="uaecentral"),
        resource(f"{AKS}/v20250101:ManagedCluster", "aks", parent="cluster-uaecentral", **cluster),
        resource(
            f"{AKS}:AgentPool",
            "cpu",
            parent="cluster-uaecentral",
            **{"vmSize": "D4", "minCount": 1, "maxCount": 3, **pool},
        ),
        resource("azure-native:cdn:Profile", "edge", location="Global"),
        resource("azure-native:resources:ResourceGroup", "group", location="uaecentral"),
    )


def rows(found: Estimate) -> list[tuple[str, str, str, str, Decimal, Decimal]]:
    """Return the lines in short."""
    return [
        (each.component, each.region, each.item, each.detail, each.low, each.high)
        for each in (*found.lines, *found.shares)
    ]


def test_each_part_has_its_price_region_and_component(table: Path) -> None:
    """The pool's region is its component's; the API's version does not matter; what is free is no line."""
    found = estimate(platform(), load_table(table))

    assert rows(found) == [
        ("cluster-uaecentral", "uaecentral", "control plane", "Free", Decimal("0.00"), Decimal("0.00")),
        ("cluster-uaecentral", "uaecentral", "own pool", "1 x D4", Decimal("30.00"), Decimal("30.00")),
        ("cluster-uaecentral", "uaecentral", "nodes", "1 to 3 x D4", Decimal("30.00"), Decimal("90.00")),
        ("edge", "global", "front door", "", Decimal("330.00"), Decimal("330.00")),
    ]
    assert (found.low, found.high, found.unpriced) == (Decimal("390.00"), Decimal("450.00"), ())
    assert found.by_component() == {
        ("cluster-uaecentral", "uaecentral"): (Decimal("60.00"), Decimal("120.00")),
        ("edge", "global"): (Decimal("330.00"), Decimal("330.00")),
    }


def test_a_discount_is_applied_and_said(table: Path) -> None:
    """Spot nodes cost a quarter here."""
    found = estimate(platform(scaleSetPriority="Spot"), load_table(table))

    assert rows(found)[2][3:] == ("1 to 3 x D4 spot", Decimal("7.50"), Decimal("22.50"))


def test_what_is_used_is_assumed_and_said(table: Path) -> None:
    """The quantity is the table's, since no plan has it."""
    logs = resource("azure-native:operationalinsights:Workspace", "logs", location="uaenorth")
    (line,) = estimate(view(logs), load_table(table)).lines

    assert (line.low, line.high, line.assumes) == (Decimal("100.00"), Decimal("100.00"), "40 GB a month")


@pytest.mark.parametrize(
    ("pool", "why"),
    [
        ({"vmSize": "H100"}, "no price for vmSize H100 in the table"),
        ({"vmSize": UNKNOWN}, "`vmSize` is not known before deployment"),
        ({"maxCount": UNKNOWN}, "`maxCount` is not known before deployment"),
        ({"maxCount": "many"}, "`many` is not known before deployment"),
    ],
)
def test_what_can_t_be_priced_is_listed_and_never_nothing(table: Path, pool: dict[str, Any], why: str) -> None:
    """With the reason."""
    found = estimate(platform(**pool), load_table(table))

    assert found.unpriced == (Unpriced("cpu", f"{AKS}:AgentPool", why),)
    assert found.low == Decimal("360.00")


def test_a_type_that_the_table_does_not_know_is_listed(table: Path) -> None:
    """A new component is not free because nobody has thought of it."""
    found = estimate(view(resource("azure-native:quantum:Computer", "q", location="uaenorth")), load_table(table))

    assert found.unpriced == (Unpriced("q", "azure-native:quantum:Computer", "no price for this type in the table"),)


def workload(kind: str = "apps/v1:Deployment", **spec: Any) -> dict[str, Any]:
    """Return a workload whose pods ask for one CPU, two GiB and a GPU."""
    asked = {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"}
    containers = [{"resources": {"requests": asked}}, {"resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}}}]
    template = {"spec": {"containers": containers}}
    metadata = {"name": "m", "namespace": "team"}
    body = {"metadata": metadata, "spec": {"template": template, **spec}}
    return resource(f"kubernetes:{kind}", "model", via="uaecentral", **body)


def scaler(name: Any = "m", kind: str = "Deployment") -> dict[str, Any]:
    """Return an autoscaler."""
    target = {"kind": kind, "name": name}
    spec = {"minReplicas": 2, "maxReplicas": 5, "scaleTargetRef": target}
    metadata = {"name": "m", "namespace": "team"}
    token = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
    return resource(token, "scaler", via="uaecentral", metadata=metadata, spec=spec)


@pytest.mark.parametrize(
    ("resources", "detail", "low", "high"),
    [
        ([workload(), scaler()], "2 to 5 x 1 CPU, 2 GiB, 1 GPU", "636.00", "1590.00"),
        ([workload(), scaler(name=dict(UNKNOWN))], "2 to 5 x 1 CPU, 2 GiB, 1 GPU", "636.00", "1590.00"),
        ([workload(), scaler(name="other")], "1 x 1 CPU, 2 GiB, 1 GPU", "318.00", "318.00"),
        ([workload(replicas=3)], "3 x 1 CPU, 2 GiB, 1 GPU", "954.00", "954.00"),
        (
            [workload("argoproj.io/v1alpha1:Rollout"), scaler(kind="Rollout")],
            "2 to 5 x 1 CPU, 2 GiB, 1 GPU",
            "636.00",
            "1590.00",
        ),
    ],
    ids=["autoscaled", "autoscaled, before the first deployment", "another's autoscaler", "fixed", "rollout"],
)
def test_a_team_s_pods_are_shares_of_nodes(
    table: Path, resources: list[dict[str, Any]], detail: str, low: str, high: str
) -> None:
    """By what they ask for, between the autoscaler's bounds, in their cluster's region."""
    found = estimate(view(*resources), load_table(table))

    assert rows(found) == [("model", "uaecentral", "pods", detail, Decimal(low), Decimal(high))]


def test_pods_cost_nothing_beside_nodes_that_are_paid_for(table: Path) -> None:
    """A platform's own pods run on its own nodes."""
    nodes = platform().resources
    found = estimate(View((*nodes, *view(workload()).resources), "test"), load_table(table))

    assert (found.shares, found.high) == ((), Decimal("450.00"))


def test_a_site_s_pods_are_not_priced(table: Path) -> None:
    """Its machines are nobody's in the cloud."""
    there = {**workload(), "provider": workload()["provider"].replace("cluster-uaecentral", "site-plant-a")}
    found = estimate(view(there), load_table(table))

    assert (found.shares, [each.why for each in found.unpriced]) == ((), ["its machines are the site's own"])


def test_a_job_s_pods_are_not_priced(table: Path) -> None:
    """How long they run, no plan says."""
    found = estimate(view(workload("batch/v1:Job")), load_table(table))

    assert [each.why for each in found.unpriced] == ["how long its pods run is not in the plan"]


def test_a_change_costs_what_its_lines_differ_by(table: Path) -> None:
    """Each with its price before and after; what is the same is left out."""
    prices = load_table(table)
    changes = cost_changes(estimate(platform(), prices), estimate(platform(maxCount=5), prices))

    assert changes == [
        CostChange(
            *("cluster-uaecentral", "uaecentral", "nodes", "cpu"),
            low=(Decimal("30.00"), Decimal("30.00")),
            high=(Decimal("90.00"), Decimal("150.00")),
        )
    ]


@functools.cache
def committed() -> PriceTable:
    """Return the prices that come with Headgate, read once."""
    return load_table()


@given(st.lists(st.integers(0, 50), min_size=2, max_size=2), st.permutations(range(5)))
def test_an_estimate_does_not_depend_on_the_order(bounds: list[int], order: list[int]) -> None:
    """And its least is never above its most."""
    low, high = sorted(bounds)
    nodes = platform(minCount=low, maxCount=high, vmSize="Standard_D4s_v5").resources
    shuffled = estimate(View(tuple(nodes[index] for index in order), "test"), committed())

    assert shuffled == estimate(View(nodes, "test"), committed())
    assert shuffled.low <= shuffled.high


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("currency: EUR", "currency: Euro", 1, "`currency` does not fit"),
        ('dated: "2026-01-31"', "dated: yesterday", 3, "`dated` does not fit"),
        ("hours_per_month: 100", "hours_per_month: many", 4, "`hours_per_month` does not fit"),
        ("amount: 330", "amount: -1", 23, "`prices[3].amount` does not fit"),
        ("amount: 330, ", "", 23, "`prices[3]` does not fit"),
        ("item: front door", "itm: front door", 23, "`prices[3].item` is missing"),
        ("per: month}", "per: week}", 23, "`prices[3].per` does not fit"),
        ("regions: {uaecentral: 1.5}", "regions: {uaecentral: x}", 5, "`regions.uaecentral` does not fit"),
        ("source: a test", "source: a test\nsource: b", 3, "key `source` is written twice"),
        ("free:", "free: [", 26, "this is not YAML"),
    ],
)
def test_a_fault_of_the_table_has_its_line(table: Path, old: str, new: str, line: int, what: str) -> None:
    """And says what was meant."""
    table.write_text(TABLE.replace(old, new, 1))

    with pytest.raises(HeadgateError) as caught:
        load_table(table)

    found = getattr(caught.value, "errors", [caught.value])
    assert (found[0].where, found[0].what) == (f"{table}:{line}", what)


@pytest.mark.parametrize("text", [None, "", "- a\n"])
def test_a_table_that_is_none_is_answered_with_the_example(table: Path, text: str | None) -> None:
    """Missing, empty, or something else."""
    table.unlink() if text is None else table.write_text(text)

    with pytest.raises(HeadgateError) as caught:
        load_table(table)

    assert (caught.value.fix, caught.value.expected) == (
        "write it like headgate/cost/prices.yaml",
        "a price table",
    )


def test_the_table_that_comes_along_says_that_it_is_an_example() -> None:
    """With its day and source; every machine size that the sandbox knows has a price."""
    table = committed()
    sizes = json.loads((PRICES.parents[1] / "sandbox/azure/data/vm_sizes.json").read_text())
    priced = next(each for each in table.prices if each.type == f"{AKS}:AgentPool").of or {}

    assert (table.illustrative, bool(table.dated), bool(table.source)) == (True, True, True)
    assert sorted(set(sizes) - set(priced)) == []


def test_every_type_that_the_stand_in_knows_is_priced_or_free() -> None:
    """A component that makes something new brings its price along."""
    table = committed()
    known = [*(entry.type for entry in table.prices), *(entry.type for entry in table.free)]

    assert [
        name for name in CATALOGUE if not any(fnmatchcase(f"azure-native:{name}", pattern) for pattern in known)
    ] == []


def run(stacks: Stacks, *arguments: str) -> Result:
    """Run the command over a test's stacks."""
    return CliRunner().invoke(
        stack, ["--stacks", str(stacks.folder), "cost", *arguments], standalone_mode=False, color=False
    )


@pytest.fixture
def stacks(tmp_path: Path) -> Stacks:
    """Return a platform and a team; the platform's state is beside them."""
    found = Stacks(tmp_path / "stacks")
    own = [{"name": "boot", "count": 1, "vmSize": "D4"}]
    cluster = {"location": "uaenorth", "sku": {"tier": "Free"}, "agentPoolProfiles": own}
    resources = [
        resource(f"{AKS}:ManagedCluster", "aks", **cluster),
        resource("azure-native:quantum:Computer", "q", location="uaenorth"),
    ]
    (tmp_path / "state.json").write_text(json.dumps({"deployment": {"resources": resources}}))
    return found


def test_the_report_has_parts_sum_budget_and_what_is_left_out(stacks: Stacks, table: Path) -> None:
    """The budget is the stack's own."""
    state = str(stacks.folder.parent / "state.json")

    assert run(stacks, "platform-dev", "--prices", str(table), "--state", state).output == (
        "EUR a month              min    max\n"
        "aks  uaenorth          20.00  20.00\n"
        "  control plane, Free   0.00   0.00\n"
        "  own pool, 1 x D4     20.00  20.00\n"
        "platform-dev a month   20.00  20.00\n"
        "\n"
        "prices   a test, 2026-01-31\n"
        "budget   100.00 a month: held\n"
        "not priced, and not in the sum: 1\n"
        "  q  azure-native:quantum:Computer: no price for this type in the table\n"
    )


def test_as_data_the_estimate_is_whole(stacks: Stacks, table: Path) -> None:
    """Sums, parts, budget, what is left out, and which prices they are."""
    state = str(stacks.folder.parent / "state.json")
    found = json.loads(run(stacks, "platform-dev", "--prices", str(table), "--state", state, "--json").output)

    assert {key: found[key] for key in ("stack", "currency", "monthly", "budget", "prices", "components")} == {
        "stack": "platform-dev",
        "currency": "EUR",
        "monthly": {"min": 20.0, "max": 20.0},
        "budget": {"monthly": 100.0, "verdict": "held"},
        "prices": {"source": "a test", "dated": "2026-01-31", "illustrative": False},
        "components": [{"component": "aks", "region": "uaenorth", "min": 20.0, "max": 20.0}],
    }
    assert [each["item"] for each in found["lines"]] == ["control plane", "own pool"]
    assert [each["resource"] for each in found["not_priced"]] == ["q"]


def test_a_budget_can_be_enforced(stacks: Stacks, table: Path) -> None:
    """Exit code 1 where even the least is above it."""
    state = str(stacks.folder.parent / "state.json")
    arguments = ("platform-dev", "--prices", str(table), "--state", state, "--enforce")
    held = run(stacks, *arguments).return_value
    stacks.edit("defaults/base.yaml", "monthly: 100", "monthly: 19")

    assert (held, run(stacks, *arguments).return_value) == (0, 1)


def test_an_unknown_stack_and_two_documents_are_refused(stacks: Stacks) -> None:
    """Before anything is previewed."""
    told = [
        str(run(stacks, *each).exception)
        for each in (["platform-prod"], ["platform-dev", "--plan", "x", "--state", "y"])
    ]

    assert "stack platform-prod has no file" in told[0]
    assert "name one of --plan and --state" in told[1]
