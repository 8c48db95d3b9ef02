"""A study on disk: exclusive directories, whole files, a status that cannot go stale."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import fake_studies
import numpy as np
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli import program
from seedbed.execution import environment
from seedbed.files import slug, to_json, write_whole
from seedbed.store import store, tables
from seedbed.store.models import Trained, TrainedError, read_trained
from seedbed.store.store import Store, StoreError

HASH = "0123456789abcdef" * 4


def test_studies_started_in_the_same_second_never_share_a_directory(tmp_path: Path) -> None:
    stores = [
        Store.create(tmp_path, "trig/norm-init", HASH) for _ in range(70)
    ]  # more than the hash has letters
    assert len({one.directory for one in stores}) == 70
    assert all(one.directory.parent == tmp_path / "trig" / "norm-init" for one in stores)
    assert all(re.fullmatch(rf"\d{{8}}-\d{{6}}-{HASH[:8]}\w*", one.id) for one in stores)


@pytest.mark.parametrize("name", ["../out", "/etc", "a/../../b", "", "a//b", ".", "a\\b", "a/\0", "a\nb"])
def test_a_name_that_leads_elsewhere_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be called"):
        Store.create(tmp_path / "runs", name, HASH)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_hold_runs_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot keep runs in .*file.*--runs-dir"):
        Store.create(tmp_path / "file", "study", HASH)


def test_status_follows_the_journal_and_the_life_of_its_writer(tmp_path: Path) -> None:
    ended, failed, open_, abandoned = (Store.create(tmp_path, "s", HASH) for _ in range(4))
    ended.finish("complete")
    failed.finish("failed")
    abandoned.close()
    directories = [one.directory for one in (ended, failed, open_, abandoned)]
    assert [store.status(place) for place in directories] == ["complete", "failed", "running", "interrupted"]
    open_.close()
    assert store.status(open_.directory) == "interrupted"


def test_an_error_while_a_study_runs_makes_it_failed_and_an_interrupt_does_not(tmp_path: Path) -> None:
    for error in (ZeroDivisionError("no"), KeyboardInterrupt()):
        with contextlib.suppress(type(error)), Store.create(tmp_path, "s", HASH):
            raise error
    assert sorted(row["status"] for row in store.listing(tmp_path)) == ["failed", "interrupted"]


def test_a_killed_process_leaves_an_interrupted_study(tmp_path: Path) -> None:
    script = (
        "import os, sys; from seedbed.store.store import Store; s = Store.create(sys.argv[1], 's', 'abcdef0123');"
        "s.journal({'event': 'started', 'runs': 3}); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    (row,) = store.listing(tmp_path)
    assert (row["study"], row["status"], row["runs"]) == ("s", "interrupted", 3)


def test_a_journal_line_cut_short_is_passed_over(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.journal({"event": "group", "loss": float("nan")})
    with (one.directory / store.JOURNAL).open("a") as journal:
        journal.write('{"event": "fini')
    kinds = [event["event"] for event in store.events(one.directory)]
    assert kinds == ["created", "group"]
    assert list(store.events(one.directory))[1]["loss"] is None


@given(st.text(st.characters(exclude_categories=())))
def test_json_of_any_text_can_be_written_and_read_back(text: str) -> None:
    for ascii in (False, True):
        written = to_json({"text": text}, ascii=ascii).encode()
        assert json.loads(written)["text"].encode("utf-16", "surrogatepass") == text.encode(
            "utf-16", "surrogatepass"
        )
        assert written.isascii() or not ascii


def test_the_command_is_recorded_as_text_in_any_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    escaped = "é".encode().decode("ascii", "surrogateescape")  # as in a C locale
    monkeypatch.setattr(sys, "argv", ["/bin/seedbed", "run", f"{escaped}.toml", "\udcff"])
    monkeypatch.setattr(os, "fsencode", lambda word: word.encode("ascii", "surrogateescape"))
    assert environment.command() == r"seedbed run 'é.toml' '\xff'"


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.bin"
    write_whole(target, b"old")
    with pytest.raises(TypeError):
        write_whole(target, 3)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a directory cannot be opened")
def test_a_file_and_its_name_reach_the_disk_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    target, synced, replaced = tmp_path / "a", os.fsync, Path.replace

    def fsync(handle: int) -> None:
        done.append("directory" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        synced(handle)

    def replace(path: Path, to: Path) -> Path:
        done.append("name")
        return replaced(path, to)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_whole(target, b"new")
    assert done == ["file", "name", "directory"]
    assert target.read_bytes() == b"new"


def test_runs_have_fixed_types_whatever_is_missing(tmp_path: Path) -> None:
    rows = [
        {"variant": "base", "seed": 0, "steps": 5, "val.mse": 0.5, "confusion": np.array([1, 2, 3, 4])},
        {
            "variant": "b",
            "seed": 1,
            "stop_reason": "patience",
            "val.mse": None,
            "setting:model.norm": '"none"',
        },
    ]
    with Store.create(tmp_path, "s", HASH) as one:
        fake_studies.write_table(one.directory, "runs", rows)
    table = parquet.read_table(one.directory / "runs.parquet")
    assert set(tables.RUN_COLUMNS) < set(table.column_names)
    found = table.to_pylist()
    assert found[0]["confusion"] == [1, 2, 3, 4]
    assert found[1]["confusion"] is None
    assert (found[0]["val.mse"], found[1]["val.mse"]) == (0.5, None)
    assert [str(table.schema.field(name).type) for name in ("group", "seconds", "setting:model.norm")] == [
        "int64",
        "double",
        "string",
    ]


def test_curves_and_predictions_keep_their_values(tmp_path: Path) -> None:
    curves = {
        "variant": np.array(["base", "b"]),
        "seed": [0, 1],
        "step": np.array([10, 20]),
        "epoch": [1, 2],
        "metric": ["val.mse"] * 2,
        "value": np.array([0.5, np.inf]),
    }
    predictions = {"variant": ["base"] * 2, "x": [None, None], "output": np.array([[1.0, 2], [3, 4]])}
    with Store.create(tmp_path, "s", HASH) as one:
        fake_studies.write_table(one.directory, "curves", curves)
        fake_studies.write_table(one.directory, "predictions", predictions)
    found = parquet.read_table(one.directory / "curves.parquet")
    assert found["value"].to_pylist() == [0.5, np.inf]
    assert found["variant"].to_pylist() == ["base", "b"]
    found = parquet.read_table(one.directory / "predictions.parquet")
    assert found["output"].to_pylist() == [[1, 2], [3, 4]]
    assert str(found.schema.field("x").type) == "double"


def test_mistakes_keep_their_images_and_a_study_without_them_opens(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)[:, ::-1]
    columns = {"variant": np.array(["base"]), "image": np.array([image.tobytes()], dtype=object)}
    with Store.create(tmp_path, "s", HASH) as one:
        one.write_json("resolved.json", {"metric": "val.accuracy"})
        assert len(Result.open(one.directory).mistakes) == 0
        fake_studies.write_table(one.directory, "mistakes", columns)
        found = Result.open(one.directory).mistakes
    assert found["image"].to_pylist() == [image.tobytes()]


def trained(**changes: object) -> Trained:
    facts: dict = {
        "variant": "norm = none",
        "recipe": {"model": {"kind": "linear"}, "training": {"lr": 0.1}},
        "seeds": (3, 5),
        "shape": (2,),
        "outputs": 1,
        "parameters": {"0.weight": np.arange(4, dtype=np.float32).reshape(2, 2, 1).transpose(0, 1, 2)},
        "state": {},
        "features": ("a", "b"),
    }
    return Trained(**{**facts, **changes})


def test_networks_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    # a view with odd strides: safetensors would otherwise store its memory in the wrong order
    wide = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    given_ = trained(parameters={"0.weight": wide.transpose(0, 2, 1)}, center=np.ones((1, 2), np.float32))
    with Store.create(tmp_path, "s", HASH) as one:
        one.write_models(given_)
    (path,) = (one.directory / "models").iterdir()
    found = read_trained(path)
    assert path.name == f"{slug('norm = none')}.safetensors"
    assert (found.variant, found.recipe, found.seeds, found.shape) == (
        given_.variant,
        given_.recipe,
        given_.seeds,
        given_.shape,
    )
    np.testing.assert_array_equal(found.parameters["0.weight"], wide.transpose(0, 2, 1))
    np.testing.assert_array_equal(found.center, given_.center)
    assert found.scale is None


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04N."])
def test_a_file_that_holds_no_networks_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(TrainedError, match=r"m\.safetensors is not a readable file"):
        read_trained(tmp_path / "m.safetensors")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three studies and what else may lie about."""
    for name, stamp in (
        ("a", "20260101-000000-aaaa"),
        ("a", "20260102-000000-aaab"),
        ("g/b", "20260102-000001-bbbb"),
    ):
        with Store.create(tmp_path, name, HASH) as one:
            one.finish("complete")
        one.directory.rename(one.directory.parent / stamp)
    (tmp_path / "foreign" / "deep").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / store.JOURNAL).write_bytes(b"\xff\xfe[]\n{")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("20260101-000000-aaaa", "20260101-000000-aaaa"),
        ("20260101", "20260101-000000-aaaa"),
        ("a", "20260102-000000-aaab"),
        ("g/b", "20260102-000001-bbbb"),
    ],
)
def test_a_study_is_found_by_id_by_its_beginning_or_by_name(shelf: Path, name: str, found: str) -> None:
    assert store.find(shelf, name).name == found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("20260102", "fits 2 studies: 20260102-000000-aaab, 20260102-000001-bbbb"),
        ("g/bb", "did you mean 'g/b'"),
        ("zzz", "seedbed ls"),
        ("", "no study ''"),
        ("../..", "no study"),
    ],
)
def test_a_study_that_cannot_be_found_says_what_can(shelf: Path, name: str, message: str) -> None:
    with pytest.raises(StoreError, match=message.replace("(", r"\(")):
        store.find(shelf, name)


