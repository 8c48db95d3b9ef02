"""Worker processes: what a function does to its process ends or changes no other run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedbed.trainables.function_options import FunctionOptions
from seedbed.trainables.outside.outcome import Asked, Outcome
from seedbed.trainables.outside.work import Job
from seedbed.trainables.outside.workers import Called, Workers

MODULE = """
import asyncio, ctypes, json, os, random, subprocess, sys, threading, time

FORGED = json.dumps({"done": {"acc": 99}, "seconds": 0})
left = []

def run(settings, seed):
    if "code" in settings:
        exec(settings["code"])
        return {"acc": 1.0}
    print("here")
    os.write(2, b"there")
    import numpy
    drawn = random.random(), numpy.random.random(), hash("text") % 1000, len(os.environ["PATH"])
    return dict(zip("abcd", drawn), acc=len(os.getcwd()))

def thread(settings, seed, run):
    if settings["first"]:
        threading.Thread(target=lambda: (time.sleep(0.2), run.log(acc=99))).start()
    else:
        time.sleep(0.4)
    return {"acc": 1.0}
"""
ODD = [
    "print(FORGED); os.write(1, (FORGED + '\\\\n').encode()); os.system(f'echo {FORGED!r}')",
    "sys.stdout.close(); os.close(1); os.close(2)",
    "sys.stdout = sys.stderr = None",
    "os.chdir('/'); os.environ.clear()",
    "assert sys.stdin.read() == ''",
    "[print('x' * 10**5) for _ in range(100)]",
    "subprocess.Popen(['sleep', '60'])",
    "random.seed(5); import numpy; numpy.random.seed(5)",
    "os.fork()",  # and both go on
]
FAULTY = {
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise ValueError('x' * 2_000_000)": "ValueError: xxx",
    "raise type('Odd', (Exception,), {'__str__': None})()": "<exception str() failed>",
    "sys.exit('no data')": "exited with code 1: no data",
    "sys.exit()": "exited with code 0 before it had returned its metrics",
    "os.kill(os.getpid(), 15)": "killed by signal 15 (terminated)",
    "run(settings, seed)": "RecursionError: maximum recursion depth exceeded",
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module lies."""
    directory = tmp_path_factory.mktemp("module")
    (directory / "odd.py").write_text(MODULE.replace("\\\\n", "\\n"), encoding="utf-8")
    return directory


@pytest.fixture
def workers() -> Iterator[Workers]:
    """At most one, so that runs share a process."""
    workers = Workers(1)
    yield workers
    workers.close()


def called(workers: Workers, directory: Path, call: str = "odd:run", **settings: Any) -> Outcome:
    """The outcome of a run."""
    options = FunctionOptions(call=call, timeout=20.0)
    worker = workers.take(Called(call, None, directory, {}, None))
    outcome, asked = Outcome("base", 0), Asked("acc", "max")
    for _ in worker.run(Job("base", 0, options, settings, 7, directory / "run"), outcome, asked):
        pass
    workers.give_back(worker)
    outcome.end(asked)
    return outcome


def seen(outcome: Outcome) -> tuple[dict[str, float], str]:
    """What can be told from another run's."""
    assert outcome.status == "complete", outcome.stop_reason
    return outcome.metrics, outcome.output


def test_no_run_notices_what_another_did_to_its_process(workers: Workers, directory: Path) -> None:
    expected = seen(called(workers, directory))
    assert expected[1] == "here\nthere"
    for code in ODD:
        odd = called(workers, directory, code=code)
        assert (odd.status, odd.metrics) == ("complete", {"acc": 1.0}), (code, odd.stop_reason)
        assert len(odd.output) < 70_000
        assert seen(called(workers, directory)) == expected, code


def test_faults_are_told_in_a_short_sentence_and_another_process_goes_on(
    workers: Workers, directory: Path
) -> None:
    expected = seen(called(workers, directory))
    for code, reason in FAULTY.items():
        outcome = called(workers, directory, code=code)
        assert outcome.status == "crashed"
        assert reason in (outcome.stop_reason or "")
        assert len(outcome.stop_reason or "") < 400
        assert len(outcome.traceback) < 70_000
    assert seen(called(workers, directory)) == expected


def test_a_thread_that_is_left_behind_tells_nothing_of_the_next_run(
    workers: Workers, directory: Path
) -> None:
    assert called(workers, directory, "odd:thread", first=True).metrics == {"acc": 1.0}
    later = called(workers, directory, "odd:thread", first=False)
    assert (later.metrics, later.epochs) == ({"acc": 1.0}, None)
    assert "this run has ended" in later.output


def test_workers_are_kept_and_replaced(directory: Path) -> None:
    workers = Workers(2)
    first, second, other = (
        Called(call, None, directory, {}, None) for call in ("odd:run", "odd:run", "odd:thread")
    )
    one, two = workers.take(first), workers.take(second)
    workers.give_back(one)
    assert workers.take(first) is one
    workers.give_back(one)
    workers.give_back(two)
    third = workers.take(other)  # for which one that waits has to go
    assert [worker.process.ended is None for worker in (one, two, third)].count(True) == 2
    workers.give_back(third)
    workers.close()
    assert all(worker.process.ended is not None for worker in (one, two, third))
