"""`python -m bench.faults --kills 500`: kill studies of every kind at random moments, resume them, and compare.

With `--on ray` they are computed on clusters, of which also workers and nodes are killed.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
from faults.same import differences
from faults.studies import STUDIES, WITH_CODE
from faults.survival import Scene, directories, fail_and_go_on, survive

from bench.faults.clusters import on_clusters
from bench.faults.damage import damaged

AT_ONCE = 12  # kills of one study, before it may end


@dataclass
class Tally:
    """What came of one kind of study: how often it was struck in each stage, and what was wrong afterwards."""

    name: str
    stages: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    wrong: list[str] = field(default_factory=list)


@click.command()
@click.option("--kills", default=0, help="SIGKILLs, over all kinds of studies.")
@click.option(
    "--writes", default=0, help="Writes that fail, for a full disk or an error, over all kinds of studies."
)
@click.option(
    "--damage", default=0, help="Places at which every file of a study is cut, and has a bit flipped."
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*STUDIES, *WITH_CODE]),
    help="Only this kind of study; may be repeated.",
)
@click.option(
    "--on",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="Where; workers and nodes of a cluster are killed, too.",
)
@click.option("--seed", default=0, show_default=True, help="From which the moments are drawn.")
def main(kills: int, writes: int, damage: int, only: tuple[str, ...], on: str, seed: int) -> None:
    """Strike studies at random moments, resume them until they are done, and compare each with one left alone.

    Damaged studies are shown, and either refused with the name of the file or the same as before.
    """
    names = only or tuple(STUDIES)
    if on == "ray":
        sys.exit(1 if on_clusters(kills, only, seed) else 0)
    wrong: list[str] = []
    for what, number, one in (("SIGKILL", kills, kill), ("failed write", writes, fail)):
        if not number:
            continue
        click.echo(f"{what}:")
        tallies = []
        for name in names:
            tallies.append(_tally(name, -(-number // len(names)), seed, one))
            click.echo(_line(tallies[-1]))
        wrong += [line for tally in tallies for line in tally.wrong]
        struck = sum(tally.stages.total() for tally in tallies)
        click.echo(f"{struck} in {sum(tally.studies for tally in tallies)} studies, {len(wrong)} wrong")
    if damage:
        click.echo("damage:")
        wrong += damaged(names, seed, damage)
    for line in wrong:
        click.echo(f"wrong: {line}")
    sys.exit(1 if wrong else 0)


Strike = Callable[[Scene, Path, random.Random], list[str]]


def kill(scene: Scene, runs: Path, draw: random.Random) -> list[str]:
    """Kill a study some times; the stages."""
    return survive(scene, runs, draw, AT_ONCE)


def fail(scene: Scene, runs: Path, draw: random.Random) -> list[str]:
    """Let one write fail; the stage."""
    return fail_and_go_on(scene, runs, draw)


def _tally(name: str, number: int, seed: int, strike: Strike) -> Tally:
    tally, draw = Tally(name), random.Random(f"{seed} {name}")
    with tempfile.TemporaryDirectory() as place:
        scene = Scene(Path(place), name)
        while tally.stages.total() < number:
            runs = Path(place) / "runs"
            try:
                tally.stages.update(strike(scene, runs, draw))
                (directory,) = directories(runs)
                found = differences(scene.reference, directory)
            except Exception as error:
                found = [f"{type(error).__name__}: {error}"]
            tally.studies += 1
            tally.wrong += [f"{name}, study {tally.studies}: {line}" for line in found]
            if len(tally.wrong) > 20:
                break
            shutil.rmtree(runs, ignore_errors=True)
    return tally


def _line(tally: Tally) -> str:
    stages = ", ".join(f"{stage} {count}" for stage, count in sorted(tally.stages.items()))
    return f"  {tally.name:9} {tally.stages.total():4} in {tally.studies:3} studies: {stages}; {len(tally.wrong)} wrong"


if __name__ == "__main__":
    main()
