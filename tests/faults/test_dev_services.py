"""The embedded servers: real processes, real signals."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from focusjobs.dev.account import Account, reachable
from focusjobs.dev.errors import DevError
from focusjobs.dev.guard import marked
from focusjobs.dev.services import DevServices

ROOT = Path(__file__).parents[2]
OWNER = """
import sys
from pathlib import Path
from focusjobs.dev.services import DevServices
services = DevServices(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
services.start()
print(services.run_directory, services.guard_pid, flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory that the servers' account can reach, unlike pytest's own."""
    with data_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def used_data() -> Iterator[Path]:
    """One for several tests, since making a cluster is most of a first start."""
    with data_directory() as directory:
        yield directory


@contextlib.contextmanager
def data_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    try:
        yield directory / ".dev"
    finally:
        shutil.rmtree(directory)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)


BOTH = {"postgres", "valkey-server"}


def servers_of(run: Path) -> dict[int, str]:
    """The servers' processes; for a moment there may be more, as PostgreSQL's children have its arguments at first."""
    return marked([f"unix_socket_directories={run / 's'}", str(run / "s" / "valkey.sock")])


def answer(services: DevServices) -> int:
    """Ask both servers: 1 for PostgreSQL and 1 for Valkey."""
    with psycopg.connect(services.environment["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT 1").fetchone()
    with redis.Redis.from_url(services.environment["REDIS_URL"]) as client:
        return int(row is not None and row[0]) + int(client.ping())


def owner_in_another_process(*arguments: str) -> tuple[subprocess.Popen[str], Path, int]:
    """Start services from a process that can be killed; return it, the run directory and the guard's pid."""
    pipe = subprocess.PIPE
    owner = subprocess.Popen([sys.executable, "-c", OWNER, *arguments], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
    assert owner.stdout is not None
    run, guard = owner.stdout.readline().split()
    return owner, Path(run), int(guard)


def test_services_answer_and_leave_nothing_behind() -> None:
    services = DevServices()
    services.start()
    assert answer(services) == 2
    assert set(servers_of(services.run_directory).values()) == BOTH
    services.stop()
    assert servers_of(services.run_directory) == {}
    assert not services.run_directory.exists()


def test_only_the_owner_may_enter_the_sockets_directory() -> None:
    with DevServices(postgres=False) as services:
        assert (services.run_directory / "s").stat().st_mode & 0o777 == 0o700
        assert "DATABASE_URL" not in services.environment


def test_addresses_that_are_given_start_no_server() -> None:
    with DevServices(postgres=False, valkey=False) as services:
        assert services.environment == {}
        assert servers_of(services.run_directory) == {}


def test_a_second_start_finds_the_data_of_the_first(used_data: Path) -> None:
    with DevServices(used_data) as services:
        with psycopg.connect(services.environment["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        redis.Redis.from_url(services.environment["REDIS_URL"]).set("kept", "7")
    with DevServices(used_data) as services:
        with psycopg.connect(services.environment["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        assert redis.Redis.from_url(services.environment["REDIS_URL"]).get("kept") == b"7"


def test_an_owner_killed_with_sigkill_leaves_no_process_and_no_file() -> None:
    owner, run, guard = owner_in_another_process()
    assert set(servers_of(run).values()) == BOTH
    owner.kill()
    owner.communicate()
    wait_until(lambda: not servers_of(run) and not run.exists() and not Path(f"/proc/{guard}").exists(), 10)


def test_after_a_guard_was_killed_the_next_start_recovers_the_data(used_data: Path) -> None:
    owner, run, guard = owner_in_another_process(str(used_data))
    os.kill(guard, signal.SIGKILL)
    owner.kill()
    owner.communicate()
    assert set(servers_of(run).values()) == BOTH, "nobody is left to stop the servers"
    with DevServices(used_data) as services:
        assert answer(services) == 2
        assert servers_of(run) == {}
        assert not run.exists()


def test_two_starts_at_once_do_not_collide() -> None:
    several = [DevServices() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda services: services.start(), several))
        assert list(pool.map(answer, several)) == [2, 2]
        assert len({services.environment["DATABASE_URL"] for services in several}) == 2
        list(pool.map(lambda services: services.stop(), several))


def test_data_in_use_is_refused_with_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.dev.services.LOCK_SECONDS", 0.2)
    with DevServices(data, postgres=False), pytest.raises(DevError, match="stop the other `make demo` first"):
        DevServices(data, postgres=False).start()


def test_data_of_another_postgresql_is_refused_with_a_sentence(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(DevError, match="was made by PostgreSQL 9"):
        DevServices(data).start()


def test_a_server_can_be_killed_and_started_again_at_the_same_address(used_data: Path) -> None:
    with DevServices(used_data) as services:
        services.stop_server("postgres", signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            answer(services)
        services.start_server("postgres")
        assert answer(services) == 2


def test_a_server_that_dies_by_itself_ends_the_guard() -> None:
    services = DevServices(postgres=False)
    services.start()
    (pid,) = servers_of(services.run_directory)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not services.alive(), 5)
    with pytest.raises(DevError, match="have stopped"):
        services.register(1)
    services.stop()


def test_a_missing_program_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.dev.binaries._in_wheel", lambda *_: iter(()))
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(DevError, match=r"Valkey was not found\. Install .* or set REDIS_URL"):
        DevServices(postgres=False).start()


def interpreter_of_everybody() -> str | None:
    """A Python 3.11+ that any user can run: the suite's own may lie below root's home."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        program = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        with contextlib.suppress(OSError):
            if subprocess.run(program, user="nobody", group=pwd.getpwnam("nobody").pw_gid, check=False).returncode == 0:
                return candidate
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_start_them() -> None:
    nobody = pwd.getpwnam("nobody")
    interpreter = interpreter_of_everybody()
    packages = Path(psycopg.__file__).parents[1]
    if interpreter is None or not reachable(ROOT, Account(nobody.pw_uid, nobody.pw_gid)):
        pytest.skip("this copy of the project, or Python, is for root alone")
    program = "from focusjobs.dev.services import DevServices as S\nwith S() as s: print(sorted(s.environment))"
    answer = subprocess.run(
        [interpreter, "-c", program],
        env={"PYTHONPATH": f"{ROOT}:{packages}", "PATH": os.defpath},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "['DATABASE_URL', 'REDIS_URL']\n", answer.stderr
