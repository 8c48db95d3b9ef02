"""A whole study: checked, recorded, trained and stored."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.execution import history, provenance
from seedbed.execution.executors.choice import LOCAL, check_on, pool_of
from seedbed.execution.planned import Planned
from seedbed.execution.preparing import Preparing
from seedbed.execution.progress import Observer, watching_with
from seedbed.execution.record import RESOLVED, environment_of, resolved_of, write_study
from seedbed.execution.rounds import Rounds, Until
from seedbed.execution.session import Session
from seedbed.execution.stops import not_swallowed
from seedbed.files import to_json
from seedbed.store.schema import runs_root
from seedbed.store.writer import Store
from seedbed.study.model import Study
from seedbed.study.problems import Problem, StudyError
from seedbed.study.trainable import Compute
from seedbed.study.trust import demand


def run(
    study: Study,
    compute: Compute | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
    until: Until | None = None,
    trust: bool = False,
    on: str = LOCAL,
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
    trust
        Whether the user allows the code that the study names to run; see `study.trust`.
    on
        Where: "local", "processes", "ray" (a cluster of its own) or "ray://HOST:PORT".

    Raises
    ------
    TrustError
        Where the study names code that its user has not allowed to run.
    StudyError, DataError, EngineError, StoreError, ExecutorError
        Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
    TrainableError
        Where results cannot be stored; what was stored before is kept, and the study has failed.
    """
    check_on(on)
    code = demand(study, trust)
    data = str(Path(data_dir).absolute()) if data_dir else None
    planned = Planned(compute or Compute(), data, until, on=on)
    rounds = Rounds(study, until) if until else None
    first = rounds.first if rounds else study
    preparing = Preparing(planned, code)
    work = preparing(first)
    root = runs_root(runs_dir)
    Store.parent(root, study.name)  # a wrong one is told before anything is compiled
    if on == LOCAL:
        with not_swallowed():
            preparing.warm(first)
    resolved = resolved_of(first, work) | ({"until": rounds.plan} if rounds else {})
    if until and resolved.get("paired") is False:
        message = "no seeds can be added in rounds to runs that are not paired; leave out --until decided"
        raise StudyError(study.origin, [Problem("--until", message)])
    planned.add(first, work.shards)
    fingerprint = hashlib.sha256(to_json(resolved).encode()).hexdigest()
    with (
        pool_of(on, planned.compute.device) as pool,  # the first: nothing is stored where there is none
        Store.create(root, study.name, fingerprint) as store,
        watching_with(progress, observer) as watching,
    ):
        notes = (resolved.get("data") or {}).get("notes", [])
        beforehand = rounds.beforehand if rounds else _beforehand(study, resolved)
        for line in (*(f"! {note}" for note in notes), *beforehand):
            watching.message(line)
        write_study(store, study, code)
        provenance.keep(store, code)
        store.write_json(RESOLVED, resolved)
        history.seal(store, resolved, watching)
        told = environment_of(study, store, work, rounds, code)
        session = Session(study, store, watching, resolved, planned, rounds, preparing, told, pool)
        session.write_environment(None)
        planned.write(store)  # the last: from here on, any process can go on with it
        session.run()
    return store.directory


def _beforehand(study: Study, resolved: Mapping[str, Any]) -> list[str]:
    """What to know before it runs; of runs that are not paired, seeds are not what verdicts need."""
    if resolved.get("paired") is False:
        return [study.lack] if study.lack else []
    return study.beforehand
