"""Shards that workers train: what each is given, and what is done with what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import cloudpickle

from seedbed.execution import saving
from seedbed.execution.executors.assignment import (
    Assignment,
    Ended,
    FilesLacking,
    Message,
    Round,
    Saved,
    Told,
)
from seedbed.execution.executors.base import Pool
from seedbed.execution.planned import Planned
from seedbed.execution.planned import Round as PlannedRound
from seedbed.execution.record import STUDY
from seedbed.execution.saving import Saving
from seedbed.execution.sending import Sending
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Stopped
from seedbed.study.code import Snapshot
from seedbed.study.events import Events
from seedbed.study.events import Message as Event
from seedbed.study.model import Study
from seedbed.study.rerun import stored_text
from seedbed.study.trainable import Finished, Shard, Work
from seedbed.text import counted


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
        # Arrays of a study that a program made lie beside the stored one.
        directory = store.directory.absolute() if study.own_data else study.directory
        self._sending, self._lock = Sending(work, code, directory), Lock()
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
            directory=directory,
            needs=self._sending.needs,
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

        while True:
            assignment = Assignment(shard, self._round, saving.resume_from, saving.directory)
            last = self._pool.train(assignment, heard, lambda: saving.is_asked_to_end)
            if not isinstance(last, Ended):
                break
            if not isinstance(last.error, FilesLacking):
                raise last.error or Stopped
            if sent := self._send(last.error.args):
                events(Event(f"a node lacks {counted(sent, 'file')} of the study, which are sent there"))
        saving.facts, saving.held = last.facts, last.held
        return last.finished

    def _send(self, checksums: Sequence[str]) -> int:
        """Have files sent with the round from now on; how many were not yet."""
        with self._lock:
            new = [one for one in checksums if one not in self._round.contents]
            content = self._sending.content(new, self._pool.executor.put)
            self._round = replace(self._round, contents={**self._round.contents, **content})
        return len(new)

    def stored(self, saving: Saving) -> None:
        """What a shard left is stored, or nobody wants it: there is room for more."""
        self._pool.room.give(saving.held)
