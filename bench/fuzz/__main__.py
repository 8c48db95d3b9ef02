"""`python -m bench.fuzz [TARGET]..`: fuzz readers of foreign bytes for minutes each; `pip install '.[fuzz]'` first."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click
from fuzzing.targets import TARGETS

KEPT = Path(
    "build/fuzz"
)  # per target: the corpus, which the next call goes on from, what was found, and a log
SLOWEST = 20  # seconds that one input may take
MOST_MEMORY = 3000  # MB that a process may take
STATISTICS = re.compile(r"stat::number_of_executed_units: *(\d+)")
COVERAGE = re.compile(r"cov: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """What came of one target: inputs tried, branches reached, and files of the inputs that broke it."""

    target: str
    inputs: int
    coverage: int
    found: Sequence[Path]


@click.command()
@click.argument("names", metavar="[TARGET]..", nargs=-1, type=click.Choice([*TARGETS]))
@click.option("--minutes", default=10.0, show_default=True, help="For each target.")
def main(names: tuple[str, ...], minutes: float) -> None:
    """Fuzz TARGETs, by default all: every reader of bytes that somebody else may have written.

    What breaks one is kept in build/fuzz/TARGET/found/. Once mended it belongs into tests/fuzzing/found/TARGET/,
    where the tests try it ever after.
    """
    if not find_spec("atheris"):
        raise click.UsageError("needs Atheris: pip install '.[fuzz]'")
    click.echo(f"{'target':12} {'inputs':>12} {'branches':>9} {'found':>6}")
    found: list[Path] = []
    for name in names or TARGETS:
        one = fuzz(name, round(minutes * 60))
        click.echo(f"{one.target:12} {one.inputs:12,} {one.coverage:9,} {len(one.found):6}")
        found += one.found
    for path in found:
        click.echo(f"found: {path}")
    sys.exit(1 if found else 0)


def fuzz(name: str, seconds: int) -> Fuzzed:
    """Fuzz one target in a process of its own, again after inputs that end it, until the time is over."""
    corpus, found, log = (KEPT / name / part for part in ("corpus", "found", "log.txt"))
    for directory in (corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [
        *(sys.executable, "-m", "bench.fuzz.worker", name, str(found), str(corpus)),
        *(f"-artifact_prefix={found}/", f"-timeout={SLOWEST}", f"-rss_limit_mb={MOST_MEMORY}"),
        *(f"-max_total_time={seconds}", "-print_final_stats=1", "-max_len=65536"),
    ]
    with log.open("wb") as output:
        subprocess.run(command, stdout=output, stderr=output, check=False)
    told = log.read_text(encoding="utf-8", errors="replace")
    inputs, coverage = (pattern.findall(told) for pattern in (STATISTICS, COVERAGE))
    if not inputs:
        raise click.ClickException(f"{name} was not fuzzed: see {log}")
    return Fuzzed(name, int(inputs[-1]), int(coverage[-1]), sorted(found.iterdir()))


if __name__ == "__main__":
    main()
