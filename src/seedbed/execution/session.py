"""What one process does for a study: it trains every shard that nobody has trained yet, and stores all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedbed.execution import history
from seedbed.execution.executors.base import Pool
from seedbed.execution.nodes import nodes_of, used
from seedbed.execution.planned import Planned
from seedbed.execution.preparing import Preparing
from seedbed.execution.progress import Observer
from seedbed.execution.rounds import Rounds
from seedbed.execution.stops import Stops
from seedbed.execution.trainer import Trainer
from seedbed.store.writer import Store
from seedbed.study.model import Study
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
    pool
        The workers that train; None where this process does.
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
        pool: Pool | None,
    ) -> None:
        self.study, self.store, self.observer = study, store, observer
        self.resolved, self.planned, self.rounds = resolved, planned, rounds
        self._preparing, self._told = preparing, told
        self._stops, self._elsewhere = Stops(), pool is not None
        self._trainer = Trainer(study, store, observer, planned, preparing, self._stops, pool)

    def run(self) -> None:
        """Train what is left; what is finished is stored before the next shard begins."""
        with self._stops:
            is_whole = self._train_rounds()
            status = "complete" if is_whole else "interrupted"
            self.store.join_groups([variant.name for variant in self.study.variants])
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
            if not self._trainer.train(index):
                return False
            index += 1
            if self.rounds and index == len(self.planned.rounds):
                self._plan_next(self.rounds)
        return True

    def _plan_next(self, rounds: Rounds) -> None:
        """Look at the results, and plan another round where the rule asks for one."""
        last = self.planned.rounds[-1]
        seconds = sum(event["seconds"] for event in self.store.groups if event["group"] in last.shards)
        left = rounds.seconds_left(self.store.elapsed)
        following = rounds.look(self.store, self.observer, seconds / last.runs, left)
        if following:
            self.planned.add(following, self._preparing(following).shards)
            self.planned.write(self.store)

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

    def write_environment(self, status: str | None) -> None:
        """Store on what the study is computed, how long it has taken, and how it ended; None while it runs."""
        train = sum(event["seconds"] for event in self.store.groups)
        nodes = nodes_of(self.store.groups)
        self.store.write_json(
            "environment.json",
            {
                **self._told,
                "nodes": nodes,
                **(used(nodes) if self._elsewhere else {}),
                "seconds": {"total": self.store.elapsed, "train": train},
                "seeds": self.planned.seeds,
                "status": status,
            },
        )
