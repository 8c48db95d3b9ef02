"""Where a stored study's spread comes from and what pairing was worth: in document, terminal and page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

from seedbed.analysis.pairing import in_words, pairing
from seedbed.analysis.spread import spread
from seedbed.api import Result
from seedbed.cli import program
from seedbed.study.crossing import SOURCES, levels

CLAIM = {"claim": "It is better", "better": "b", "than": "base"}
ABOVE = {"claim": "It is good", "variant": "b", "metric": "score", "above": 50.0}


def stored(directory: Path, values: dict[str, np.ndarray], crossed: bool = True, **facts: Any) -> Result:
    """A study of one metric, "score"; infinite values are of runs that diverged."""
    directory.mkdir(parents=True)
    n = len(next(iter(values.values())))
    study: dict[str, Any] = {"study": "s", "metric": "score", "direction": "max", "seeds": n, **facts}
    study["variants"] = [{"name": name} for name in values]
    if crossed:
        of_runs = [levels(SOURCES, n, seed) for seed in range(n)]
        study["levels"] = {name: [of[name] for of in of_runs] for name in SOURCES}
    (directory / "resolved.json").write_text(json.dumps(study))
    (directory / "journal.jsonl").write_text('{"event": "finished", "status": "complete"}\n')
    rows = [(name, seed, score) for name, own in values.items() for seed, score in enumerate(own)]
    names, seeds, scores = (list(column) for column in zip(*rows, strict=True))
    status = ["complete" if np.isfinite(score) else "diverged" for score in scores]
    columns = {"variant": names, "seed": seeds, "status": status, "score": scores}
    parquet.write_table(pa.table(columns), directory / "runs.parquet")
    return Result.open(directory)


@pytest.fixture
def values() -> dict[str, np.ndarray]:
    """25 runs whose first source matters most, and a variant far better under every seed."""
    random = np.random.default_rng(0)
    of_init = np.repeat(random.normal(0, 3, 5), 5)
    return {"base": of_init + random.normal(size=25), "b": 100 + of_init + random.normal(size=25)}


def shown(result: Result) -> str:
    return CliRunner().invoke(program, ["show", str(result.directory)]).output


def page(result: Result) -> str:
    return " ".join(result.report().read_text(encoding="utf-8").split())


def test_document_says_what_each_source_carries(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    result = stored(tmp_path / "s", values)
    told = result.document["spread"]
    expected = spread(values["base"], result.levels, np.zeros(25, dtype=bool))
    assert (told["metric"], told["scale"]) == ("score", "difference")
    assert told["sources"] == {"init": 5, "order": 5, "split": 5}
    base = told["variants"]["base"]
    assert (base["n"], base["variance"]) == (25, pytest.approx(expected.total))
    for name, component in expected.components.items():
        assert base["components"][name] == pytest.approx(
            {
                "variance": component.variance,
                "share": expected.share(name),
                "estimate": component.estimate,
                "low": component.low,
                "high": component.high,
                "freedom": component.freedom,
            }
        )


def test_crossed_runs_get_no_verdicts(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    values["b"][:2] = -np.inf  # so that there are failures, too
    result = stored(tmp_path / "s", values, hypotheses=[CLAIM, ABOVE])
    document = result.document
    versus = document["variants"][1]["versus_base"]
    assert versus["verdict"] == "not tested: crossed seeds"
    assert [versus[key] for key in ("low", "high", "p", "failures_p", "pairing")] == [None] * 5
    assert versus["estimate"] == pytest.approx(100, abs=2)
    for variant in document["variants"]:
        inner = variant["metrics"]["score"] | variant["typical"] | variant["failures"]
        assert [inner[key] for key in ("low", "high", "median_low", "median_high")] == [None] * 4
    for claim in document["hypotheses"]:
        assert claim["verdict"] == "undecided"
        assert [claim[key] for key in ("low", "high", "p", "corrected_p")] == [None] * 4


def test_that_nothing_is_tested_is_said_and_nothing_else(
    tmp_path: Path, values: dict[str, np.ndarray]
) -> None:
    result = stored(tmp_path / "s", values, hypotheses=[CLAIM, ABOVE])
    texts = shown(result), page(result)
    for text in texts:
        assert text.count("Not tested: crossed seeds.") == 2
        for wrong in ("p\u00a0", "95\u00a0%\u00a0interval", "Holm", "distinguishable", "wide enough"):
            assert wrong not in text
    assert "Not tested against base, since runs with crossed seeds are not independent: “b”." in texts[1]
    assert not (tmp_path / "s" / "figures" / "forest.png").exists()


def test_that_two_variants_have_the_same_runs_needs_no_test(tmp_path: Path) -> None:
    own = np.random.default_rng(2).normal(size=9)
    document = stored(tmp_path / "s", {"base": own, "b": own}, hypotheses=[CLAIM]).document
    assert document["variants"][1]["versus_base"]["verdict"] == "same runs"
    assert document["hypotheses"][0]["verdict"] == "refuted"


def test_the_same_runs_of_an_ordinary_study_do(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    document = stored(tmp_path / "s", values, crossed=False, hypotheses=[CLAIM]).document
    assert document["variants"][1]["versus_base"]["verdict"] == "better"
    assert document["hypotheses"][0]["verdict"] == "supported"
    assert document["spread"] is None


def test_terminal_and_page_tell_and_draw_it(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    result = stored(tmp_path / "s", values)
    told = spread(values["base"], result.levels, np.zeros(25, dtype=bool))
    row = next(line for line in shown(result).split("spread of score:")[1].splitlines() if " base " in line)
    assert f"{told.share('init'):.0%}".replace("%", "\u00a0%") in row
    text = page(result)
    assert '<section id="spread">' in text
    assert "With 5 seeds of each source shares are rough." in text
    assert {"spread.png", "spread-intervals.png"} <= {
        file.name for file in (tmp_path / "s" / "figures").iterdir()
    }


@pytest.mark.parametrize("left", [0, 1, 5, 24])
def test_diverged_runs_are_left_out(tmp_path: Path, values: dict[str, np.ndarray], left: int) -> None:
    values["b"][left:] = -np.inf
    result = stored(tmp_path / "s", values)
    assert result.document["spread"]["variants"]["b"]["n"] == left
    assert "spread of score" in shown(result)
    assert '<section id="spread">' in page(result)


def test_runs_that_are_all_alike_have_no_section(tmp_path: Path) -> None:
    result = stored(tmp_path / "s", {"base": np.ones(9), "b": np.ones(9)})
    assert '<section id="spread">' not in page(result)
    assert "spread of score" in shown(result)


def test_an_ordinary_study_says_what_pairing_was_worth(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    result = stored(tmp_path / "s", values, crossed=False)
    expected = pairing(values["b"], values["base"], np.zeros(25, dtype=bool))
    told = result.document["variants"][1]["versus_base"]["pairing"]
    assert told["worth"] == pytest.approx(expected.worth)
    assert told["correlation"] == pytest.approx(expected.correlation)
    words = f"Pairing was worth {expected.worth:.1f} times as many seeds"
    assert words in shown(result)
    assert words in page(result)
    assert '<section id="spread">' not in page(result)


def test_the_same_runs_say_nothing_of_pairing(tmp_path: Path, values: dict[str, np.ndarray]) -> None:
    result = stored(tmp_path / "s", {"base": values["base"], "b": values["base"]}, crossed=False)
    assert result.document["variants"][1]["versus_base"]["pairing"] is None
    assert not re.search("[Pp]airing", shown(result))


def test_many_variants_are_summed_up() -> None:
    random = np.random.default_rng(1)
    base = random.normal(size=30)
    found = {
        f"v{number}": pairing(
            base + (0.3 if number < 6 else 9) * random.normal(size=30), base, np.zeros(30, dtype=bool)
        )
        for number in range(12)
    }
    assert sum(one.helped for one in found.values()) == 6
    assert in_words(found).endswith("it is shown to have helped with 6 of 12 variants.")
    few = in_words({name: found[name] for name in ("v1", "v8")})
    assert few.startswith("Without pairs by seed this many times as many seeds would be needed: “v1” ")
    assert few.endswith("). No gain from pairing by seed shows for “v8”.")
    assert in_words({}) == ""
