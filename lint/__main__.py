"""Checks what stacks deploy and components make: `python -m lint [--only CHECK]`. Exit code 1 where a fault stands."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import ensure
from lint import arm, cache, checkov, conformity, pod_security, score
from lint.cases import written
from lint.finding import CHECKS, TABLE, Finding, exemptions, gathered, standing
from lint.manifests import Manifest, manifests
from lint.program import Registration
from lint.stacks import rendered

Stacks = dict[str, list[Registration]]
_SHOWN = 4
_TOOLS = {"kubeconform": ("kubeconform",), "kube-score": ("kube-score",)}
# A verdict depends on what was rendered, on these files, and on the tools' pins.
_VERDICT = ("lint", "toolchain/peers", "toolchain/kubernetes", "requirements/checkov.txt")


def pod_security_findings(stacks: Stacks) -> list[Finding]:
    """Judge every pod specification."""
    objects = [(stack, each) for stack, found in stacks.items() for each in manifests(found)]
    return gathered((stack, finding) for stack, each in objects for finding in pod_security.findings(each))


def conformity_findings(stacks: Stacks) -> list[Finding]:
    """Hold every manifest against its schema; a team uses the kinds that its platform defines."""
    objects = {stack: manifests(found) for stack, found in stacks.items()}
    crds = conformity.definitions(each for found in objects.values() for each in found)
    return gathered(
        (stack, finding) for stack, found in objects.items() if found for finding in conformity.findings(found, crds)
    )


def score_findings(stacks: Stacks) -> list[Finding]:
    """Score the clusters, each with all that the platform and the teams write to it."""
    return gathered(
        (f"{environment} {cluster}".rstrip(), finding)
        for (environment, cluster), objects in by_cluster(stacks).items()
        for finding in score.findings(objects)
    )


def by_cluster(stacks: Stacks) -> dict[tuple[str, str], list[Manifest]]:
    """Return the objects of each cluster of each environment."""
    clusters: dict[tuple[str, str], list[Manifest]] = {}
    for stack, found in stacks.items():
        for each in manifests(found):
            clusters.setdefault((stack.rpartition("-")[2], each.cluster), []).append(each)
    return clusters


def checkov_findings(stacks: Stacks) -> list[Finding]:
    """Have Checkov judge the Azure resources of each plan and case."""
    templates = {stack: arm.template(found) for stack, found in stacks.items()}
    return gathered(checkov.findings({stack: each for stack, each in templates.items() if each["resources"]}))


RUNNERS: dict[str, Callable[[Stacks], list[Finding]]] = {
    "pod-security": pod_security_findings,
    "kubeconform": conformity_findings,
    "kube-score": score_findings,
    "checkov": checkov_findings,
}


def judge(check: str, stacks: Stacks) -> list[Finding]:
    """Return what stands of one check; what passed once is not asked again until something of it changes."""
    key = f"passed-{check}-{cache.digest(stacks, cache.digest_of_files(_VERDICT))}"
    if cache.load(key) is not None:
        return []
    ensure(_TOOLS.get(check, ()))
    left = standing(check, RUNNERS[check](stacks), exemptions())
    if not left:
        cache.keep(key, [])
    return left


def told(left: list[Finding]) -> list[str]:
    """Return the findings for a terminal: each fault once, and the resources that have it."""
    faults: dict[str, list[str]] = {}
    for each in left:
        faults.setdefault(f"{each.check} {each.rule}: {each.text}", []).append(each.where)
    lines = []
    for fault, places in faults.items():
        more = f", and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        lines += [fault, f"  on {', '.join(places[:_SHOWN])}{more}"]
    table = TABLE.relative_to(cache.CHECKOUT)
    return [*lines, f"{len(faults)} faults: correct the component, or add a row with the reason to {table}"]


@click.command()
@click.option("--only", type=click.Choice(CHECKS), multiple=True, help="Run this check alone; may be repeated.")
def main(only: tuple[str, ...]) -> None:
    """Check what the committed stacks deploy, and what each component makes in its cases."""
    try:
        stacks, cases = rendered(), written()
        left = [finding for check in only or CHECKS for finding in judge(check, stacks | cases)]
    except HeadgateError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    if left:
        click.echo("\n".join(told(left)), err=True)
        sys.exit(1)
    click.echo(f"{', '.join(only or CHECKS)}: {len(stacks)} stacks and {len(cases)} cases of components pass")


if __name__ == "__main__":
    main()
