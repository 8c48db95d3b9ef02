"""How a cluster of Ray is reached, or started where the command has one of its own."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from seedbed.execution.executors.base import ExecutorError
from seedbed.machine import usable_cores

MISSING = "Ray is not installed here; install seedbed[ray]"
CLIENT = "ray://"
ADDRESS = "RAY_ADDRESS"  # Ray's own variable: the cluster that programs on this machine are to join
ANSWERS_IN = 10.0  # seconds within which somebody must listen at an address
LOOPBACK = "127.0.0.1"
QUIET = {"log_to_driver": False, "logging_level": "ERROR"}
TOKEN = (
    "; one that asks for a token (Ray 2.60 and later) needs RAY_AUTH_MODE=token here, and the token of its head node "
    "in ~/.ray/auth_token or $RAY_AUTH_TOKEN"
)


def imported(address: str | None) -> Any:
    """Ray's module, with usage statistics off and the right token.

    Raises
    ------
    ExecutorError
        Where it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if "ray" not in sys.modules:  # which reads these when it is imported, and never again
        _choose_token(address)
    try:
        import ray
    except ImportError:
        raise ExecutorError(MISSING) from None
    return ray


def _choose_token(address: str | None) -> None:
    """Have Ray use a token where it does not do so by itself; without one, anybody on the machine could join.

    To a cluster of its own a command gives a new one: the one that Ray would write into the home directory all clusters
    that are started later would ask for. Ray sends none to an address that is given; on this machine it is the same.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return
    if address is None:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    elif _host_and_port(address)[0] in (LOOPBACK, "localhost") and _has_token():
        os.environ["RAY_AUTH_MODE"] = "token"


def _has_token() -> bool:
    given = any(name in os.environ for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    return given or (Path.home() / ".ray" / "auth_token").exists()


def connect(ray: Any, address: str | None) -> None:
    """Connect this process to the cluster at an address or, without one, start a cluster that ends with it.

    Raises
    ------
    ExecutorError
        Where that cannot be done.
    """
    try:
        if address is None:
            with _on_loopback(), _fewer_processes():
                ray.init(
                    "local",
                    num_cpus=usable_cores(),
                    include_dashboard=False,
                    _node_ip_address=LOOPBACK,
                    **QUIET,
                )
        else:
            _check_listens(address)
            ray.init(address, **QUIET)
    except Exception as error:
        if address is None:
            raise ExecutorError(f"Ray cannot be started here: {error}") from error
        hint = TOKEN if isinstance(error, ConnectionError) else ""
        raise ExecutorError(f"the Ray cluster at {address} cannot be reached: {error}{hint}") from error


def _check_listens(address: str) -> None:
    """Raise an error at once where nobody listens; Ray tries for half a minute, and cannot say why."""
    host, port = _host_and_port(address)
    if address.startswith(CLIENT) and port is not None:
        try:
            socket.create_connection((host, port), ANSWERS_IN).close()
        except OSError as error:
            raise ValueError(
                f"{error.strerror or error}; expected ray://HOST:PORT of a head node, whose port is 10001 unless "
                "ray start was given another --ray-client-server-port"
            ) from None


def _host_and_port(address: str) -> tuple[str, int | None]:
    host, _, port = address.removeprefix(CLIENT).partition("/")[0].rpartition(":")
    return host.strip("[]"), int(port) if port.isdecimal() else None


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Have the processes of a cluster listen on the loopback device alone, as Ray does by default but on Linux."""
    from ray._private import ray_constants

    name = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
    before, variable = ray_constants.ENABLE_RAY_CLUSTER, os.environ.get(name)
    ray_constants.ENABLE_RAY_CLUSTER, os.environ[name] = False, "0"
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
        os.environ.pop(name)
        if variable is not None:
            os.environ[name] = variable


@contextmanager
def _fewer_processes() -> Iterator[None]:
    """Start neither what adds nodes to a cluster nor what collects its output: that takes a quarter of its start."""
    from ray._private import parameter

    whole = parameter.RayParams
    parameter.RayParams = partial(whole, no_monitor=True, include_log_monitor=False)
    try:
        yield
    finally:
        parameter.RayParams = whole
