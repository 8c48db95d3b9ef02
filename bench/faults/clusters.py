"""Kills of workers, nodes and drivers of studies of every kind on clusters of Ray."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from pathlib import Path

import click
from faults.clusters import ClusterScene, Nodes, Victim, survive, wrong
from faults.studies import STUDIES, WITH_CODE

SIZES = (2, 4)  # nodes of a cluster
KINDS = tuple(name for name in {**STUDIES, **WITH_CODE} if name != "tiny")


def on_clusters(kills: int, only: tuple[str, ...], seed: int) -> list[str]:
    """Kill what computes a study of each kind on a cluster of each size, so often in all; what was wrong, in words."""
    names, found, whole = only or KINDS, list[str](), Counter[Victim]()
    with tempfile.TemporaryDirectory() as trusted:
        os.environ["SEEDBED_TRUST"] = trusted
        for size in SIZES:
            with Nodes(size) as nodes:
                for name in names:
                    killed, lines = _survived(
                        nodes, name, -(-kills // (len(SIZES) * len(names))), f"{seed} {size}"
                    )
                    click.echo(f"  {name:9} on {size} nodes: {_in_words(killed)}; {len(lines)} wrong")
                    whole += killed
                    found += [f"{name} on {size} nodes: {line}" for line in lines]
    click.echo(f"{_in_words(whole)} killed in {len(SIZES) * len(names)} studies, {len(found)} wrong")
    for line in found:
        click.echo(f"wrong: {line}")
    return found


def _survived(nodes: Nodes, name: str, most: int, seed: str) -> tuple[Counter[Victim], list[str]]:
    with tempfile.TemporaryDirectory() as place:
        scene = ClusterScene(Path(place), name).on(nodes)
        try:
            killed = survive(scene, scene.root / "runs", random.Random(f"{seed} {name}"), most)
            return killed, wrong(scene, scene.root / "runs")
        except Exception as error:
            return Counter(), [f"{type(error).__name__}: {error}"]


def _in_words(killed: Counter[Victim]) -> str:
    return ", ".join(f"{count} {victim}s" for victim, count in sorted(killed.items())) or "nothing"
