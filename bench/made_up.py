"""Stores studies of very many runs that nobody trained: `python -m bench.made_up DIRECTORY VARIANTS SEEDS`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from seedbed.analysis.evidence import Evidence, Gradient, Units
from seedbed.results.evidence import stored_evidence
from seedbed.store.writer import Store

NAME = "bench/stored"
METRICS = {"train.mse": 0.9, "val.mse": 1.0, "test.mse": 1.1}  # and what they are of one another
ON_CURVES = ("train.loss", "val.mse", "lr")
SETTINGS = ("training.lr", "training.momentum", "model.activation")
RUNS_IN_SHARD = 1000


@dataclass(frozen=True)
class MadeUp:
    """A study to store.

    Attributes
    ----------
    epochs
        On the curves of every run; without curves where 0.
    evidence
        Whether what findings are made of is stored, as of a recipe's runs.
    runs_in_shard
        How many runs are stored at once, at the most, all under the same seeds.
    """

    variants: int
    seeds: int
    epochs: int = 0
    evidence: bool = False
    runs_in_shard: int = RUNS_IN_SHARD

    @property
    def names(self) -> list[str]:
        """Of its variants."""
        return ["base", *(f"lr {0.001 * 1.01**index:.6g}" for index in range(1, self.variants))]

    def settings(self, index: int) -> dict[str, Any]:
        """What a variant sets differently from base."""
        values = (0.001 * 1.01**index, 0.1 * (index % 10), "relu" if index % 2 else "tanh")
        return dict(zip(SETTINGS, values, strict=True)) if index else {}

    @property
    def shards(self) -> Iterator[tuple[range, range]]:
        """Variants and seeds of each."""
        seeds = min(self.seeds, self.runs_in_shard)
        variants = max(1, self.runs_in_shard // seeds)
        for first in range(0, self.variants, variants):
            for seed in range(0, self.seeds, seeds):
                last = min(first + variants, self.variants), min(seed + seeds, self.seeds)
                yield range(first, last[0]), range(seed, last[1])


def write(root: Path, made: MadeUp) -> Path:
    """Store a study as its execution would: a part for every shard, joined at the end; the numbers are random."""
    random = np.random.default_rng(1)
    names = made.names
    sizes, luck = (0.01 * np.exp(random.normal(0, 0.3, count)) for count in (made.variants, made.seeds))
    with Store.create(root, NAME, "5eed") as store:
        store.write_text("study.toml", f'name = "{NAME}"\n')
        store.write_json("resolved.json", _resolved(made, names))
        store.write_json("environment.json", {"engine": "none", "seconds": {"total": 1.0, "train": 1.0}})
        runs = made.variants * made.seeds
        store.journal(
            {"event": "round", "round": 1, "seeds": [0, made.seeds], "variants": names, "runs": runs}
        )
        for number, (variants, seeds) in enumerate(made.shards):
            spread = np.exp(random.normal(0, 0.2, (len(variants), len(seeds))))
            errors = 100 * sizes[list(variants), None] * luck[list(seeds)] * spread
            own = [names[index] for index in variants]
            rows = list(_rows(made, number, own, variants, seeds, errors))
            tables = _curves(made.epochs, own, seeds, errors, random) if made.epochs else {}
            if made.evidence:
                tables |= stored_evidence([_evidence(name, seed) for name in own for seed in seeds])
            store.add_group(number, rows, tables, seconds=0.1)
            store.join_full(names)
        store.join_groups(names)
        store.finish("complete")
    return store.directory


def _resolved(made: MadeUp, names: Sequence[str]) -> dict[str, Any]:
    variants = []
    for index, name in enumerate(names):
        settings = made.settings(index)
        recipe = {
            "model": {"kind": "mlp", "hidden": [8]},
            "training": {"lr": settings.get(SETTINGS[0], 0.001)},
        }
        variants.append({"name": name, "settings": settings, "recipe": recipe})
    claims = [{"claim": f"{name} is better", "better": name, "than": ["base"]} for name in names[1:6]]
    asked = {"metric": "val.mse", "direction": "min", "seeds": made.seeds, "study_seed": 0}
    return {"study": NAME, "description": "Random.", **asked, "variants": variants, "hypotheses": claims}


def _rows(
    made: MadeUp, shard: int, names: Sequence[str], variants: range, seeds: range, errors: np.ndarray
) -> Iterator[dict[str, Any]]:
    costs = {
        "steps": 10 * max(made.epochs, 1),
        "epochs": max(made.epochs, 1),
        "seconds": 0.1,
        "parameters": 25,
    }
    for row, (name, index) in enumerate(zip(names, variants, strict=True)):
        settings = {f"setting:{key}": str(value) for key, value in made.settings(index).items()}
        facts = {
            "variant": name,
            "group": shard,
            "status": "complete",
            "stop_reason": None,
            **costs,
            **settings,
        }
        for seed, error in zip(seeds, errors[row].tolist(), strict=True):
            yield {**facts, "seed": seed, **{metric: error * factor for metric, factor in METRICS.items()}}


def _curves(
    epochs: int, names: Sequence[str], seeds: range, errors: np.ndarray, random: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """The table of curves that fall to the errors (variants, seeds)."""
    shape = (*errors.shape, epochs, len(ON_CURVES))
    epoch = np.broadcast_to(np.arange(epochs)[:, None], shape).ravel()
    fall = np.exp(-np.arange(epochs) / (0.2 * epochs))[:, None] * np.exp(random.normal(0, 0.1, shape))
    values = errors[..., None, None] * (1 + 10 * fall)
    values[..., -1] = 0.1
    columns = {
        "variant": np.repeat(np.array(names), shape[1] * epochs * len(ON_CURVES)).tolist(),
        "seed": np.broadcast_to(np.array(seeds)[:, None, None], shape).ravel(),
        "step": 10 * epoch,
        "epoch": epoch,
        "metric": list(ON_CURVES) * (errors.size * epochs),
        "value": values.ravel(),
    }
    return {"curves": columns}


def _evidence(name: str, seed: int) -> Evidence:
    """The record of a run of a small network, every tenth of which has a dead unit."""
    losses = np.array([1.0, 0.1])
    layers = (Units(8, int(seed % 10 == 9), samples=1000),)
    gradients = (Gradient("0", 0.1, 0.01, 0.001), Gradient("2", 0.1, 0.01, 0.001))
    return Evidence(name, seed, "complete", None, True, losses, losses, 1.0, layers, gradients=gradients)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("variants", type=int)
@click.argument("seeds", type=int)
@click.option("--epochs", default=0, show_default=True, help="On the curve of every run.")
@click.option("--evidence", is_flag=True, help="Store what findings are made of.")
@click.option(
    "--runs-in-shard", default=RUNS_IN_SHARD, show_default=True, help="Stored at once, at the most."
)
def main(directory: Path, variants: int, seeds: int, epochs: int, evidence: bool, runs_in_shard: int) -> None:
    """Store a study of random numbers in a directory of runs, and print where."""
    click.echo(write(directory, MadeUp(variants, seeds, epochs, evidence, runs_in_shard)))


if __name__ == "__main__":
    main()
