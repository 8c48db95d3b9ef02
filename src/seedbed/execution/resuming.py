"""Going on with a study that another process began."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.execution import environment, provenance
from seedbed.execution.executors.choice import check_on, pool_of
from seedbed.execution.planned import CUT, FILE, Planned
from seedbed.execution.preparing import Preparing
from seedbed.execution.progress import Observer, watching_with
from seedbed.execution.record import ENVIRONMENT, RESOLVED, STUDY, asked_of, write_study
from seedbed.execution.rounds import Rounds
from seedbed.execution.session import Session
from seedbed.files import to_json
from seedbed.store.contents import Contents
from seedbed.store.schema import StoreError, damaged
from seedbed.store.writer import Store
from seedbed.study.model import Chosen, Study
from seedbed.study.problems import Problem, StudyError
from seedbed.study.trust import check, code_of


def resume(
    directory: Path,
    trainable: Chosen,
    *,
    seeds: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
    on: str | None = None,
    trust: bool = False,
) -> None:
    """Go on with a study that was interrupted, killed or failed, as if it never had been.

    Parameters
    ----------
    trainable
        What trains its runs, of the kind that began it, or what chooses that.
    seeds
        How many seeds it is to have; nothing that was trained is trained again.
    data_dir
        Where data is looked for first; by default where whoever began it looked.
    on
        Where: see `runner.run`; by default where whoever began it computed.
    trust
        Whether the user allows the code that the study names to run; see `study.trust`.

    Raises
    ------
    TrustError
        Where the study names code that its user has not allowed to run.
    StudyError, DataError, EngineError, StoreError
        Where it cannot be gone on with: another process writes it, it is damaged, or what it was begun with is gone.
    """
    contents = Contents(directory)
    if seeds is None and contents.status == "complete":
        return
    Store.check(directory)
    planned, study = _read_plan(contents), _read_study(contents, trainable)
    resolved, told = contents.json(RESOLVED), contents.json(ENVIRONMENT)
    _check_same(study, planned, resolved, told, directory)
    code = code_of(study)
    provenance.check_same(told, code)
    check(study, code, trust)
    if on:
        planned.on = check_on(on)
    if data_dir:
        planned.data_dir = str(Path(data_dir).absolute())
    preparing = Preparing(planned, code, told.get("data") or {})
    if seeds is not None:
        _extend(study, planned, seeds, preparing)
    rounds = Rounds(study, planned.until) if planned.until else None
    if rounds:
        rounds.restore(contents.journal.of_kind("look"), len(planned.rounds))
    if not rounds and study.seeds != planned.seeds:  # also where a process ended before it could say so
        study, seeds = study.override(seeds=planned.seeds), planned.seeds
    changes = environment.changes(told)
    with (
        pool_of(planned.on, planned.compute.device) as pool,
        Store.open(directory, contents.journal) as store,
        watching_with(progress, observer) as watching,
    ):
        if seeds is not None:
            planned.write(store)
            write_study(store, study, code)
        for line in changes:
            watching.message(f"! {line} since the study was begun: results may differ by rounding")
        store.journal({"event": "resumed", "changes": changes})
        session = Session(study, store, watching, resolved, planned, rounds, preparing, told, pool)
        session.write_environment(None)
        session.run()


def _read_study(contents: Contents, trainable: Chosen) -> Study:
    path = contents.directory / STUDY
    with contents.opened(path) as file:
        text = file.read().decode()
    return Study.parse(text, path, trainable)


def _read_plan(contents: Contents) -> Planned:
    if FILE not in contents.journal.announced:
        raise StoreError(f"{contents.directory} ended before anything was trained; run the study again")
    with damaged(contents.directory / FILE):
        planned = Planned.from_plain(contents.json(FILE))
        planned.take_up(contents.journal.of_kind(CUT))
        return planned


def _check_same(
    study: Study, planned: Planned, resolved: Mapping[str, Any], told: Mapping[str, Any], directory: Path
) -> None:
    """Refuse to go on where what is stored means something else now, as another version may take it."""
    runs = {variant["name"]: variant["runs"] for variant in resolved["variants"] if "runs" in variant}
    if not planned.rounds[0].is_of(study, runs):
        raise StoreError(f"{directory / FILE} is not the plan of {STUDY} beside it; run the study again")
    now = json.loads(to_json(asked_of(study)))
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


def _extend(study: Study, planned: Planned, seeds: int, preparing: Preparing) -> None:
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
