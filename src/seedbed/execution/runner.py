"""A whole study: run it, or go on with one that another process began."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seedbed.execution import environment, history
from seedbed.execution.planned import FILE, Planned
from seedbed.execution.progress import Observer, watched
from seedbed.execution.rounds import Rounds, Until
from seedbed.execution.session import Session
from seedbed.files import to_json
from seedbed.plan.plan import plan
from seedbed.store.contents import Contents
from seedbed.store.schema import StoreError, damaged, runs_root
from seedbed.store.writer import Store
from seedbed.study import labs
from seedbed.study.model import Study
from seedbed.study.problems import Problem, StudyError
from seedbed.study.rerun import stored_text
from seedbed.study.trainable import Compute, Trainable, Work

STUDY, GIVEN, RESOLVED, ENVIRONMENT = "study.toml", "given.toml", "resolved.json", "environment.json"


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
    planned = Planned(compute or Compute(), str(Path(data_dir).absolute()) if data_dir else None, until)
    rounds = Rounds(study, until) if until else None
    first = rounds.first if rounds else study
    preparing = _Preparing(planned)
    work = preparing(first)
    root = runs_root(runs_dir)
    Store.parent(root, study.name)  # a wrong one is told before anything is compiled
    work.warm_up()
    resolved = _resolved(first, work) | ({"until": rounds.plan} if rounds else {})
    planned.add(first, work.shards)
    with Store.create(root, study.name, _fingerprint(resolved)) as store:
        _write_study(store, study)
        store.write_json(RESOLVED, resolved)
        store.write_json(FILE, planned.to_plain())
        with _watching(progress, observer) as watching:
            notes = (resolved.get("data") or {}).get("notes", [])
            beforehand = rounds.beforehand if rounds else study.beforehand
            for line in (*(f"! {note}" for note in notes), *beforehand):
                watching.message(line)
            history.seal(store, resolved, watching)
            told = _environment(study, store, work, rounds)
            Session(study, store, watching, resolved, planned, rounds, preparing, told).run()
    return store.directory


def resume(
    directory: Path,
    trainable: Trainable,
    *,
    seeds: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
) -> None:
    """Go on with a study that was interrupted, killed or failed, as if it never had been.

    Parameters
    ----------
    trainable
        What trains its runs: of the kind that began it.
    seeds
        How many seeds it is to have; nothing that was trained is trained again.
    data_dir
        Where data is looked for first; by default where whoever began it looked.

    Raises
    ------
    StudyError, DataError, EngineError, StoreError
        Where it cannot be gone on with: another process writes it, it is damaged, or what it was begun with is gone.
    """
    if seeds is None and Contents(directory).status == "complete":
        return
    Store.check(directory)
    contents = Contents(directory)
    study, planned = _read_study(contents, trainable), _read_plan(contents)
    resolved, told = contents.json(RESOLVED), contents.json(ENVIRONMENT)
    _check_same(study, planned, resolved, told, directory)
    if data_dir:
        planned.data_dir = str(Path(data_dir).absolute())
    preparing = _Preparing(planned, told.get("data") or {})
    if seeds is not None:
        _extend(study, planned, seeds, preparing)
    rounds = Rounds(study, planned.until) if planned.until else None
    if rounds:
        rounds.restore(contents.journal.of_kind("look"), len(planned.rounds))
    if not rounds and study.seeds != planned.seeds:  # also where a process ended before it could say so
        study, seeds = study.override(seeds=planned.seeds), planned.seeds
    changes = environment.changes(told)
    with Store.open(directory, contents.journal) as store, _watching(progress, observer) as watching:
        if seeds is not None:
            store.write_json(FILE, planned.to_plain())
            _write_study(store, study)
        for line in changes:
            watching.message(f"! {line} since the study was begun: results may differ by rounding")
        store.journal({"event": "resumed", "changes": changes})
        Session(study, store, watching, resolved, planned, rounds, preparing, told).run()


class _Preparing:
    """Makes a part of a study ready to train, once for each part.

    Parameters
    ----------
    data
        The checksums of the files that the study was begun with, by name.
    """

    def __init__(self, planned: Planned, data: Mapping[str, str] = MappingProxyType({})) -> None:
        self._planned, self._data = planned, data
        self._last: tuple[Any, Work] | None = None

    def __call__(self, part: Study) -> Work:
        names = [variant.name for variant in part.variants]
        asked = names, part.to_train
        if self._last is None or self._last[0] != asked:
            data_dir = self._planned.data_dir
            work = plan(part, Path(data_dir) if data_dir else None).work
            for name, checksum in (work.environment.get("data") or {}).items():
                if self._data.get(name, checksum) != checksum:
                    raise StoreError(
                        f"{name} has changed since the study was begun; put the old file back, or run the study again"
                    )
            self._last = asked, work.on(self._planned.compute)
        return self._last[1]


def _watching(progress: bool | None, observer: Observer | None) -> AbstractContextManager[Observer]:
    return watched(progress) if observer is None else nullcontext(observer)


def _fingerprint(resolved: Mapping[str, Any]) -> str:
    return hashlib.sha256(to_json(resolved).encode()).hexdigest()


# --- what is stored of a study --------------------------------------------------------------------------


def _write_study(store: Store, study: Study) -> None:
    """Store what runs again from the store, and beside it what was given first, where that is not the same."""
    text = stored_text(study, store.directory)
    if text != study.text and not (store.directory / GIVEN).exists():
        store.write_text(GIVEN, study.text)
    store.write_text(STUDY, text)
    if study.own_data:
        store.write_copy(study.own_data.file)


def _resolved(study: Study, work: Work) -> dict[str, Any]:
    """The study with every default filled in, and what its trainable says of it."""
    asked = _asked(study)
    for variant in asked["variants"]:
        variant |= work.facts_of(variant["name"])
    return {**asked, **work.facts}


def _asked(study: Study) -> dict[str, Any]:
    """The study with every default filled in."""
    optional = {name: getattr(study, name) for name in ("scale", "matters", "fails_above", "fails_below")}
    metrics = {"metrics": dict(study.trainable.metrics)} if study.trainable.metrics else {}
    return {
        "study": study.name,
        "description": study.description,
        "metric": study.metric,
        "direction": study.direction,
        **{name: value for name, value in optional.items() if value is not None},
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
            }
            for variant in study.variants
        ],
        "hypotheses": [hypothesis.model_dump(exclude_none=True) for hypothesis in study.hypotheses],
    }


def _crossed(study: Study) -> dict[str, Any]:
    """Of a study that crosses its seeds, the seed of each source in every run."""
    if not study.vary_seeds:
        return {}
    runs = [study.levels(seed) for seed in range(study.seeds)]
    return {"levels": {source: [levels[source] for levels in runs] for source in study.vary_seeds}}


def _environment(study: Study, store: Store, work: Work, rounds: Rounds | None) -> dict[str, Any]:
    """What `environment.json` says of how a study was begun."""
    facts = environment.describe()
    again = facts["command"] or _command(study, store, rounds)
    return {**facts, "command": again, **work.environment, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


def _command(study: Study, store: Store, rounds: Rounds | None) -> str:
    """What runs a study again that was run from Python: its file, the lab, or what was stored of it."""
    known = study.origin in labs.names() or Path(study.origin).is_file()
    until = ["--until", "decided", "--at-most", str(rounds.rule.looks[-1])] if rounds else []
    return shlex.join(["seedbed", "run", study.origin if known else str(store.directory / STUDY), *until])


# --- going on -------------------------------------------------------------------------------------------


def _read_study(contents: Contents, trainable: Trainable) -> Study:
    path = contents.directory / STUDY
    with contents.opened(path) as file:
        text = file.read().decode()
    return Study.parse(text, path, trainable)


def _read_plan(contents: Contents) -> Planned:
    with damaged(contents.directory / FILE):
        return Planned.from_plain(contents.json(FILE))


def _check_same(
    study: Study, planned: Planned, resolved: Mapping[str, Any], told: Mapping[str, Any], directory: Path
) -> None:
    """Refuse to go on where what is stored means something else now, as another version may take it."""
    if not planned.rounds[0].is_of(study):
        raise StoreError(f"{directory / FILE} is not the plan of {STUDY} beside it; run the study again")
    now = json.loads(to_json(_asked(study)))
    names = [
        key for key in now if key not in ("seeds", "variants", "levels") and now[key] != resolved.get(key)
    ]
    stored = {variant["name"]: variant for variant in resolved["variants"]}
    names += [
        f'variant "{variant["name"]}"'
        for variant in now["variants"]
        if any(stored.get(variant["name"], {}).get(key) != value for key, value in variant.items())
    ]
    if names:
        version = told.get("versions", {}).get("seedbed")
        raise StoreError(
            f"{directory / STUDY} means something else now than when it was begun, with Seedbed {version}: "
            f"{', '.join(names)}; go on with that version, or run the study again"
        )


def _extend(study: Study, planned: Planned, seeds: int, preparing: _Preparing) -> None:
    """Plan another round, of the seeds that are still to come."""
    wrong = None
    if planned.until:
        wrong = "the study adds seeds itself until its claims are decided; leave the number of seeds out"
    elif study.vary_seeds:
        wrong = "crossed seeds cannot be added to; run the study again with more"
    elif seeds < planned.seeds:
        wrong = f"expected {planned.seeds} seeds or more, since so many are planned already, got {seeds}"
    if wrong:
        raise StudyError(study.origin, [Problem("study.seeds", wrong)])
    if seeds > planned.seeds:
        more = study.override(seeds=seeds)
        part = more.only([variant.name for variant in study.variants], range(planned.seeds, seeds))
        planned.add(part, preparing(part).shards)
