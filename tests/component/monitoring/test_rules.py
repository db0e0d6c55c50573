"""Every rule, judged by Prometheus' own tool."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from monitored import rule_file

from components.monitoring.dashboards import dashboards
from components.monitoring.scrape import scrape_configs
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

CASES = Path(__file__).parent / "promtool"


def promtool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run promtool."""
    return subprocess.run(
        [str(tool_path("promtool")), *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_every_expression_and_template_parses(tmp_path: Path) -> None:
    """Rules, labels and annotations are what Prometheus takes, without duplicates."""
    (tmp_path / "rules.json").write_text(json.dumps(rule_file()))
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.json", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_of_every_dashboard_parses(tmp_path: Path) -> None:
    """With something chosen for each variable; promtool reads each as the rule of a name of its own."""
    found = [
        target["expr"]
        for text in dashboards().values()
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", [])
    ]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(found)]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", "rules.json", cwd=tmp_path)

    assert len(found) > 30
    assert (done.returncode, f"SUCCESS: {len(found)} rules found" in done.stdout) == (0, True), (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_rules_fire_when_they_should_and_at_no_other_time(case: str, tmp_path: Path) -> None:
    """Each group has its cases, in promtool's own format."""
    (tmp_path / "rules.json").write_text(json.dumps(rule_file(annotated=False)))
    shutil.copy(CASES / f"{case}.yaml", tmp_path)
    done = promtool("test", "rules", f"{case}.yaml", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_collectors_configuration_is_prometheus_own(tmp_path: Path) -> None:
    """What a cluster's collector is told parses, discovery and relabelling included."""
    jobs = scrape_configs("aks-prod-uaenorth", "uaenorth")
    (tmp_path / "prometheus.json").write_text(json.dumps({"scrape_configs": jobs}))
    done = promtool("check", "config", "--syntax-only", "prometheus.json", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
