"""When the training of a shard is saved, and what was saved of it before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from seedbed.execution.stops import Stops
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Checkpoints, State, Stopped

WORK = "work"  # the folder of files that runs keep, which nothing here reads
EVERY = 30.0  # seconds between checkpoints
AT_END = 1.0  # seconds of training that are worth saving before they are evaluated
SHARE = 0.02  # of the time that saving may take


class Saving(Checkpoints):
    """The checkpoints of one shard, in the store.

    Parameters
    ----------
    is_abandoned
        Says whether another has trained the shard meanwhile; nothing of it is stored then.

    Attributes
    ----------
    damage
        What is wrong with the checkpoint that an earlier process left, for which the shard begins again; None where
        nothing is.
    facts
        What is to be said of where the shard was trained.
    has_kept
        Whether a state of it was stored.
    held
        Bytes that are counted for what it left, until that is stored; see `executors.room`.
    """

    def __init__(
        self, store: Store, number: int, stops: Stops, is_abandoned: Callable[[], bool] = lambda: False
    ) -> None:
        self._store, self._number, self._stops = store, number, stops
        self._is_abandoned = is_abandoned
        self.directory = store.directory / WORK
        self._began = self._last = time.monotonic()
        self._ended: float | None = None
        self._cost = self._before = 0.0  # seconds: of saving once, and of earlier processes
        self.damage: str | None = None
        self.facts: dict[str, Any] = {}
        self.held = 0
        self.has_kept = False
        try:
            if saved := store.checkpoint(number):
                arrays, facts = saved
                self.resume_from = State(arrays, facts["shard"])
                self._before = facts["seconds"]
        except (StoreError, KeyError, TypeError) as error:
            self.damage = f"{error}"

    @property
    def seconds(self) -> float:
        """How long the shard has trained, also in earlier processes as far as was saved."""
        return self._before + (self._ended or time.monotonic()) - self._began

    def end(self) -> None:
        """Count no further time: the shard is trained, and waits to be stored."""
        self._ended = time.monotonic()

    def due(self, at_end: bool = False) -> bool:
        """See `Checkpoints.due`."""
        wait = max(AT_END if at_end else EVERY, self._cost / SHARE)
        return self.is_asked_to_end or time.monotonic() - self._last >= wait

    @property
    def is_asked_to_end(self) -> bool:
        """Whether the shard is to end: the study is, or another has trained it."""
        return self._stops.asked or self._is_abandoned()

    def save(self, state: State) -> None:
        """See `Checkpoints.save`."""
        self.keep(state)
        if self.is_asked_to_end:
            raise Stopped

    def keep(self, state: State) -> None:
        """Store a state, whatever is to come."""
        if self._is_abandoned():
            return
        started = time.monotonic()
        self._store.save_checkpoint(
            self._number, state.arrays, {"shard": state.facts, "seconds": self.seconds}
        )
        self.has_kept = True
        self._last = time.monotonic()
        self._cost = self._last - started
