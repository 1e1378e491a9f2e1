"""Alerts lead to their part of the runbook, and the dashboard can be read."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.production.commands import ROOT
from tests.unit.production.manifests import of_kind
from tests.unit.production.watching import ALERTS, DASHBOARD, PANELS, expressions, metrics_in
from tests.unit.test_docs import anchors_of

SCRAPES = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not below


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_says_what_is_wrong_and_where_it_is_written_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"]["summary"].endswith(".")
    document, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor in anchors_of(ROOT / document)


def test_every_row_of_the_dashboard_has_panels() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == [
        *("Health", "Queues", "Throughput", "Latency", "Failures", "Workers"),
        *("Sync", "Statistics", "Reminders and providers"),
    ]
    kinds = [panel["type"] for panel in DASHBOARD["panels"]]
    assert ("row", "row") not in set(pairwise(kinds))
    assert kinds[-1] != "row"


def test_panels_have_numbers_of_their_own_and_lie_beside_each_other() -> None:
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]


def test_panels_ask_the_prometheus_that_is_picked() -> None:
    (source,) = (one for one in DASHBOARD["templating"]["list"] if one["type"] == "datasource")
    asked = [*PANELS, *(target for panel in PANELS for target in panel["targets"])]
    assert {one["datasource"]["uid"] for one in asked} == {f"${{{source['name']}}}"}


def test_sync_reminders_statistics_and_jobs_are_all_alerted_on() -> None:
    families = {metric.split("_")[0] for rule in ALERTS.values() for metric in metrics_in(rule["expr"])}
    assert {"jobs", "sync", "reminders", "deliveries", "provider", "statistics"} <= families


def test_each_metric_that_is_alerted_on_is_also_drawn() -> None:
    asked = expressions()
    drawn = {
        metric for name, expression in asked.items() if name.startswith("panel") for metric in metrics_in(expression)
    }
    alerted = {metric for rule in ALERTS.values() for metric in metrics_in(rule["expr"])}
    assert alerted - {"up"} <= drawn


def test_prometheus_asks_one_process_for_all_and_finds_the_alerts() -> None:
    (scrape,) = SCRAPES["scrape_configs"]
    (service,) = of_kind("Service").values()
    (port,) = service["spec"]["ports"]
    targets: list[Any] = [target for group in scrape["static_configs"] for target in group["targets"]]
    assert targets == [f"{service['metadata']['name']}:{port['port']}"]
    assert all((ROOT / "deploy/prometheus" / Path(name)).exists() for name in SCRAPES["rule_files"])
    assert all(f'job="{scrape["job_name"]}"' in rule["expr"] for rule in ALERTS.values() if "up{" in rule["expr"])
