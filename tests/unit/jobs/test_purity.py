"""Domain rules load without a framework, a database or a broker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = sorted(
    path.parent.relative_to(ROOT)
    for path in ROOT.glob("[a-z]*/**/domain/__init__.py")
    if "tests" not in path.parts and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
LOAD = """
import importlib, sys, types
root, package, modules = sys.argv[1], sys.argv[2], sys.argv[3:]
for name in (package, "habits.domain"):  # the one package of rules that others may use
    parts = name.split(".")[:-1]
    for depth in range(1, len(parts) + 1):  # the parents' own __init__ may load a framework; rules must not need it
        parent = types.ModuleType(".".join(parts[:depth]))
        parent.__path__ = ["/".join([root, *parts[:depth]])]
        sys.modules[parent.__name__] = parent
for module in modules:
    importlib.import_module(f"{package}.{module}")
print(*sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names))
"""
FORBIDDEN = {"celery", "django", "environ", "kombu", "psycopg", "redis", "requests", "rest_framework"}


def test_there_are_domain_packages_to_look_at() -> None:
    assert {Path("focusjobs/jobs/domain"), Path("habits/domain")} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_domain_rules_load_without_a_framework(package: Path) -> None:
    modules = [path.stem for path in (ROOT / package).glob("*.py") if path.stem != "__init__"]
    name = ".".join(package.parts)
    command = [sys.executable, "-I", "-c", LOAD, str(ROOT), name, *modules]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 0, answer.stderr
    assert package.parts[0] in answer.stdout.split()
    assert FORBIDDEN & set(answer.stdout.split()) == set()
