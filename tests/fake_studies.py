"""Made-up studies on disk, written through the real store: what readers of results and reports are tested on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from seedbed.store import journal, schema
from seedbed.store.writer import Store

DATA = {
    "source": "function", "expression": "sin(x) + cos(x) + sin(x)*cos(x)", "domain": [0, 6.2832], "samples": 1000,
    "split": [0.6, 0.2, 0.2], "scale": "standard", "powers": 2, "noise": 0.0,
}  # fmt: skip
MODEL = {
    "kind": "mlp",
    "hidden": [10, 100, 10],
    "activation": "relu",
    "norm": "batch",
    "init": "xavier_normal",
}
TRAINING = {
    "loss": "mse", "optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "batch_size": 32, "epochs": 60,
    "schedule": {"kind": "plateau", "factor": 0.1, "patience": 10}, "stop": {"lr_below": 1e-4},
}  # fmt: skip


def write_table(directory: Path, name: str, content: Any) -> None:
    """A table of a study of an older version; what was there is replaced."""
    table = schema.runs_table(content) if name == "runs" else schema.table_of(name, content)
    parquet.write_table(table, directory / f"{name}.parquet", compression="zstd")


def older(directory: Path) -> Path:
    """Make a study one of format 1, which has no checksums: what tests write into it by hand is believed."""
    events = [event for event in journal.read(directory).events if event["event"] != "wrote"]
    events[0].pop("format", None)
    text = "".join(f"{json.dumps(event)}\n" for event in events)
    (directory / schema.JOURNAL).write_text(text, encoding="utf-8")
    return directory


def write_study(
    root: Path,
    name: str,
    variants: dict[str, dict[str, Any]],
    seeds: int,
    metric: str,
    direction: str,
    rows: list[dict[str, Any]],
    curves: dict[str, list[Any]],
    predictions: dict[str, list[Any]] | None = None,
    hypotheses: tuple[dict[str, Any], ...] = (),
    findings: tuple[dict[str, Any], ...] = (),
    classes: tuple[str, ...] = (),
    description: str = "Do batch norm and Xavier initialisation matter?",
    finished: bool = True,
) -> Path:
    """One study directory; unfinished ones have neither tables nor a last event."""
    with Store.create(root, name, "ab12cd34ef56") as store:
        store.write_text("study.toml", f'name = "{name}"\n')
        resolved = [
            {
                "name": variant,
                "settings": facts.get("settings", {}),
                "recipe": _recipe(facts.get("settings", {})),
                "published": facts.get("published", {}),
            }
            for variant, facts in variants.items()
        ]
        store.write_json(
            "resolved.json",
            {
                "study": name, "description": description, "metric": metric, "direction": direction, "seeds": seeds,
                "study_seed": 0, "variants": resolved, "hypotheses": list(hypotheses), "classes": list(classes),
                "features": ["x"],
            },
        )  # fmt: skip
        store.write_json(
            "environment.json",
            {
                "seedbed": "0.1.0", "python": "3.12.3", "packages": {"numpy": "2.1.0", "scipy": "1.14.0"},
                "platform": "Linux", "cpu": "A processor", "cores": 2, "engine": "numpy", "device": "cpu", "threads": 1,
                "data": {"sample.csv": "ab" * 32}, "command": f"seedbed run {name} --seeds {seeds}",
                "seconds": {"total": 41.2, "train": 38.9}, "started": "2026-11-21T01:02:03+00:00", "status": "complete",
            },
        )  # fmt: skip
        for finding in findings:
            store.journal({"event": "finding", **finding})
        if finished:
            for row in rows:
                settings = variants[row["variant"]].get("settings", {})
                row |= {f"setting:{key}": json.dumps(value) for key, value in settings.items()}
            write_table(store.directory, "runs", rows)
            write_table(store.directory, "curves", curves)
            if predictions:
                write_table(store.directory, "predictions", predictions)
            store.finish("complete")
    return older(store.directory)


def _recipe(settings: dict[str, Any]) -> dict[str, Any]:
    recipe = json.loads(json.dumps({"data": DATA, "model": MODEL, "training": TRAINING}))
    for key, value in settings.items():
        table, _, rest = key.partition(".")
        recipe[table][rest] = value
    return recipe


def _row(variant: str, seed: int, **facts: Any) -> dict[str, Any]:
    usual = {
        "group": 0,
        "status": "complete",
        "stop_reason": None,
        "steps": 1140,
        "epochs": 60,
        "seconds": 0.4,
    }
    return {"variant": variant, "seed": seed, **usual, "parameters": 2300, **facts}


class Curves:
    """Columns of a curve table, filled point by point."""

    def __init__(self) -> None:
        names = ("variant", "seed", "step", "epoch", "metric", "value")
        self.columns: dict[str, list[Any]] = {name: [] for name in names}

    def add(self, variant: str, seed: int, epoch: int, **values: float) -> None:
        for metric, value in values.items():
            point = (variant, seed, epoch * 19, epoch, metric.replace("__", "."), float(value))
            for column, entry in zip(self.columns.values(), point, strict=True):
                column.append(entry)


def truth(x: np.ndarray) -> np.ndarray:
    return np.sin(x) + np.cos(x) + np.sin(x) * np.cos(x)


def regression(
    root: Path, seeds: int = 12, names: tuple[str, ...] = (), name: str = "trig/norm-init", **facts: Any
) -> Path:
    """A function fitted by variants of very different errors, with a grid."""
    random = np.random.default_rng(1)
    variants: dict[str, dict[str, Any]] = {
        "base": {"published": {"val.mse": 0.00273, "test.mse": 0.001032}},
        "init kaiming_normal": {"settings": {"model.init": "kaiming_normal"}, "published": {"val.mse": 0.15392}},
        "norm none": {"settings": {"model.norm": "none"}},
        "no norm, default init": {
            "settings": {"model.norm": "none", "model.init": "default"}, "published": {"val.mse": 1.07809},
        },
    }  # fmt: skip
    variants |= {name: {"settings": {"training.lr": 0.01 * (i + 1)}} for i, name in enumerate(names)}
    sizes = dict(
        zip(variants, [0.002, 0.0021, 0.02, 0.3, *np.geomspace(0.001, 0.1, len(names))], strict=True)
    )
    rows, curves = [], Curves()
    predictions: dict[str, list[Any]] = {
        name: [] for name in ("variant", "seed", "part", "sample", "x", "target", "output")
    }
    grid = np.linspace(0, 2 * np.pi, 200)
    for seed in range(seeds):
        luck = np.exp(random.normal(0, 0.3))
        for variant, size in sizes.items():
            final = size * luck * np.exp(random.normal(0, 0.2))
            errors = {
                f"{part}.mse": final * factor for part, factor in (("train", 0.9), ("val", 1), ("test", 1.1))
            }
            rows.append(_row(variant, seed, **errors, **{"grid.max_error": 3 * final**0.5}))
            for epoch in range(61):
                value = final + np.exp(-epoch / 8) * np.exp(random.normal(0, 0.15))
                lr = 0.1 if epoch < 40 + seed % 3 else 0.01
                curves.add(variant, seed, epoch, train__loss=0.9 * value, val__mse=value, lr=lr)
            for part, x in (("grid", grid), ("test", random.uniform(0, 2 * np.pi, 60))):
                wave = np.sin(x * (3 + seed % 4) + seed) * (2 * final) ** 0.5
                _predict(predictions, variant, seed, part, x, truth(x), truth(x) + wave)
    hypotheses = (
        {
            "claim": "Batch norm with Xavier init beats having neither",
            "better": "base",
            "than": ["no norm, default init"],
        },
        {
            "claim": "Xavier and Kaiming are alike",
            "similar": ["base", "init kaiming_normal"],
            "factor": 1.5,
        },
        {"claim": "Kaiming beats Xavier", "better": "init kaiming_normal", "than": "base"},
        {"claim": "Leaving the norm out helps", "better": "norm none", "than": "base"},
        {"claim": "The fit is good", "variant": "base", "metric": "grid.max_error", "below": 0.5},
    )
    return write_study(
        root, name, variants, seeds, "val.mse", "min", rows, curves.columns, predictions, hypotheses, **facts
    )


def _predict(
    columns: dict[str, list[Any]],
    variant: str,
    seed: int,
    part: str,
    x: np.ndarray,
    target: np.ndarray,
    output: np.ndarray,
) -> None:
    count = len(x)
    columns["variant"] += [variant] * count
    columns["seed"] += [seed] * count
    columns["part"] += [part] * count
    columns["sample"] += list(range(count))
    columns["x"] += x.tolist()
    columns["target"] += target.tolist()
    columns["output"] += output.tolist()


DIVERGED = (1, 4, 7)


def classification(root: Path, seeds: int = 10) -> Path:
    """Ten classes; the variant "lr 1" diverges under some seeds."""
    random = np.random.default_rng(2)
    variants = {
        "base": {"published": {"test.accuracy": 0.9246}},
        "momentum": {"settings": {"training.momentum": 0.9}, "published": {"test.accuracy": 0.9705}},
        "dropout": {"settings": {"model.dropout": 0.2}},
        "lr 1": {"settings": {"training.lr": 1.0}},
    }
    means = {"base": 0.92, "momentum": 0.97, "dropout": 0.921, "lr 1": 0.85}
    rows, curves = [], Curves()
    for seed in range(seeds):
        for variant, mean in means.items():
            diverged = variant == "lr 1" and seed in DIVERGED
            final = mean + random.normal(0, 0.002)
            for epoch in range(8 if diverged else 20):
                value = final - 0.3 * np.exp(-epoch / 3)
                curves.add(
                    variant, seed, epoch, train__loss=2.3 * np.exp(-epoch / 4) + 0.1, lr=0.1 / (1 + epoch)
                )
                curves.add(variant, seed, epoch, val__accuracy=value, test__accuracy=value - 0.002)
                curves.add(variant, seed, epoch, train__accuracy=value + 0.01)
            if diverged:
                rows.append(_row(variant, seed, status="diverged", stop_reason="loss not finite", epochs=8))
                continue
            metrics = {"train.accuracy": final + 0.01, "val.accuracy": final, "test.accuracy": final - 0.002}
            confusion = random.multinomial(
                100, np.full((10, 10), (1 - mean) / 9) + np.eye(10) * (mean - (1 - mean) / 9)
            )
            rows.append(_row(variant, seed, confusion=confusion.ravel().tolist(), **metrics))
    hypotheses = (
        {
            "claim": "Momentum beats plain SGD",
            "better": "momentum",
            "than": "base",
            "metric": "test.accuracy",
        },
        {"claim": "Dropout is no better", "not_better": "dropout", "than": "base", "margin": 0.005},
        {
            "claim": "The base overfits",
            "variant": "base",
            "metric": "train.accuracy",
            "exceeds": "val.accuracy",
        },
        {"claim": "A rate of 1 is best", "better": "lr 1", "than": ["base", "momentum"]},
        {"claim": "Base is ahead early", "better": "base", "than": "dropout", "metric": "val.accuracy@3"},
    )
    findings = (
        {
            "variant": "lr 1", "kind": "diverged", "runs": len(DIVERGED),
            "message": f"{len(DIVERGED)} of {seeds} runs diverged: the loss was not finite; lower training.lr",
        },
    )  # fmt: skip
    return write_study(
        root, "mnist/mlp", variants, seeds, "val.accuracy", "max", rows, curves.columns, None, hypotheses, findings,
        tuple("0123456789"), "Momentum, dropout and rates on handwritten digits.",
    )  # fmt: skip
