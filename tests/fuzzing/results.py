"""Readers of results that somebody else's training left, fed with any bytes: a study comes of them, or an error."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.cli.errors import user_errors

ROWS = [
    {"optimizer": name, "seed": seed, "epoch": epoch, "accuracy": 0.5 + 0.01 * seed, "state": "finished"}
    for name in ("sgd", "adam")
    for seed in range(2)
    for epoch in range(2)
]
CSV = "\n".join([",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]).encode()
JSONL = "\n".join(map(json.dumps, ROWS)).encode()
SHAPES: tuple[dict[str, Any], ...] = (
    {"variant": "optimizer", "seed": "seed", "epoch": "epoch", "status": "state", "base": "adam"},
    {"variant": ["optimizer", "epoch"], "seed": "seed"},
    {"variant": "optimizer", "long": ["state", "accuracy"], "seed": "seed"},
    {"wide": True, "seed": "seed"},
)


def _judge(path: Path, **results: Any) -> None:
    """Make a study of what lies somewhere and give all of its runs."""
    from seedbed.api import Study
    from seedbed.study.checkpoints import Checkpoints

    tables = {
        "name": "fuzzed",
        "results": {"path": str(path), **results},
        "study": {"metric": "accuracy"},
        "hypothesis": [{"claim": "better", "better": "adam", "than": "sgd"}],
    }
    with suppress(*user_errors()), warnings.catch_warnings():
        warnings.simplefilter("error")
        study = Study.from_dict(tables)
        work = study.trainable.prepare(study)
        names = [variant.name for variant in study.variants]
        assert len(set(names)) == len(names)
        for shard in work.shards:
            finished = work.train(shard, lambda event: None, Checkpoints())
            assert len(finished.runs) == len(shard.runs) > 0
            assert all(
                np.isfinite(run.metrics["accuracy"]) for run in finished.runs if run.status == "complete"
            )


def table(name: str, content: bytes) -> None:
    """A table of any format in every shape."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.write_bytes(content)
        for shape in SHAPES:
            _judge(path, **shape)


def _directory(files: Mapping[str, bytes], **results: Any) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _judge(Path(directory), **results)


def mlflow(content: bytes) -> None:
    """What MLflow says of a run, and the values of a metric: the bytes before and after a line of dashes."""
    meta, _, values = content.partition(b"---\n")
    files = {}
    for name in ("sgd", "adam"):
        for seed in range(2):
            own = {"params/optimizer": name.encode(), "params/seed": f"{seed}".encode()}
            own |= {"meta.yaml": meta, "metrics/accuracy": values}
            files |= {f"1/{name}{seed}/{file}": text for file, text in own.items()}
    _directory(files, variant="optimizer", seed="seed")


def events(content: bytes) -> None:
    """An event file of TensorBoard, where its package is there."""
    files = {f"{name}/{seed}/tfevents": content for name in ("sgd", "adam") for seed in range(2)}
    _directory(files, pattern="{optimizer}/{seed}")


MLFLOW = b"lifecycle_stage: active\nstatus: 3\n---\n1700000000 0.5 0\n1700000001 nan 1\n"
# The scalar accuracy = 0.5 at step 1 as a record: its length and checksum, an Event, and its checksum.
EVENTS = bytes.fromhex("1500000000000000d6ab6b2b" + "10012a110a0f0a086163637572616379150000003f" + "e048fee2")
READERS = {
    "judged csv": (partial(table, "results.csv"), lambda: [CSV, CSV.replace(b"0.5", b"nan")]),
    "judged jsonl": (partial(table, "results.jsonl"), lambda: [JSONL]),
    "judged mlflow": (mlflow, lambda: [MLFLOW]),
    "judged events": (events, lambda: [EVENTS, EVENTS * 2]),
}
