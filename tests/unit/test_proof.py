"""docs/proof.md shows what was measured, and has a chapter for every claim of the README."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from benchmarks import proof
from benchmarks.record import EVERY

README = Path(__file__).parents[2] / "README.md"


def tables() -> list[str]:
    return [name for _, name, _ in proof.TABLE.findall(proof.PAGE.read_text())]


def test_the_tables_are_those_of_the_figures_that_are_kept() -> None:
    page = proof.PAGE.read_text()
    assert proof.rendered(page) == page  # `make bench` rewrites them


def test_every_benchmark_has_its_table() -> None:
    assert sorted(tables()) == sorted(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_every_benchmark_can_be_run_by_its_name(name: str) -> None:
    assert importlib.util.find_spec(f"benchmarks.{name}")


def test_every_claim_of_the_readme_has_its_chapter() -> None:
    claims = re.findall(r"^\* \*\*(.+?)\.\*\*", README.read_text(), re.MULTILINE)
    chapters = re.findall(r"^## (.+)$", proof.PAGE.read_text(), re.MULTILINE)
    assert len(claims) >= 6
    assert set(claims) <= set(chapters)


@pytest.mark.parametrize(
    ("value", "words"),
    [(31865.2, "31,865"), (0.367, "0.367"), (12, "12"), (99.96, "100"), (None, ""), ([3, 7], "2"), (True, "True")],
)
def test_figures_are_told_as_people_read_them(value: object, words: str) -> None:
    assert proof.told(value) == words


def test_a_figure_that_was_not_measured_leaves_its_place_empty() -> None:
    assert proof.at({"stages": {"small": {"claim_ms": 2}}}, "stages.small.claim_ms") == 2
    assert proof.at({"stages": {}}, "stages.small.claim_ms") is None