def test_a_moved_study_opens_by_its_path(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("elsewhere") / "renamed"
    shutil.move(shelf / "a" / "20260101-000000-aaaa", place)
    assert store.find(shelf, str(place)) == place


def test_the_listing_passes_over_what_is_no_study(shelf: Path) -> None:
    rows = store.listing(shelf)
    assert [(row["study"], row["status"]) for row in rows if row["id"] != "broken"] == [
        ("a", "complete"),
        ("a", "complete"),
        ("g/b", "complete"),
    ]
    assert store.listing(shelf / "absent") == []


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_file_names_are_safe_and_tell_variants_apart(one: str, other: str) -> None:
    for name in (one, other):
        made = slug(name)
        assert made == made.lower()
        assert not made.startswith(".")
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert len(made) < 80
    assert (slug(one) == slug(other)) == (one == other)


def test_json_is_plain_and_strict() -> None:
    document = {
        "a": np.float32(0.5),
        "b": np.arange(2),
        "c": (float("inf"), np.nan),
        1: Path("x"),
        "d": {"é"},
    }
    assert json.loads(to_json(document)) == {"a": 0.5, "b": [0, 1], "c": [None, None], "1": "x", "d": ["é"]}


def test_of_two_studies_of_one_second_the_later_is_the_latest(tmp_path):
    for _ in range(2):  # the hashes in their names sort either way
        for fingerprint in ("00000000", "ffffffff", "0000000a"):
            with Store.create(tmp_path, "a/b", fingerprint) as last:
                time.sleep(0.002)
        assert store.find(tmp_path, "a/b") == last.directory


def test_the_listing_says_how_many_runs_are_stored(tmp_path):
    with Store.create(tmp_path, "killed", "abcdef123456") as created:
        created.journal({"event": "started", "runs": 12})
        for group in range(2):
            created.journal({"event": "group", "group": group, "runs": 4})
    (row,) = store.listing(tmp_path)
    assert (row["runs"], row["stored"]) == (12, 8)
    shown = CliRunner().invoke(program, ["ls", "--runs-dir", str(tmp_path)])
    assert "8 of 12" in shown.output
