"""Damage to the files of studies of every kind, and what `show --json` makes of each."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from damage import sweep
from faults.survival import Scene
from store.test_damage import call, check

REFUSED, UNCHANGED, WRONG = "refused", "unchanged", "wrong"


def damaged(names: tuple[str, ...], seed: int, number: int) -> list[str]:
    """Damage every file of a study of each kind, at so many places in each way; what was wrong, in words."""
    wrong: list[str] = []
    whole: Counter[str] = Counter()
    for name in names:
        counted: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as place:
            for outcome, line in _outcomes(Scene(Path(place), name).reference, seed, number):
                counted[outcome] += 1
                wrong += [f"{name}: {line}"] if line else []
        click.echo(f"  {name:9} {_in_words(counted)}")
        whole += counted
    click.echo(f"{whole.total()} times: {_in_words(whole)}")
    return wrong


def _outcomes(directory: Path, seed: int, number: int) -> Iterator[tuple[str, str]]:
    """Of each damage what came of it, and what was wrong about that."""
    words = ["show", directory, "--json"]
    before = call(*words)
    for damage in sweep(directory, seed, number, number):
        with damage.done_to(directory):
            answer = call(*words)
        try:
            check(answer, before, damage)
        except AssertionError as error:
            yield WRONG, str(error)
        else:
            yield (REFUSED if answer.exit_code else UNCHANGED), ""


def _in_words(counted: Counter[str]) -> str:
    return ", ".join(f"{counted[outcome]} {outcome}" for outcome in (REFUSED, UNCHANGED, WRONG))
