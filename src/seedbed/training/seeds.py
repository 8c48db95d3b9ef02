"""Which seed a run draws from, by what the draw is for: the only place that knows this."""

from __future__ import annotations

from collections.abc import Mapping

from seedbed.study.crossing import Source

SOURCE_OF: Mapping[str, Source] = {
    "samples": "split",
    "split": "split",
    "subset": "split",  # which samples of a part are evaluated
    "batches": "order",
    "augment": "order",
    "parameters": "init",
    "dropout": "init",
}


def seed_for(purpose: str, seed: int, levels: Mapping[Source, int]) -> int:
    """The seed of a purpose of `draws.PURPOSES` in the run of a seed.

    Parameters
    ----------
    levels
        Of the run; see `study.crossing.levels`.
    """
    return levels.get(SOURCE_OF[purpose], seed)
