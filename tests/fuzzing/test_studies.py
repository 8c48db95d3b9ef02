"""Studies, settings and expressions that nobody in his right mind would write: an error in words, or a valid one."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from fuzzing import targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from study_files import document

from seedbed.api import Study
from seedbed.cli.errors import user_errors
from seedbed.plan.plan import plan
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.file import StudyFile, StudySettings
from seedbed.study.hypotheses import Hypothesis
from seedbed.study.tomltext import to_toml
from seedbed.study.trainable import Compute
from seedbed.trainables.recipe import RecipeTrainable

quick = settings(deadline=5_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

NUMBERS = [
    0,
    1,
    -1,
    2**31,
    2**63 - 1,
    -(2**63),
    2**63,
    10**400,
    0.0,
    -0.0,
    1e-320,
    1e308,
    -1e308,
    math.inf,
    math.nan,
]
WORDS = [
    "",
    "none",
    "base",
    "x",
    "x1",
    "val.mse",
    "val.mse@1",
    "test.recall.a@" + "9" * 30,
    "a" * 3000,
    "é\u202e\x1b",
    "all",
]
KEYS = [
    *(key for key in RecipeTrainable().keys if not key.startswith("data.path")),
    *StudyFile.model_fields,
    *(f"study.{key}" for key in StudySettings.model_fields),
    *(
        f"{table}.{key}"
        for table in ("ablate", "grid", "quick", "published")
        for key in ("training.lr", "x", "model.hidden")
    ),
]
KINDS = [
    "function",
    "table",
    "digits",
    "mnist",
    "npz",
    "mlp",
    "linear",
    "logistic",
    "cnn",
    "resnet",
    "step",
    "cosine",
]

leaves = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(WORDS + KINDS),
    st.booleans(),
    st.integers(-3, 60),
    st.floats(0, 2),
    st.text(max_size=20),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([key.rpartition(".")[2] for key in KEYS]), inner, max_size=4)
    ),
    max_leaves=12,
)
claims = st.lists(
    st.dictionaries(st.sampled_from([*Hypothesis.model_fields]), values, max_size=4), max_size=3
)
variants = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": leaves, "set": st.dictionaries(st.sampled_from(KEYS), values, max_size=2)}
    ),
    max_size=3,
)


def put(tables: dict[str, Any], key: str, value: Any) -> None:
    """A value under a dotted key, whatever stood there."""
    *path, last = key.split(".")
    for name in path:
        inner = tables.get(name)
        tables[name] = inner if isinstance(inner, dict) else {}
        tables = tables[name]
    tables[last] = value


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=4), st.none() | claims, st.none() | variants)
@quick
def test_no_study_is_more_than_an_error(changes: dict[str, Any], claims: Any, variants: Any) -> None:
    tables = document({"model.norm": "none"})
    for key, value in changes.items():
        put(tables, key, value)
    tables |= {"hypothesis": claims} if claims else {}
    tables |= {"variant": variants} if variants else {}
    targets.study(to_toml(tables).encode("utf-8", "replace"))


@given(
    st.sampled_from(KEYS),
    st.one_of(values.map(lambda value: to_toml({"x": value})[4:]), st.text(max_size=30)),
)
@quick
def test_no_setting_is_more_than_an_error(key: str, value: str) -> None:
    targets.setting(f"{key}={value}".encode("utf-8", "replace"))


EXTREME = [1e-320, 1e-300, 1e-30, 0.999999, 1e30, 1e38, 1e300, 1.7e308, 1, 2**31, 2**53, 2**63 - 1]
OF_TRAINING = [
    *("data.noise", "data.seed", "model.dropout", "model.init_std"),
    *(
        f"training.{name}"
        for name in ("lr", "momentum", "weight_decay", "l1", "clip_norm", "eval_every", "batch_size")
    ),
    *(
        f"training.stop.{name}"
        for name in ("patience", "min_delta", "lr_below", "tolerance", "tolerance_from", "target")
    ),
]


@pytest.mark.filterwarnings("error")
@given(
    st.dictionaries(st.sampled_from(OF_TRAINING), st.sampled_from(EXTREME), min_size=1, max_size=3),
    st.sampled_from(["x", "x**99", "1e30*x", "1e-320*x"]),
    st.sampled_from([(0.0, 6.0), (-3e38, 3e38), (0.0, 1e-320), (1e38, 2e38)]),
)
@quick
def test_no_number_is_more_than_an_error_or_a_run_that_diverges(
    changes: dict[str, Any], expression: str, domain: tuple[float, float]
) -> None:
    usual = {"model.norm": "none", "model.init": "normal", "data.samples": 20, "training.batch_size": "all"}
    with suppress(*user_errors()):
        study = Study.parse(
            to_toml(document(usual | {"data.expression": expression, "data.domain": domain} | changes))
        )
        work = plan(study).work.on(Compute("numpy"))
        for shard in work.shards:
            assert len(work.train(shard, lambda event: None, Checkpoints()).runs) == len(shard.runs)
