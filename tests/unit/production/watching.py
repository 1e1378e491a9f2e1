"""The dashboard and the alerts, and what their expressions ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
import yaml

from tests.unit.production.commands import ROOT

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/focusjobs.json").read_text())
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus itself tells of each scrape."""


def expressions() -> dict[str, str]:
    """Give every expression under a name that leads to it."""
    asked = {f"alert {name}": rule["expr"] for name, rule in ALERTS.items()}
    for panel in PANELS:
        for target in panel["targets"]:
            asked[f"panel {panel['title']} {panel['id']}{target['refId']}"] = target["expr"]
    return asked


def nodes(expression: str) -> Iterator[Any]:
    """Give the parts of an expression, by Prometheus' own grammar. Raises `ValueError`."""
    found: list[Any] = []
    promql.walk(promql.parse(expression.replace('"$queue"', '".*"')), lambda node: found.append(node) or True)
    yield from found


def metrics_in(expression: str) -> dict[str, set[str]]:
    """Give the metrics of an expression, each with the labels that it is picked by."""
    found: dict[str, set[str]] = {}
    for node in nodes(expression):
        if isinstance(node, promql.VectorSelector):
            found.setdefault(node.name, set()).update(matcher.name for matcher in node.matchers.matchers)
    return found


def groupings_in(expression: str) -> set[str]:
    """Give the labels that an expression sums by or joins on."""
    modifiers = [node.modifier for node in nodes(expression) if isinstance(node, promql.AggregateExpr)]
    joins = [node.modifier for node in nodes(expression) if isinstance(node, promql.BinaryExpr)]
    matchings = [join.matching for join in joins if join is not None and join.matching is not None]
    return {label for one in [*modifiers, *matchings] if one is not None for label in one.labels}
