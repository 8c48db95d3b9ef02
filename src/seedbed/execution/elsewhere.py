"""Shards that workers train: what each is given, and what is done with what it says."""

from __future__ import annotations

from pathlib import Path

import cloudpickle

from seedbed.execution import saving
from seedbed.execution.executors.assignment import Assignment, Ended, Message, Round, Saved, Told
from seedbed.execution.executors.base import Pool
from seedbed.execution.planned import Planned
from seedbed.execution.planned import Round as PlannedRound
from seedbed.execution.record import STUDY
from seedbed.execution.saving import Saving
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Stopped
from seedbed.study.code import Snapshot
from seedbed.study.events import Events
from seedbed.study.model import Study
from seedbed.study.rerun import stored_text
from seedbed.study.trainable import Finished, Shard, Work


class Elsewhere:
    """Has the shards of a round trained by the workers of an executor.

    Attributes
    ----------
    slots
        How many shards are trained side by side.
    label
        Where, in a few words.
    repeats
        Whether two workers may train the same shard.
    """

    def __init__(
        self,
        pool: Pool,
        study: Study,
        store: Store,
        planned: Planned,
        part: PlannedRound,
        work: Work,
        code: Snapshot | None,
    ) -> None:
        self._pool = pool
        self.repeats = not work.keeps_files
        self.slots, self.label = pool.executor.slots, pool.executor.label
        self._round = Round(
            text=stored_text(study, store.directory),
            path=store.directory / STUDY,
            trainable=cloudpickle.dumps(study.trainable),
            variants=part.variants,
            seeds=(part.seeds.start, part.seeds.stop),
            compute=planned.compute,
            data_dir=Path(planned.data_dir) if planned.data_dir else None,
            checksums=dict(work.environment.get("data") or {}),
            code=code.files if code and not code.code.is_given else None,
            save_every=saving.EVERY,
        )

    def train(self, shard: Shard, events: Events, saving: Saving) -> Finished:
        """Train a shard; see `study.trainable.Work.train`.

        Raises
        ------
        WorkerLost
            Where its worker ended first.
        """

        def heard(message: Message) -> None:
            match message:
                case Told(event):
                    events(event)
                case Saved(state):
                    saving.keep(state)

        assignment = Assignment(shard, self._round, saving.resume_from, saving.directory)
        last = self._pool.train(assignment, heard, lambda: saving.is_asked_to_end)
        if isinstance(last, Ended):
            raise last.error or Stopped
        saving.facts, saving.held = last.facts, last.held
        return last.finished

    def stored(self, saving: Saving) -> None:
        """What a shard left is stored, or nobody wants it: there is room for more."""
        self._pool.room.give(saving.held)
