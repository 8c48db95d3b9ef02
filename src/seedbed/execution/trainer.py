"""Trains the shards of a round that nobody has trained yet, here or elsewhere, and stores what each leaves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from seedbed.execution import nodes
from seedbed.execution.cutting import Cutting, between_variants
from seedbed.execution.executors.base import Pool, WorkerLost
from seedbed.execution.planned import Planned
from seedbed.execution.preparing import Preparing
from seedbed.execution.progress import GroupStart, Observer, events_of
from seedbed.execution.returned import Artefacts, check
from seedbed.execution.saving import Saving
from seedbed.execution.stops import Stops
from seedbed.execution.together import Attempt, Together, View, group_of
from seedbed.files import to_json
from seedbed.results.evidence import stored_evidence
from seedbed.store.groups import Group
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Stopped
from seedbed.study.events import Events
from seedbed.study.model import Study
from seedbed.study.trainable import Finished, FinishedRun, Shard, TrainableError, Work
from seedbed.text import counted

if TYPE_CHECKING:
    from seedbed.execution.elsewhere import Elsewhere

MOST_LOST = (
    3  # workers that may end one after another before they saved a shard, until that is taken for the cause
)

Train = Callable[[Shard, Events, Saving], Finished]


class Trainer:
    """Trains rounds of a study.

    Parameters
    ----------
    planned
        What is trained; shards that are cut are recorded in it.
    preparing
        Makes a round ready to train.
    pool
        The workers that train; None where this process does.
    """

    def __init__(
        self,
        study: Study,
        store: Store,
        observer: Observer,
        planned: Planned,
        preparing: Preparing,
        stops: Stops,
        pool: Pool | None,
    ) -> None:
        self.study, self.store, self.observer, self.planned = study, store, observer, planned
        self._preparing, self._stops, self._pool = preparing, stops, pool
        self._settings = {
            variant.name: {f"setting:{key}": to_json(value) for key, value in variant.settings.items()}
            for variant in study.variants
        }
        self._artefacts: Artefacts | None = None  # looks at what is stored
        self._lost: Counter[int] = Counter()

    def train(self, index: int) -> bool:
        """Train the shards of a round that are not finished; whether all are now."""
        left = self._left(index)
        if not left:
            return True
        if self._stops.asked:
            return False
        part = self.planned.rounds[index]
        if self._pool:
            from seedbed.execution.elsewhere import Elsewhere  # which sends files of data

            work = self._preparing(part.of(self.study))
            elsewhere = Elsewhere(
                self._pool, self.study, self.store, self.planned, part, work, self._preparing.code
            )
            cutting = Cutting(elsewhere.slots)
            return self._together(index, left, elsewhere.slots, elsewhere.train, elsewhere, cutting)
        with closing(self._preparing.warm(part.of(self.study))) as work:
            if work.at_once is None:
                return self._one_by_one(work, index, left)
            return self._together(index, left, work.at_once, work.train)

    def _left(self, index: int) -> list[Shard]:
        """The shards of a round that are not stored yet."""
        finished = {event["group"] for event in self.store.groups}
        return [shard for shard in self.planned.rounds[index].shards.values() if shard.number not in finished]

    # --- one after another --------------------------------------------------------------------------------

    def _one_by_one(self, work: Work, index: int, left: list[Shard]) -> bool:
        while left:
            shard = left.pop(0)
            try:
                if self._stops.asked or not self._train(work, shard):
                    return False
            except MemoryError:
                halves = self._halved(index, shard)
            else:
                continue
            left = [*halves, *left]  # out of the `except`, whose traceback holds what filled the memory
        return True

    def _train(self, work: Work, shard: Shard) -> bool:
        """Train a shard and store what it leaves; False where the study is to end before that."""
        count = sum(len(one.shards) for one in self.planned.rounds)
        start = GroupStart(len(self.store.groups), count, len(shard.runs), shard.epochs, shard.label)
        self.observer.group_started(start)
        saving = self._saving(shard)
        try:
            finished = work.train(shard, events_of(self.observer), saving)
        except Stopped:
            return False
        finally:
            self.observer.group_finished()
        self._store([self._group(shard, finished, saving.seconds)])
        return True

    # --- side by side -------------------------------------------------------------------------------------

    def _together(
        self,
        index: int,
        left: list[Shard],
        at_once: int,
        train: Train,
        elsewhere: Elsewhere | None = None,
        cutting: Cutting | None = None,
    ) -> bool:
        group = group_of(left, at_once, elsewhere.label if elsewhere else "")
        view = View(self.observer, group.runs, self.study.metric, self.study.direction)
        savings: dict[Attempt, Saving] = {}

        def trained(attempt: Attempt, events: Events) -> Finished:
            savings[attempt] = saving = self._saving(attempt.shard, lambda: attempt.is_abandoned)
            finished = train(attempt.shard, events, saving)
            saving.end()
            return finished

        def done(attempt: Attempt) -> None:
            saving = savings.pop(attempt, None)
            if elsewhere and saving:
                elsewhere.stored(saving)
            if attempt.is_abandoned:
                self.store.drop_checkpoint(attempt.shard.number)

        def cut(shard: Shard, waiting: int) -> Sequence[Shard]:
            size = between_variants(shard, cutting.size(shard, waiting)) if cutting else len(shard.runs)
            if size == len(shard.runs) or self.store.has_checkpoint(shard.number):
                return (shard,)
            return self._cut(index, shard, size)

        self.observer.group_started(group)
        repeats = bool(elsewhere and elsewhere.repeats)
        together = Together(at_once, trained, view, left, cut, repeats, done)
        outcomes = together.outcomes(lambda: self._stops.asked)
        with closing(outcomes), self._ending_all():
            for ended in outcomes:
                started, groups, trained_now = time.monotonic(), [], []
                try:
                    for attempt, outcome in ended:
                        shard, error = attempt.shard, outcome.exception()
                        if isinstance(error, MemoryError):
                            together.again(self._halved(index, shard))
                        elif isinstance(error, WorkerLost):
                            together.again([self._begun_again(shard, error, savings[attempt].has_kept)])
                        else:
                            finished, saving = outcome.result(), savings[attempt]
                            seconds = saving.seconds / at_once
                            groups.append(self._group(shard, finished, seconds, saving.facts))
                            trained_now.append((shard, finished, saving))
                finally:  # also where one of them failed
                    self._store(groups)
                for shard, finished, saving in trained_now:
                    view.finished(shard, finished)
                    if cutting:
                        cutting.measured(shard, saving.facts.get("own_seconds", saving.seconds))
                        cutting.stored((time.monotonic() - started) / len(groups))
        return not self._left(index)

    @contextmanager
    def _ending_all(self) -> Iterator[None]:
        """Whatever is raised ends all shards, which are waited for."""
        try:
            yield
        except BaseException:
            self._stops.ask()
            raise
        finally:
            self.observer.group_finished()

    def _begun_again(self, shard: Shard, error: WorkerLost, has_advanced: bool) -> Shard:
        """A shard whose worker ended, to be trained by another from where it was saved last."""
        self._lost[shard.number] = 1 if has_advanced else self._lost[shard.number] + 1
        if self._lost[shard.number] == MOST_LOST:
            run = shard.runs[0]
            raise TrainableError(
                f"{MOST_LOST} workers ended while they trained the {counted(len(shard.runs), 'run')} from variant "
                f'"{run.variant}", seed {run.seed} ({error}); what was finished is kept: '
                f"seedbed resume {self.store.directory} goes on"
            )
        self.observer.message(f"! {error}: {counted(len(shard.runs), 'run')} go on elsewhere")
        return shard

    # --- cutting ------------------------------------------------------------------------------------------

    def _halved(self, index: int, shard: Shard) -> tuple[Shard, Shard]:
        """Two shards for one that did not fit into memory."""
        if len(shard.runs) == 1:
            run = shard.runs[0]
            raise TrainableError(
                f'there is too little memory for one run (variant "{run.variant}", seed {run.seed}); what was '
                f"finished is kept: end other programs and go on with seedbed resume {self.store.directory}, or use a "
                "smaller model"
            )
        half = counted(-(-len(shard.runs) // 2), "run")
        self.observer.message(
            f"there is too little memory for {len(shard.runs)} runs at once: going on with {half}"
        )
        return self._cut(index, shard, len(shard.runs) // 2)

    def _cut(self, index: int, shard: Shard, first: int) -> tuple[Shard, Shard]:
        """Cut a shard in two; recorded, so that any process trains these."""
        *pieces, event = self.planned.cut(shard.number, first)
        self.store.journal(event)
        self.store.drop_checkpoint(shard.number)
        return pieces[0], pieces[1]

    # --- storing ------------------------------------------------------------------------------------------

    def _saving(self, shard: Shard, is_abandoned: Callable[[], bool] = lambda: False) -> Saving:
        """What saves the training of a shard that is about to begin."""
        self._preparing.check_code()
        saving = Saving(self.store, shard.number, self._stops, is_abandoned)
        if saving.damage:
            self.observer.message(f"this group begins again: {saving.damage}")
        return saving

    def _group(
        self, shard: Shard, finished: Finished, seconds: float, facts: dict[str, Any] | None = None
    ) -> Group:
        """What a shard leaves, held to what was asked and as it is stored."""
        check(finished, shard)
        rows = [self._row(shard.number, one) for one in finished.runs]
        self._artefacts = self._artefacts or Artefacts(self.store.directory)
        tables = self._artefacts.tables({**finished.tables, **stored_evidence(finished.evidence)})
        told = {"runs": len(shard.runs), "seconds": seconds, **shard.facts, **(facts or nodes.here())}
        return Group(shard.number, rows, tables, finished.models, told)

    def _store(self, groups: Sequence[Group]) -> None:
        if groups:
            self.store.add_groups(groups)
            self.store.join_full(list(self._settings))

    def _row(self, number: int, finished: FinishedRun) -> dict[str, Any]:
        """A run as a row of the stored table."""
        facts = {name: value for name, value in vars(finished).items() if name not in ("metrics", "columns")}
        return {
            **facts,
            "group": number,
            **finished.columns,
            **self._settings[finished.variant],
            **finished.metrics,
        }
