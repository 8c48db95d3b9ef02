"""Which executor a word such as `processes` or `ray` means."""

from __future__ import annotations

from seedbed.execution.executors.base import Executor, ExecutorError

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


def executor_of(on: str) -> Executor:
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

    return Cluster(None if on == "ray" else on)
