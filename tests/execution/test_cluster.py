"""Shards on real clusters of Ray, of several nodes on this machine, of which some are killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from execution.test_copies import reading
from execution.test_executors import NUMBERED, RECIPE, Once
from faults.same import differences

import seedbed
from seedbed.api import Result, Study
from seedbed.execution import together
from seedbed.execution.executors import cluster as executor
from seedbed.execution.progress import Silent
from seedbed.store import reader

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one core each, to which this process is connected."""
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    made.add_node(num_cpus=1)
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    def run(on: str, observer: Silent | None = None) -> Result:
        directory = tmp_path_factory.mktemp("cluster")
        study = Study.parse(RECIPE).override(seeds=12)
        return study.run(runs_dir=directory, on=on, engine="numpy", observer=observer or Silent())

    return run


@pytest.fixture(scope="module")
def alone(run: Run) -> Result:
    return run("local")


def nodes(result: Result) -> set[str]:
    return {event["node"] for event in reader.events(result.directory) if event["event"] == "group"}


def test_two_nodes_give_the_bits_of_one_process(cluster: Any, alone: Result, run: Run) -> None:
    """Both have a shard from the start, and the first waits until the second has a process to train it."""
    there = run("ray", Once(both_started))
    assert differences(alone.directory, there.directory) == NUMBERED
    assert len(nodes(there)) == 2


def both_started() -> None:
    until = time.monotonic() + 60
    while len(workers()) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)


def workers() -> list[int]:
    """Processes of the clusters of this process that train shards; there may be others on the machine."""
    parents, found = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if (entry / "cmdline").read_bytes().startswith(b"ray::Actor"):
                found.append(int(entry.name))

    def is_own(number: int) -> bool:
        return number == os.getpid() or (number in parents and is_own(parents[number]))

    return list(filter(is_own, found))


def test_a_killed_worker_and_a_killed_node_lose_nothing(cluster: Any, alone: Result, run: Run) -> None:
    killed = []

    def kill() -> None:
        killed.extend(workers()[:1])
        os.kill(killed[0], signal.SIGKILL)

    assert differences(alone.directory, run("ray", Once(kill)).directory) == NUMBERED
    assert killed
    third = cluster.add_node(num_cpus=1)
    ended = run("ray", Once(lambda: cluster.remove_node(third, allow_graceful=False)))
    assert differences(alone.directory, ended.directory) == NUMBERED


def test_a_worker_that_hangs_is_not_waited_for(
    cluster: Any, alone: Result, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "LATE", 1.0)
    monkeypatch.setattr(executor, "ANSWERS_IN", 2.0)
    hung = []

    def hang() -> None:
        both_started()
        hung.extend(workers()[:1])
        os.kill(hung[0], signal.SIGSTOP)

    assert differences(alone.directory, run("ray", Once(hang)).directory) == NUMBERED
    assert hung[0] not in workers()


@pytest.mark.parametrize(("device", "expected"), [("cuda", {1.0}), ("cpu", {0.0})])
def test_workers_have_a_gpu_where_the_cluster_has_one_and_that_is_asked_for(
    cluster: Any, tmp_path: Path, device: str, expected: set[float]
) -> None:
    """As Ray counts GPUs: there need not be one."""

    def has_gpu(settings: dict[str, Any], seed: int) -> dict[str, float]:
        return {"gpus": float(len(os.environ["CUDA_VISIBLE_DEVICES"]))}

    node = cluster.add_node(num_cpus=1, num_gpus=1)
    study = Study.of(has_gpu, {"a": 1}, seeds=6, metric="gpus", direction="max")
    result = study.run(runs_dir=tmp_path, on="ray", device=device, observer=Silent())
    cluster.remove_node(node)
    assert set(result.runs["gpus"].to_pylist()) == expected


def test_a_study_that_was_interrupted_on_a_cluster_goes_on_there(
    cluster: Any, alone: Result, run: Run
) -> None:
    result = run("ray", Once(lambda: signal.raise_signal(signal.SIGINT)))
    assert result.status == "interrupted"
    assert seedbed.resume(result.directory).status == "complete"
    assert differences(alone.directory, result.directory) == NUMBERED


