"""What no test can run here is at least what those who would run it say of its form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate

from tests.unit.production.commands import ROOT
from tests.unit.production.manifests import PLACE

BIN = Path(sys.executable).parent
OLDEST, NEWEST = "1.31", "1.37"
"""Versions of Kubernetes whose descriptions of their objects come with the validator."""
OF_OTHERS = {"ScaledObject", "TriggerAuthentication"}
"""Kinds that KEDA brings; Kubernetes does not describe them."""


def manifests() -> list[Any]:
    files = [path for path in sorted(PLACE.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [one for path in files for one in yaml.safe_load_all(path.read_text()) if one["kind"] not in OF_OTHERS]


def found_wrong(*command: str) -> str:
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", manifests(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_a_manifest_is_what_kubernetes_describes_and_says_nothing_unknown(manifest: Any, version: str) -> None:
    assert validate(manifest, version, strict=True)


def test_the_compose_file_keeps_to_the_compose_specification() -> None:
    assert found_wrong("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml") == ""


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    assert found_wrong("hadolint", "Dockerfile") == ""
