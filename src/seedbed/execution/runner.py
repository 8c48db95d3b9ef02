"""A whole study: plan it, have every shard trained, and store all of it."""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from seedbed.analysis import findings
from seedbed.analysis.evidence import Evidence
from seedbed.execution import environment, history
from seedbed.execution.progress import GroupStart, Observer, events_of, watched
from seedbed.execution.returned import check
from seedbed.execution.rounds import Rounds, Until
from seedbed.files import to_json
from seedbed.plan.plan import plan
from seedbed.store.schema import runs_root
from seedbed.store.writer import Store
from seedbed.study import labs
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.model import Study
from seedbed.study.rerun import stored_text
from seedbed.study.trainable import Compute, Finished, FinishedRun, Shard, Work
from seedbed.text import counted


def run(
    study: Study,
    compute: Compute | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
    until: Until | None = None,
) -> Path:
    """Train every variant under every seed and store all of it; returns the directory.

    Parameters
    ----------
    compute
        How, as far as the study's trainable leaves a choice.
    data_dir
        Where data is looked for first.
    runs_dir
        Where studies are kept; by default $SEEDBED_RUNS, or ./runs.
    progress
        Whether to show how it goes; by default on a terminal and in a notebook.
    observer
        Told how it goes instead; see `progress.Observer`.
    until
        Adds seeds in rounds until the study's claims are decided, instead of training those that it names.

    Raises
    ------
    StudyError, DataError, EngineError, StoreError
        Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
    TrainableError
        Where results cannot be stored; what was stored before is kept, and the study has failed.
    """

    def prepared(part: Study) -> Work:
        return plan(part, Path(data_dir) if data_dir else None).work.on(compute or Compute())

    rounds = Rounds(study, until) if until else None
    study = rounds.first if rounds else study
    work = prepared(study)
    root = runs_root(runs_dir)
    Store.parent(root, study.name)  # a wrong one is told before anything is compiled
    work.warm_up()
    resolved = _resolved(study, work) | ({"until": rounds.plan} if rounds else {})
    fingerprint = hashlib.sha256(to_json(resolved).encode()).hexdigest()
    with Store.create(root, study.name, fingerprint) as store:
        _write_study(store, study)
        if study.own_data:
            store.write_copy(study.own_data.file)
        store.write_json("resolved.json", resolved)
        notes = (resolved.get("data") or {}).get("notes", [])
        with watched(progress) if observer is None else nullcontext(observer) as watching:
            beforehand = rounds.beforehand if rounds else study.beforehand
            for line in (*(f"! {note}" for note in notes), *beforehand):
                watching.message(line)
            history.seal(store, resolved, watching)
            return _Execution(study, work, store, watching, resolved).run(rounds, prepared)


def _write_study(store: Store, study: Study) -> None:
    """Store what runs again from the store, and beside it what was given, where that is not the same."""
    text = stored_text(study)
    store.write_text("study.toml", text)
    if text != study.text:
        store.write_text("given.toml", study.text)


def _resolved(study: Study, work: Work) -> dict[str, Any]:
    """The study with every default filled in."""
    optional = {name: getattr(study, name) for name in ("scale", "matters", "fails_above", "fails_below")}
    asked = {name: value for name, value in optional.items() if value is not None}
    metrics = {"metrics": dict(study.trainable.metrics)} if study.trainable.metrics else {}
    return {
        "study": study.name,
        "description": study.description,
        "metric": study.metric,
        "direction": study.direction,
        **asked,
        **metrics,
        "seeds": study.seeds,
        "study_seed": study.seed,
        **_crossed(study),
        "variants": [
            {
                "name": variant.name,
                "settings": variant.settings,
                "recipe": variant.configuration.model_dump(),
                "published": variant.published,
                **work.facts_of(variant.name),
            }
            for variant in study.variants
        ],
        "hypotheses": [hypothesis.model_dump(exclude_none=True) for hypothesis in study.hypotheses],
        **work.facts,
    }


def _crossed(study: Study) -> dict[str, Any]:
    """Of a study that crosses its seeds, the seed of each source in every run."""
    if not study.vary_seeds:
        return {}
    runs = [study.levels(seed) for seed in range(study.seeds)]
    return {"levels": {source: [levels[source] for levels in runs] for source in study.vary_seeds}}


