"""Which trained networks of a stored study predict: those of the best variant, or of a named one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seedbed.results.fitting import check_fit
from seedbed.results.result import Result
from seedbed.results.statuses import BROKEN
from seedbed.store.models import Trained, TrainedError, models_file
from seedbed.store.schema import StoreError
from seedbed.study.suggestions import instead_of
from seedbed.text import counted

TRAINED, INTERRUPTED, DIVERGED, UNTRAINED = "trained", "interrupted", "diverged", "untrained"


@dataclass(frozen=True)
class Networks:
    """The networks of one variant that can predict.

    Attributes
    ----------
    trained
        All networks of the variant.
    states
        The state of each, in their order: "trained", "interrupted" (trained in part), "diverged", "untrained".
    better
        Variants that rank higher and have no trained networks.
    code
        Where classes of modules are imported from; None where there are none.
    """

    trained: Trained
    states: tuple[str, ...]
    better: tuple[str, ...] = ()
    code: Path | None = None

    @property
    def indices(self) -> np.ndarray:
        """The indices of those that predict: the trained ones or, where there are none, those trained in part."""
        wanted = TRAINED if TRAINED in self.states else INTERRUPTED
        return np.flatnonzero(np.array(self.states) == wanted)

    def networks(self) -> Iterator[Trained]:
        """Those that predict, one by one."""
        for index in self.indices:
            yield self.trained.only(int(index))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of those that predict."""
        return tuple(self.trained.seeds[index] for index in self.indices)

    @property
    def left_out(self) -> tuple[int, ...]:
        """The seeds of those that do not."""
        return tuple(seed for seed in self.trained.seeds if seed not in self.seeds)

    @property
    def summary(self) -> str:
        """Which networks predict, and which are left out, in one line."""
        used = {self.states[index] for index in self.indices}
        parts = [f"variant {self.trained.variant!r}, {counted(len(self.seeds), 'seed')}"]
        if used == {INTERRUPTED}:
            parts.append("trained in part, since the study was interrupted")
        for state, count in Counter(state for state in self.states if state not in used).items():
            parts.append(f"left out {count} that {'diverged' if state == DIVERGED else f'were {state}'}")
        if self.better:
            parts.append(f"{', '.join(map(repr, self.better))} ranks higher but has no trained networks")
        return "; ".join(parts)


def choose(result: Result, variant: str | None = None, code: Path | None = None) -> Networks:
    """The networks of a variant; unless named, of the first of the study's ranking that has trained ones.

    Parameters
    ----------
    code
        See `Networks`.

    Raises
    ------
    StoreError, TrainedError
        Where there is no such variant, or no network that was trained and did not diverge.
    """
    if not result.runs.num_rows:
        raise StoreError(f"{result.directory} has no runs: the study ended before a run was stored")
    if variant is None:
        return _best(result, code)
    if variant not in result.variants:
        raise StoreError(
            f"no variant {variant!r} in {result.directory}; {instead_of(variant, result.variants)}"
        )
    networks = _networks(result, variant, code)
    if isinstance(networks, str):
        raise StoreError(f"{result.directory}: variant {variant!r} cannot predict: {networks}; name another")
    return networks


def _best(result: Result, code: Path | None) -> Networks:
    without: dict[str, str] = {}
    for name in result.ranking:
        networks = _networks(result, name, code)
        if not isinstance(networks, str):
            return replace(networks, better=tuple(without))
        without[name] = networks
    reasons = "; ".join(f"{name!r}: {reason}" for name, reason in list(without.items())[:3])
    raise StoreError(
        f"{result.directory} has no trained networks ({reasons}{'; ...' if len(without) > 3 else ''}); "
        "run the study again"
    )


def _networks(result: Result, variant: str, code: Path | None) -> Networks | str:
    """The networks of a variant, or why none can predict."""
    runs = _runs(result, variant)
    trained, path = result.trained(variant), result.directory / models_file(variant)
    if trained is None:
        if len(runs) == len(result.seeds):
            raise TrainedError(
                f"{result.directory / models_file(variant)} is missing; restore it, or run the study again"
            )
        return f"{len(runs)} of its {counted(len(result.seeds), 'run')} ended"
    check_fit(trained, path, code)
    if trained.variant != variant or not set(trained.seeds) <= set(result.seeds):
        raise TrainedError(
            f"{path} holds networks of other runs, variant {trained.variant!r}; run the study again"
        )
    finite = _are_finite(trained)
    states = tuple(
        _state(*runs.get(seed, ("complete", None)), sound=bool(sound))
        for seed, sound in zip(trained.seeds, finite, strict=True)
    )
    networks = Networks(trained, states, code=code)
    if len(networks.indices):
        return networks
    if UNTRAINED in states:
        return "its runs were interrupted before their first step"
    return "all its runs diverged"


def _state(status: str, steps: int | None, sound: bool) -> str:
    if status in BROKEN or not sound:
        return DIVERGED
    if status == "interrupted":
        return INTERRUPTED if steps else UNTRAINED
    return TRAINED


def _runs(result: Result, variant: str) -> dict[int, tuple[str, int | None]]:
    """Seed -> status and steps."""
    columns = (result.runs[name].to_pylist() for name in ("variant", "seed", "status", "steps"))
    return {
        seed: (status, steps) for name, seed, status, steps in zip(*columns, strict=True) if name == variant
    }


def _are_finite(trained: Trained) -> np.ndarray:
    """(runs,) bool: whether all numbers of a network, and of what it sees its inputs through, are finite."""
    values = [
        *trained.parameters.values(),
        *trained.state.values(),
        trained.center,
        trained.scale,
        trained.fill,
    ]
    sound = np.ones(len(trained.seeds), bool)
    for value in values:
        if value is not None:  # of all runs, or one for all
            sound &= np.isfinite(value.reshape(len(value), -1)).all(axis=1)
    return sound
