"""`seedbed doctor`: whether this machine has what studies need."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.errors import FAILED
from seedbed.cli.output import print_json, print_table, say
from seedbed.execution import environment
from seedbed.machine import usable_cores

Check = tuple[str, str, str]  # what, "ok" | "missing" | "wrong", detail

OPTIONAL = ("torch", "scikit-learn")


@click.command("doctor", short_help="Check this machine: versions, engines, data, directories.")
@options.data_dir
@options.runs_dir
@options.as_json
def command(data_dir: Path | None, runs_dir: Path, as_json: bool) -> int:
    """Check versions, engines, datasets, the runs directory and the cache of compiled code.

    What is missing limits what can be run; what is wrong must be fixed, and the exit code is then 1.
    """
    checks = [*_packages(), *_engines(), *_data(data_dir), _writable("runs", runs_dir), _cache()]
    if as_json:
        print_json([dict(zip(("check", "state", "detail"), check, strict=True)) for check in checks])
    else:
        machine = environment.processor(), f"{usable_cores()} cores", platform.platform()
        say(", ".join(machine))
        print_table(("check", "state", "detail"), checks)
    return FAILED if any(state == "wrong" for _, state, _ in checks) else 0


def _packages() -> Iterator[Check]:
    for name in environment.PACKAGES:
        version = environment.package_version(name)
        absent = "missing" if name in OPTIONAL or name == "seedbed" else "wrong"
        yield name, "ok" if version else absent, version or "not installed"


def _engines() -> Iterator[Check]:
    yield "engine numpy", "ok", "always there"
    yield _fused()
    torch = environment.package_version("torch")
    yield (
        "engine torch",
        "ok" if torch else "missing",
        f"torch {torch}" if torch else "pip install 'seedbed[torch]'",
    )
    if torch:
        from seedbed.engines.torch_engine import cuda_is_missing

        why = cuda_is_missing()
        yield "device cuda", "missing" if why else "ok", why or "for the torch engine"


def _fused() -> Check:
    from seedbed.engines.fused.compiled import MODULE, TAKES
    from seedbed.simd import kept
    from seedbed.simd.compiled import directory_name

    name = directory_name(MODULE)
    if directory := kept.find(name):
        return "engine fused", "ok", f"compiled, in {directory}"
    first = f"compiled once for this machine, when first used ({TAKES})"
    if directory := kept.damaged(name):
        return "engine fused", "missing", f"{directory} is damaged; {first.replace('once', 'again')}"
    return "engine fused", "ok", first


def _data(data_dir: Path | None) -> Iterator[Check]:
    from seedbed.data.datasets import listed

    for row in listed(data_dir):
        detail = row["path"] or f"seedbed data fetch {row['name']}"
        yield f"data {row['name']}", "ok" if row["present"] else "missing", detail


def _writable(what: str, directory: Path) -> Check:
    """Whether files can be made in the directory, or in the nearest one above it that exists."""
    nearest = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return f"{what} directory", "ok", str(directory.absolute())
    except OSError as error:
        return f"{what} directory", "wrong", f"{nearest}: {error.strerror}"


def _cache() -> Check:
    import pooch

    return _writable("compiled code", Path(os.environ.get("NUMBA_CACHE_DIR") or pooch.os_cache("seedbed")))