class _Execution:
    """One execution of a study: what it has gathered so far, and the writing of it."""

    def __init__(
        self, study: Study, work: Work, store: Store, observer: Observer, resolved: dict[str, Any]
    ) -> None:
        self.study, self.work, self.store, self.observer = study, work, store, observer
        self.resolved = resolved
        self.started = time.time()
        self.train_seconds = 0.0
        self.groups = 0  # of the rounds before
        self.evidence: list[Evidence] = []
        self.settings = {variant.name: variant.settings for variant in study.variants}

    def run(self, rounds: Rounds | None, prepared: Callable[[Study], Work]) -> Path:
        """Have shard after shard trained; what is finished is stored before the next begins. Returns the directory."""
        self._write_environment(None)
        self.store.journal({"event": "started", "runs": self._runs})
        is_whole = self._in_rounds(rounds, prepared) if rounds else self._train_all()
        status = "complete" if is_whole else "interrupted"
        self.store.join_groups(list(self.settings))
        if is_whole and not self.study.vary_seeds:
            history.peek(self.store, {**self.resolved, "seeds": self.study.seeds})
        for finding in findings.find(self.evidence):
            self.store.journal({"event": "finding", **vars(finding)})
        self._write_environment(status)
        self.store.finish(status)
        return self.store.directory

    def _in_rounds(self, rounds: Rounds, prepared: Callable[[Study], Work]) -> bool:
        """Round after round, with a look after each; whether none was interrupted."""
        try:
            while True:
                self._announce(rounds)
                began = time.perf_counter()
                if not self._train_all():
                    return False
                seconds = time.perf_counter() - began
                left = rounds.seconds_left(time.time() - self.started)
                following = rounds.look(self.store, self.observer, seconds / self._runs, left)
                if following is None:
                    return True
                self.groups += len(self.work.shards)
                self.study, self.work = following, prepared(following)
                self.work.warm_up()
        except KeyboardInterrupt:  # between shards, where nothing is half written
            return False

    def _announce(self, rounds: Rounds) -> None:
        """Record which runs a round adds, and which seeds there are with it."""
        self.store.write_json("resolved.json", {**self.resolved, "seeds": self.study.seeds})
        names = [variant.name for variant in self.study.variants]
        seeds = [self.study.first_seed, self.study.seeds]
        facts = {"round": rounds.number, "seeds": seeds, "variants": names, "runs": self._runs}
        self.store.journal({"event": "round", **facts})
        count = counted(len(names), "variant")
        self.observer.message(f"round {rounds.number}: seeds {seeds[0] + 1} to {seeds[1]} of {count}")

    @property
    def _runs(self) -> int:
        return sum(len(shard.runs) for shard in self.work.shards)

    def _train_all(self) -> bool:
        """Train every shard; whether none was interrupted."""
        return not any(self._train(shard).interrupted for shard in self.work.shards)

    def _train(self, shard: Shard) -> Finished:
        start = GroupStart(shard.number, len(self.work.shards), len(shard.runs), shard.epochs, shard.label)
        self.observer.group_started(start)
        began = time.perf_counter()
        finished = self.work.train(shard, events_of(self.observer), Checkpoints())
        seconds = time.perf_counter() - began
        self.train_seconds += seconds
        check(finished, shard)
        self._write(shard, finished, seconds)
        self.observer.group_finished()
        return finished

    def _number(self, shard: Shard) -> int:
        """Its number among the shards of all rounds."""
        return self.groups + shard.number

    # --- writing ----------------------------------------------------------------------------------------

    def _write(self, shard: Shard, finished: Finished, seconds: float) -> None:
        """Store what a shard adds."""
        number = self._number(shard)
        rows = [self._row(number, one) for one in finished.runs]
        facts = {"runs": len(shard.runs), "seconds": seconds, **shard.facts}
        self.store.add_group(number, rows, finished.tables, finished.models, **facts)
        self.evidence += finished.evidence

    def _row(self, number: int, finished: FinishedRun) -> dict[str, Any]:
        """A run as a row of the stored table."""
        facts = {name: value for name, value in vars(finished).items() if name not in ("metrics", "columns")}
        settings = self.settings[finished.variant].items()
        return {
            **facts,
            "group": number,
            **finished.columns,
            **{f"setting:{key}": to_json(value) for key, value in settings},
            **finished.metrics,
        }

    def _command(self) -> str:
        """What runs a study again that was run from Python: its file, the lab, or what was stored of it."""
        given = self.study.origin
        known = given in labs.names() or Path(given).is_file()
        study = given if known else str(self.store.directory / "study.toml")
        until = self.resolved.get("until")
        rounds = ["--until", "decided", "--at-most", str(until["looks"][-1])] if until else []
        return shlex.join(["seedbed", "run", study, *rounds])

    def _write_environment(self, status: str | None) -> None:
        facts = environment.describe()
        again = facts["command"] or self._command()
        self.store.write_json(
            "environment.json",
            {
                **facts,
                "command": again,
                **self.work.environment,
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
                "seconds": {"total": time.time() - self.started, "train": self.train_seconds},
                "seeds": self.study.seeds,
                "status": status,
            },
        )
