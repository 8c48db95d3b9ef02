"""Which executor a word such as `processes` or `ray` means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from seedbed.execution.executors.base import Executor, ExecutorError, Pool

LOCAL = "local"
KINDS = "local, processes, ray or ray://HOST:PORT"


def check_on(on: str) -> str:
    """The word, where it means something.

    Raises
    ------
    ExecutorError
        Where it does not.
    """
    if on in (LOCAL, "processes", "ray") or on.startswith("ray://"):
        return on
    raise ExecutorError(f'expected {KINDS}, got "{on}"')


@contextmanager
def pool_of(on: str, device: str = "auto") -> Iterator[Pool | None]:
    """The workers that a word means, as long as the context lasts; None of `local`.

    Parameters
    ----------
    device
        What runs are to be computed on; see `study.trainable.Compute`.

    Raises
    ------
    ExecutorError
        Where there is no such executor, or what it needs is not there.
    """
    if on == LOCAL:
        yield None
        return
    with closing(Pool(executor_of(on, device))) as pool:
        yield pool


def executor_of(on: str, device: str) -> Executor:
    """The executor of a word other than `local`.

    Raises
    ------
    ExecutorError
        Where there is none, or what it needs is not installed.
    """
    if check_on(on) == "processes":
        from seedbed.execution.executors.processes import Processes

        return Processes()
    from seedbed.execution.executors.cluster import Cluster

    return Cluster(None if on == "ray" else on, device)
