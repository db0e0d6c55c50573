"""The table of formats: what `--format` takes."""

from __future__ import annotations

from headgate.report import azure_devops, console, github, gitlab, json_document, junit, markdown, policy_report, sarif
from headgate.report.interface import Report

FORMATS: dict[str, Report] = {
    "console": console.render,
    "json": json_document.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "github": github.render,
    "azure-devops": azure_devops.render,
    "gitlab": gitlab.render,
    "markdown": markdown.render,
    "policy-report": policy_report.render,
}
