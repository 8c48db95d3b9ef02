"""What is stored of a study before its first run: what was asked, and on what it runs."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any

from seedbed.execution import environment, provenance
from seedbed.execution.rounds import Rounds
from seedbed.store.writer import Store
from seedbed.study import labs
from seedbed.study.code import Snapshot
from seedbed.study.model import Study
from seedbed.study.rerun import stored_text
from seedbed.study.trainable import Work
from seedbed.study.trust import allow

STUDY, GIVEN, RESOLVED, ENVIRONMENT = "study.toml", "given.toml", "resolved.json", "environment.json"


def write_study(store: Store, study: Study, code: Snapshot | None) -> None:
    """Store what runs again from the store, and beside it what was given first, where that is not the same.

    Parameters
    ----------
    code
        What the study was allowed to run, which going on with what is stored then may, too.
    """
    text = stored_text(study, store.directory)
    if text != study.text and not (store.directory / GIVEN).exists():
        store.write_text(GIVEN, study.text)
    store.write_text(STUDY, text)
    if code and not code.code.is_given:
        allow(study, code, text)
    if study.own_data:
        store.write_copy(study.own_data.file)


def resolved_of(study: Study, work: Work) -> dict[str, Any]:
    """The study with every default filled in, and what its trainable says of it."""
    asked = asked_of(study)
    for variant in asked["variants"]:
        variant |= work.facts_of(variant["name"])
    return {**asked, **work.facts}


def asked_of(study: Study) -> dict[str, Any]:
    """The study with every default filled in."""
    optional = {name: getattr(study, name) for name in ("scale", "matters", "fails_above", "fails_below")}
    metrics = dict(study.trainable.metrics)
    if study.trainable.open_metrics:
        metrics[study.metric] = study.direction
    return {
        "study": study.name,
        "description": study.description,
        "metric": study.metric,
        "direction": study.direction,
        **{name: value for name, value in optional.items() if value is not None},
        **({"metrics": metrics} if metrics else {}),
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


def environment_of(
    study: Study, store: Store, work: Work, rounds: Rounds | None, code: Snapshot | None
) -> dict[str, Any]:
    """What `environment.json` says of how a study was begun."""
    facts = environment.describe()
    again = facts["command"] or _command(study, store, rounds)
    facts |= {"command": again, **work.environment, **provenance.facts_of(code, study.directory)}
    return {**facts, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


def _command(study: Study, store: Store, rounds: Rounds | None) -> str:
    """What runs a study again that was run from Python: its file, the lab, or what was stored of it."""
    known = study.origin in labs.names() or Path(study.origin).is_file()
    until = ["--until", "decided", "--at-most", str(rounds.rule.looks[-1])] if rounds else []
    return shlex.join(["seedbed", "run", study.origin if known else str(store.directory / STUDY), *until])
