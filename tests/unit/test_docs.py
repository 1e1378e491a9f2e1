"""What the documents name exists: paths, links, commands, modules, settings and tests."""

from __future__ import annotations

import ast
import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + [*(ROOT / "docs").rglob("*.md")]
)
TOP = {"focusjobs", "habits", "notifications", "analytics", "tests", "benchmarks", "deploy", "docs", ".ci", ".venv"}
OWN_PACKAGES = TOP & {path.parent.name for path in ROOT.glob("*/__init__.py")}
OWN_COMMANDS = {"dev"}
"""Commands that manage.py itself answers."""


def text_of(document: Path) -> str:
    return document.read_text()


def code_in(text: str) -> list[str]:
    """Collect what is written as code: blocks line by line, and spans."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [*(line for block in blocks for line in block.splitlines()), *re.findall(r"`([^`\n]+)`", prose)]


def spans_in(text: str) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def anchors_of(document: Path) -> set[str]:
    """Give the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def names_of_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text())}


@cache
def settings_read() -> set[str]:
    """Give the variables that the settings and the web server's configuration read."""
    found = set()
    for path in ("focusjobs/settings.py", "focusjobs/webserver.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(r"env\.\w+|os\.environ\.get", ast.unparse(node.func)):
                found.add(str(ast.literal_eval(node.args[0])))
    return found


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if re.match(r"https?:", target):
            continue
        place, _, anchor = target.partition("#")
        path = (document.parent / place).resolve() if place else document
        assert path.exists(), target
        assert not anchor or anchor in anchors_of(path), target


def test_paths_that_are_named_exist(document: Path) -> None:
    for code in spans_in(text_of(document)):
        for word in re.findall(r"(?<![\w./-])([\w.-]+(?:/[\w.-]+)*/?)(?![\w/])", code):
            first = word.split("/")[0]
            is_path = ("/" in word and first in TOP) or re.fullmatch(
                r"[\w.-]+\.(md|toml|yaml)|Makefile|Dockerfile", word
            )
            assert not is_path or first == ".venv" or (ROOT / word).exists(), word


def test_make_targets_exist(document: Path) -> None:
    used = {name for code in code_in(text_of(document)) for name in re.findall(r"\bmake ([a-z]+)", code)}
    assert used <= targets()


def test_management_commands_exist(document: Path) -> None:
    used = {name for code in code_in(text_of(document)) for name in re.findall(r"manage\.py ([a-z_]+)", code)}
    assert used <= get_commands().keys() | OWN_COMMANDS


def test_modules_that_are_named_can_be_found(document: Path) -> None:
    packages = "|".join(sorted(OWN_PACKAGES))
    for code in code_in(text_of(document)):
        for name in re.findall(rf"(?:-m |from |import |^)((?:{packages})(?:\.[a-z_]+)+)(?= |$|:)", code):
            assert names_something(name), name


def test_what_blocks_import_can_be_imported(document: Path) -> None:
    for module, names in re.findall(r"^from ([\w.]+) import ([\w, ]+)$", text_of(document), re.MULTILINE):
        for name in names.split(", "):
            assert names_something(f"{module}.{name}"), (module, name)


def names_something(dotted: str) -> bool:
    """Tell whether this is a module, something that a module defines, or a task."""
    package, _, name = dotted.rpartition(".")
    for path in (dotted, f"{package}.tasks.{name}"):
        try:
            pkgutil.resolve_name(path)
        except (ImportError, AttributeError):
            continue
        return True
    return False


def test_tests_that_are_named_exist(document: Path) -> None:
    named = {name for code in code_in(text_of(document)) for name in re.findall(r"\btest_\w+", code)}
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert named <= names_of_tests() | files


def test_every_setting_is_in_the_reference_and_nothing_else() -> None:
    first_cells = re.findall(r"^\| `([A-Z_]+)` \|", text_of(ROOT / "docs/settings.md"), re.MULTILINE)
    assert sorted(first_cells) == sorted(settings_read())


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 150


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