def test_a_cluster_that_was_started_by_hand_is_reached_as_a_client(tmp_path: Path) -> None:
    """In processes of their own, since this one is connected to the other cluster.

    Where that can be arranged, the cluster does not see the directory of the study, as on another machine.
    """
    directory = tmp_path / "mine"
    directory.mkdir()
    study = reading('source = "table"\ntarget = "c"\nsplit = [0.6, 0.2, 0.2]\npath = "table.csv"')
    rows = "\n".join(f"{n % 7},{n % 5},{n % 7 * (n % 5)}" for n in range(60))
    (directory / "table.csv").write_text(f"a,b,c\n{rows}\n", encoding="utf-8")
    (directory / "study.toml").write_text(study, encoding="utf-8")
    with head(tmp_path, directory) as (address, is_hidden):
        there = command("--on", address, "--runs-dir", "there", directory=directory)
        assert there.returncode == 0, there.stderr
        assert ("a node lacks 1 file" in there.stderr) == is_hidden
    alone = Study.load(directory / "study.toml").run(runs_dir=tmp_path, engine="numpy")
    (stored,) = (directory / "there" / "elsewhere").iterdir()
    assert differences(alone.directory, stored) == NUMBERED


def command(*words: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seedbed", "run", "study.toml", "--engine", "numpy", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def head(directory: Path, hidden: Path) -> Iterator[tuple[str, bool]]:
    """The head node of a cluster of two cores: how clients reach it, and whether a folder is hidden from it."""
    port, client = free_ports(2)
    words = ["start", "--head", "--block", "--include-dashboard", "false", "--num-cpus", "2"]
    words += ["--port", str(port), "--ray-client-server-port", str(client)]
    main = [sys.executable, "-c", "from ray.scripts.scripts import main; main()"]
    hiding = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(hidden)]
    is_hidden = (
        bool(shutil.which("unshare")) and not subprocess.run([*hiding, "true"], check=False).returncode
    )
    own = {**os.environ, "XDG_CACHE_HOME": str(directory / "cache")}
    with (
        (directory / "head.txt").open("w") as output,
        TemporaryDirectory(prefix="ray") as short,  # paths of sockets are
    ):
        words += ["--temp-dir", short]
        words = [*(hiding if is_hidden else []), *main, *words]
        started = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True, env=own)
        try:
            wait_for(lambda: "Ray runtime started" in (directory / "head.txt").read_text(), started)
            yield f"ray://127.0.0.1:{client}", is_hidden
        finally:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def free_ports(count: int) -> list[int]:
    """Ports that are free now, none of those that Ray gives to workers (10002 to 19999)."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[Any], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_driver_that_is_killed_leaves_no_process_and_its_study_goes_on_elsewhere(
    tmp_path: Path, alone: Result
) -> None:
    (tmp_path / "study.toml").write_text(RECIPE, encoding="utf-8")
    words = ["run", "study.toml", "--seeds", "12", "--engine", "numpy", "--on", "ray", "--runs-dir", "runs"]
    with (tmp_path / "told.txt").open("w") as told:
        driver = subprocess.Popen(
            [sys.executable, "-m", "seedbed", *words], cwd=tmp_path, stderr=told, start_new_session=True
        )
    wait_for(lambda: " active" in (tmp_path / "told.txt").read_text(), driver)
    assert len(of_session(driver.pid)) > 3  # among them the cluster's own
    listening = addresses(of_session(driver.pid))
    assert listening
    assert listening <= {"0100007F", "0000000000000000FFFF00000100007F"}  # 127.0.0.1, of either kind
    driver.kill()
    driver.wait()
    until = time.monotonic() + 30
    while left := [number for number in of_session(driver.pid) if not is_agent(number)]:
        assert time.monotonic() < until, left
        time.sleep(0.2)
    (stored,) = (tmp_path / "runs" / "elsewhere").iterdir()
    assert seedbed.resume(stored, on="processes").status == "complete"
    assert differences(alone.directory, stored) == NUMBERED


def is_agent(number: int) -> bool:
    """Whether it is one of the two processes of Ray that take another minute to end, as they report to nobody."""
    with suppress(OSError):
        return b"Agent" in Path(f"/proc/{number}/cmdline").read_bytes()
    return True


def of_session(number: int) -> set[int]:
    """The processes of a session that have not ended."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
            if int(session) == number and state != "Z":
                found.add(int(entry.parent.name))
    return found


def addresses(processes: set[int]) -> set[str]:
    """Where processes listen, as /proc has it: hexadecimal, each four bytes backwards."""
    sockets = set()
    for number in processes:
        with suppress(OSError):
            sockets |= {os.readlink(entry) for entry in Path(f"/proc/{number}/fd").iterdir()}
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.splitlines()]
    return {
        words[1].partition(":")[0]
        for words in lines
        if words[3] == "0A" and f"socket:[{words[9]}]" in sockets
    }
