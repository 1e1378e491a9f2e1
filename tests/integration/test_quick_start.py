"""The quick start of the documents, run as it stands, and the table of addresses beside the schema."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from drf_spectacular.generators import SchemaGenerator
from pytest_django.live_server_helper import LiveServer

from habits.models import User
from tests.integration.jobs.conftest import bells, pulse
from tests.integration.jobs.drains import drain

__all__ = ["bells", "pulse"]

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text()
HERE = "http://127.0.0.1:8000"
PATIENCE = 90.0


def commands() -> str:
    section = re.search(r"^## Quick start\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert section
    blocks = re.findall(r"^```sh\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    return "\necho; echo ---\n".join(blocks)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("bells", "pulse")
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_commands_of_the_quick_start_work_as_they_stand(live_server: LiveServer, tmp_path: Path) -> None:
    assert HERE in commands()
    script = "set -euo pipefail\n" + commands().replace(HERE, live_server.url)
    (tmp_path / ".curlrc").write_text("fail-with-body\nshow-error\n")  # an answer above 400 ends the script
    running = subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": _path(), "CURL_HOME": str(tmp_path), "NO_PROXY": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        drain("default", "imports", "statistics")
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.1)
            break
    if running.poll() is None:
        running.kill()
    out, err = running.communicate()

    assert running.returncode == 0, out + err
    parts = out.split("\n---\n")
    stats = json.loads(parts[1])
    assert (stats["streak"]["days"], stats["done_today"]) == (1, True)
    assert set(_shown(1)) <= set(stats)
    assert '"name":"Run"' in parts[2].replace(" ", "")
    job = json.loads(re.search(r'\{"id":.*"result":\{[^}]*\}\}', parts[2])[0])  # type: ignore[index]
    assert set(job) == set(_shown(2))
    assert (job["state"], job["result"]["bytes"]) == ("completed", (tmp_path / "export.zip").stat().st_size)
    assert "tables/habits.Completion.jsonl" in parts[2]
    drain("default")
    assert not User.objects.exists()


def _path() -> str:
    return ":".join({str(Path(found).parent) for name in ("bash", "curl", "python3") if (found := shutil.which(name))})


def _shown(number: int) -> dict[str, object]:
    """An answer that the page shows, by its place."""
    return dict(json.loads(re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[number - 1]))


def test_every_address_is_in_a_table_of_the_page_and_no_other() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    rows = re.findall(r"^\| (`/.*?) \|", PAGE, re.MULTILINE)
    written = {address for row in rows for address in re.findall(r"`(/[^`]*)`", row)}
    allauth = {address for address in written if address.startswith(("/auth/", "/account/"))}
    assert written - allauth == {path.removeprefix("/api/v1") for path in schema["paths"]}
