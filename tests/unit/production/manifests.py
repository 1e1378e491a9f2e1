"""The manifests for Kubernetes, parsed: no cluster runs here, so they are held against the code and each other."""

from __future__ import annotations

from typing import Any

import yaml

from tests.unit.production.commands import ROOT

PLACE = ROOT / "deploy/kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((PLACE / "kustomization.yaml").read_text())
SECRET: dict[str, str] = yaml.safe_load((PLACE / "secrets.example.yaml").read_text())["stringData"]
SETTINGS: dict[str, str] = dict(literal.split("=", 1) for literal in KUSTOMIZATION["configMapGenerator"][0]["literals"])
MANIFESTS: list[dict[str, Any]] = [
    manifest for name in KUSTOMIZATION["resources"] for manifest in yaml.safe_load_all((PLACE / name).read_text())
]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Give the manifests of a kind, by name."""
    return {one["metadata"]["name"]: one for one in MANIFESTS if one["kind"] == kind}


DEPLOYMENTS = of_kind("Deployment")
PODS = {name: one["spec"]["template"]["spec"] for name, one in {**DEPLOYMENTS, **of_kind("Job")}.items()}
MAIN = {name: pod["containers"][0] for name, pod in PODS.items()}
"""The one container of each pod that does its work."""
WORKERS = {name: container for name, container in MAIN.items() if container["name"] == "worker"}
SCALED = of_kind("ScaledObject")


def scaling_query(name: str) -> str:
    """Give the statement by which the autoscaler reads the ledger."""
    (trigger,) = SCALED[name]["spec"]["triggers"]
    query: str = trigger["metadata"]["query"]
    return query
