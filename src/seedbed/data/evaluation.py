"""How the samples that networks are evaluated on come about from seed to seed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import blake2b
from typing import Literal, NotRequired, TypedDict

import numpy as np

from seedbed.data.base import Prepared
from seedbed.recipe import AnyData


class Evaluation(TypedDict):
    """Of one part.

    Attributes
    ----------
    kind
        "drawn": every seed has samples of its own, also to train on. "split": every seed divides the same samples anew.
        "fixed": the part is the same under every seed.
    samples, train
        The size of the part and of the training part.
    same
        Of a fixed part: what parts with the same samples in the same order have in common.
    """

    kind: Literal["drawn", "split", "fixed"]
    samples: int
    train: int
    same: NotRequired[str]


def evaluation(runs: Sequence[Prepared]) -> dict[str, Evaluation]:
    """What the data of one variant are under all seeds, by part.

    Nothing is said of one seed, of a part that some of the seeds share, nor of a training part unless it is drawn.
    """
    first, told = runs[0], dict[str, Evaluation]()
    if len(runs) == 1:
        return told
    is_drawn = len({id(run.samples) for run in runs}) == len(runs)
    for part, members in first.parts.items():
        distinct = 1 if part == "train" else len({_identity(run, part) for run in runs})
        facts: Evaluation = {"kind": "split", "samples": len(members), "train": len(first.parts["train"])}
        if is_drawn:
            told[part] = facts | {"kind": "drawn"}
        elif distinct == len(runs):
            told[part] = facts
        elif distinct == 1 and part != "train":
            told[part] = facts | {"kind": "fixed", "same": _digest(first.samples.targets[members])}
    return told


def is_fixed(run: Prepared, settings: AnyData, metric: str) -> bool:
    """Whether a metric, by its full name, is on a part that the settings make the same under every seed.

    It depends on no other seed, since workers make few of them ready.
    """
    part = metric.partition(".")[0]
    is_official = part == "test" and run.samples.official_test > 0
    return part in run.parts and part != "train" and (settings.seed is not None or is_official)


def _identity(run: Prepared, part: str) -> Hashable:
    """What is the same of two runs only where this part of their data is."""
    return id(run.samples), _digest(run.parts[part])


def _digest(array: np.ndarray) -> str:
    return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=8).hexdigest()
