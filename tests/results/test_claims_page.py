"""The page on the claims of several studies, and the command that writes it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_studies import classification, regression

from seedbed.analysis.new_data import NewData
from seedbed.cli import program
from seedbed.results.claims_page import page, summary
from seedbed.results.result import Result
from seedbed.study import labs
from seedbed.study.hypotheses import Hypothesis


def of_others(directory: Path, claims: dict[int, str]) -> Result:
    """A stored study whose claims with these numbers were made by others."""
    path = directory / "resolved.json"
    resolved = json.loads(path.read_text())
    for number, source in claims.items():
        resolved["hypotheses"][number]["made_by"] = source
    path.write_text(json.dumps(resolved))
    return Result.open(directory)


def test_claims_of_others_are_counted_apart_from_ours(tmp_path: Path) -> None:
    result = of_others(regression(tmp_path), {0: "report E", 2: "report E"})
    verdicts = [one.verdict for one in result.judgements]
    assert (verdicts[0], verdicts[2], verdicts[4]) == ("supported", "undecided", "supported")
    assert summary([result]) == (
        "**Of 2 claims that others made, in 1 study: 1 supported, 0 refuted, 1 undecided.**"
    )
    text = page({"trig/norm-init": result}, {}, "seedbed claims trig/norm-init")
    ours = sum(verdict == "supported" for number, verdict in enumerate(verdicts) if number not in (0, 2))
    assert f"| [trig/norm-init](#trignorm-init) | 12 | 1 | 0 | 1 | – | {ours} of 3 |" in text
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) == len(verdicts)
    assert (
        "| report E | base: 0.002730; no norm, default init: 1.078 | Over 12 seeds, val.mse is typically"
        in rows[0]
    )
    assert "adjusted for all 5 claims (Holm)" in text


def test_it_is_the_same_however_often_it_is_written(tmp_path: Path) -> None:
    studies = {
        "trig/norm-init": Result.open(regression(tmp_path)),
        "mnist/mlp": Result.open(classification(tmp_path)),
    }
    assert page(studies, {}, "seedbed claims") == page(dict(studies), {}, "seedbed claims")


def test_what_was_not_run_is_named_with_its_claims(tmp_path: Path) -> None:
    studies = {"mnist/mlp": Result.open(classification(tmp_path))}
    made = Hypothesis(claim="a", better="x", than="y", made_by="them")
    mine = made.model_copy(update={"made_by": None})
    number = Hypothesis(claim="a", agrees=1.0, variant="x", metric="val.mse", made_by="them")
    waiting = {"trig/shape": [made, made, mine], "trig/optimizer": [made, number], "mnist/cnn": [mine]}
    text = page(studies, waiting, "seedbed claims")
    assert (
        "Not run: `trig/shape` (2 claims of others), `trig/optimizer` (1 claim of others), `mnist/cnn`."
        in text
    )
    assert "in 1 study" in text
    assert "Not run" not in page(studies, {}, "seedbed claims")


def test_published_numbers_are_counted_apart_from_claims(tmp_path: Path) -> None:
    directory = regression(tmp_path)
    path = directory / "resolved.json"
    resolved = json.loads(path.read_text())
    typical = float(np.median(Result.open(directory).values("base", "val.mse")))
    made = {"variant": "base", "metric": "val.mse", "made_by": "report E"}
    resolved["hypotheses"] += [
        {"claim": "It could be ours", "agrees": typical} | made,
        {"claim": "It could not", "agrees": 1.5} | made,
    ]
    path.write_text(json.dumps(resolved))
    result = Result.open(directory)
    assert [one.verdict for one in result.judgements[-2:]] == ["supported", "refuted"]
    assert summary([result]) == (
        "**Of 0 claims that others made, in 1 study: 0 supported, 0 refuted, 0 undecided.** Of 2 published numbers "
        "held against our runs, 1 could be that of a run here that did not fail."
    )
    assert "| 12 | 0 | 0 | 0 | 1 of 2 | " in page({"trig/norm-init": result}, {}, "it")


def test_new_data_has_a_column_only_where_it_may_say_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = Result.open(regression(tmp_path))
    head = "| verdict | claim | made by | published | what was found |"
    assert head in page({"it": result}, {}, "it").splitlines()
    judged = list(result.judgements)
    judged[0] = replace(judged[0], new_data=NewData("split", 1.0, 9.0, "undecided"))
    monkeypatch.setattr(Result, "judgements", judged)
    lines = page({"it": Result.open(result.directory)}, {}, "it").splitlines()
    assert "| verdict | on new data | claim | made by | published | what was found |" in lines
    rows = [line for line in lines if line.startswith("| **")]
    assert rows[0].startswith("| **supported** | undecided | ")
    assert rows[1].split(" | ")[1] == "–"
    assert any(line.startswith("Verdicts are about these data under new seeds") for line in lines)


def test_no_text_breaks_a_table(tmp_path: Path) -> None:
    directory = classification(tmp_path)
    result = of_others(directory, {0: "a | b\nc"})
    rows = [line for line in page({"mnist/mlp": result}, {}, "it").splitlines() if line.startswith("| **")]
    assert "| a \\| b c |" in rows[0]


def invoke(*words: object):
    return CliRunner().invoke(program, [*map(str, words)])


def test_the_command_writes_a_whole_page(tmp_path: Path) -> None:
    classification(tmp_path / "runs")
    done = invoke("claims", "--runs-dir", tmp_path / "runs", "--output", tmp_path / "claims.md")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "claims.md").read_text()
    assert "## mnist/mlp" in text
    assert all(f"`{name}`" in text for name in labs.names() if name != "mnist/mlp")
    printed = invoke("claims", "mnist/mlp", "--runs-dir", tmp_path / "runs")
    assert printed.output.splitlines()[4] == text.splitlines()[4]
    assert "`trig/norm-init` (3 claims of others)" in text


def test_a_lab_that_is_not_complete_counts_as_not_run_unless_it_is_named(tmp_path: Path) -> None:
    directory = classification(tmp_path)
    journal = [
        line for line in (directory / "journal.jsonl").read_text().splitlines() if '"finished"' not in line
    ]
    (directory / "journal.jsonl").write_text("\n".join(journal) + "\n")
    assert "## mnist/mlp" not in invoke("claims", "--runs-dir", tmp_path).output
    assert "## mnist/mlp" in invoke("claims", "mnist/mlp", "--runs-dir", tmp_path).output


@pytest.mark.parametrize("name", ["nothing/here", ""])
def test_a_study_that_was_not_run_is_an_error(tmp_path: Path, name: str) -> None:
    done = invoke("claims", name, "--runs-dir", tmp_path, "--output", tmp_path / "claims.md")
    assert done.exit_code == 2
    assert not (tmp_path / "claims.md").exists()
