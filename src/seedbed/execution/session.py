"""What one process does for a study: it trains every shard that nobody has trained yet, and stores all of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from seedbed.execution import history
from seedbed.execution.planned import FILE, Planned
from seedbed.execution.preparing import Preparing
from seedbed.execution.progress import GroupStart, Observer, events_of
from seedbed.execution.returned import check
from seedbed.execution.rounds import Rounds
from seedbed.execution.saving import Saving
from seedbed.execution.stops import Stops
from seedbed.execution.together import Together, View, group_of
from seedbed.files import to_json
from seedbed.results.evidence import stored_evidence
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Stopped
from seedbed.study.events import Events
from seedbed.study.model import Study
from seedbed.study.trainable import Finished, FinishedRun, Shard, TrainableError, Work
from seedbed.text import counted


class Session:
    """One process's work on a study.

    Parameters
    ----------
    study
        All variants, and the seeds as far as they are planned.
    resolved
        What `resolved.json` holds.
    planned
        What is trained; rounds and halves are added to it.
    rounds
        What decides whether there is another round; None where nothing does.
    preparing
        Makes a part of the study ready to train.
    told
        What `environment.json` holds.
    """

    def __init__(
        self,
        study: Study,
        store: Store,
        observer: Observer,
        resolved: Mapping[str, Any],
        planned: Planned,
        rounds: Rounds | None,
        preparing: Preparing,
        told: Mapping[str, Any],
    ) -> None:
        self.study, self.store, self.observer = study, store, observer
        self.resolved, self.planned, self.rounds = resolved, planned, rounds
        self._preparing, self._told = preparing, told
        self._stops = Stops()
        self._settings = {variant.name: variant.settings for variant in study.variants}

    def run(self) -> None:
        """Train what is left; what is finished is stored before the next shard begins."""
        with self._stops:
            is_whole = self._train_rounds()
            status = "complete" if is_whole else "interrupted"
            self.store.join_groups(list(self._settings))
            if is_whole and not self.study.vary_seeds:
                history.peek(
                    self.store, {**self.resolved, "seeds": self.planned.seeds}, self.planned.looked_at
                )
            self.write_environment(status)
            self.store.finish(status)

    def _train_rounds(self) -> bool:
        """Train round after round, with a look after each where something is to be decided; whether all are done."""
        index = 0
        while index < len(self.planned.rounds):
            self._announce(index)
            if not self._train_round(index):
                return False
            index += 1
            if self.rounds and index == len(self.planned.rounds):
                self._plan_next(self.rounds)
        return True

    def _plan_next(self, rounds: Rounds) -> None:
        """Look at the results, and plan another round where the rule asks for one."""
        last = self.planned.rounds[-1]
        numbers = {shard.number for shard in last.shards}
        seconds = sum(event["seconds"] for event in self.store.groups if event["group"] in numbers)
        left = rounds.seconds_left(self.store.elapsed)
        following = rounds.look(self.store, self.observer, seconds / last.runs, left)
        if following:
            self.planned.add(following, self._preparing(following).shards)
            self.store.write_json(FILE, self.planned.to_plain())

    def _announce(self, index: int) -> None:
        """Record which runs a round adds, and which seeds there are with it; once, whatever process begins it."""
        one = self.planned.rounds[index]
        if self.store.happened("round") > index:
            return
        self.store.write_json("resolved.json", {**self.resolved, "seeds": one.seeds.stop})
        seeds = [one.seeds.start, one.seeds.stop]
        facts = {"round": index + 1, "seeds": seeds, "variants": list(one.variants), "runs": one.runs}
        self.store.journal({"event": "round", **facts})
        if self.rounds or index:
            what = counted(len(one.variants), "variant")
            self.observer.message(f"round {index + 1}: seeds {seeds[0] + 1} to {seeds[1]} of {what}")

    # --- training ---------------------------------------------------------------------------------------

    def _train_round(self, index: int) -> bool:
        """Train the shards of a round that are not finished; whether all are now."""
        finished = {event["group"] for event in self.store.groups}
        left = [shard for shard in self.planned.rounds[index].shards if shard.number not in finished]
        if not left:
            return True
        if self._stops.asked:
            return False
        work = self._preparing.warm(self.planned.rounds[index].of(self.study))
        try:
            if work.at_once is None:
                return self._one_by_one(work, index, left)
            return self._together(work, index, left, work.at_once)
        finally:
            work.close()

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

    def _together(self, work: Work, index: int, left: list[Shard], at_once: int) -> bool:
        group = group_of(left, at_once)
        view = View(self.observer, group.runs, self.study.metric, self.study.direction)
        savings: dict[int, Saving] = {}

        def train(shard: Shard, events: Events) -> Finished:
            savings[shard.number] = saving = self._saving(shard)
            return work.train(shard, events, saving)

        self.observer.group_started(group)
        together = Together(at_once, train, view, left)
        with closing(together.outcomes(lambda: self._stops.asked)) as outcomes:
            try:
                for shard, outcome in outcomes:
                    if isinstance(outcome.exception(), MemoryError):
                        together.again(self._halved(index, shard))
                        continue
                    finished = outcome.result()
                    check(finished, shard)
                    self._write(shard, finished, savings.pop(shard.number).seconds / at_once)
                    view.finished(shard, finished)
            except BaseException:
                self._stops.ask()  # of the others, which are waited for
                raise
            finally:
                self.observer.group_finished()
        finished_shards = {event["group"] for event in self.store.groups}
        return all(shard.number in finished_shards for shard in self.planned.rounds[index].shards)

    def _halved(self, index: int, shard: Shard) -> tuple[Shard, Shard]:
        """Two shards for one that did not fit into memory; recorded, so that no process tries it again."""
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
        halves = self.planned.halve(index, shard.number)
        self.store.write_json(FILE, self.planned.to_plain())
        self.store.drop_checkpoint(shard.number)
        return halves

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
        check(finished, shard)
        self._write(shard, finished, saving.seconds)
        return True

    def _saving(self, shard: Shard) -> Saving:
        """What saves the training of a shard that is about to begin."""
        self._preparing.check_code()
        saving = Saving(self.store, shard.number, self._stops)
        if saving.damage:
            self.observer.message(f"this group begins again: {saving.damage}")
        return saving

    # --- writing ----------------------------------------------------------------------------------------

    def _write(self, shard: Shard, finished: Finished, seconds: float) -> None:
        rows = [self._row(shard.number, one) for one in finished.runs]
        tables = {**finished.tables, **stored_evidence(finished.evidence)}
        facts = {"runs": len(shard.runs), "seconds": seconds, **shard.facts}
        self.store.add_group(shard.number, rows, tables, finished.models, **facts)

    def _row(self, number: int, finished: FinishedRun) -> dict[str, Any]:
        """A run as a row of the stored table."""
        facts = {name: value for name, value in vars(finished).items() if name not in ("metrics", "columns")}
        settings = self._settings[finished.variant].items()
        return {
            **facts,
            "group": number,
            **finished.columns,
            **{f"setting:{key}": to_json(value) for key, value in settings},
            **finished.metrics,
        }

    def write_environment(self, status: str | None) -> None:
        """Store on what the study is computed, how long it has taken, and how it ended; None while it runs."""
        train = sum(event["seconds"] for event in self.store.groups)
        self.store.write_json(
            "environment.json",
            {
                **self._told,
                "seconds": {"total": self.store.elapsed, "train": train},
                "seeds": self.planned.seeds,
                "status": status,
            },
        )
