"""Studies whose files a node lacks: sent once, kept by their checksums, and the results are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from execution.test_executors import NUMBERED, RECIPE
from faults.same import differences

from seedbed.api import Result, Study
from seedbed.data import mirror
from seedbed.data.base import DataError
from seedbed.execution.executors import choice, copies
from seedbed.execution.executors.assignment import Assignment, Ended, FilesLacking, Message, Needed, Trained
from seedbed.execution.executors.base import Executor, Worker
from seedbed.execution.executors.place import Place
from seedbed.execution.executors.room import Asked, Heard, Room
from seedbed.execution.progress import Silent

FUNCTION = """
name = "elsewhere"
[function]
call = "mine:run"
[settings]
scale = 2.0
[study]
seeds = 3
metric = "score"
direction = "max"
[ablate]
"settings.scale" = [3.0]
"""
MINE = """
from helping.times import product

def run(settings, seed):
    return {"score": product(settings["scale"], seed)}
"""
HELPING = "def product(a, b):\n    return a * b\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache that is empty at first, where this system's users have theirs."""
    monkeypatch.setattr(copies, "cache", lambda: tmp_path / "cache")
    yield tmp_path / "cache"
    mirror.use(None)


class Blind(Executor):
    """One worker, in this process, that does not see some files while it trains.

    Attributes
    ----------
    sent
        The pieces of files that were put.
    """

    slots, label = 1, "1 worker"

    def __init__(self, hidden: Sequence[Path], place: Place | None = None) -> None:
        self.hidden, self.sent = hidden, list[bytes]()
        self.place = Place("blind", lambda number: self.sent[number])

    def put(self, piece: bytes) -> int:
        self.sent.append(piece)
        return len(self.sent) - 1

    def start(self) -> Worker:
        return BlindWorker(self)

    def close(self) -> None:
        self.place.close()


class BlindWorker(Worker):
    def __init__(self, executor: Blind) -> None:
        self.executor = executor

    def train(
        self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked, room: Room
    ) -> Trained | Ended:
        messages: list[Message] = []
        with hidden(self.executor.hidden):
            self.executor.place.train(assignment, messages.append)
        last = messages.pop()
        assert isinstance(last, Trained | Ended)
        for message in messages:
            heard(message)
        return last

    def close(self) -> None:
        pass


@contextmanager
def hidden(paths: Sequence[Path]) -> Iterator[None]:
    there = [path for path in paths if path.exists()]
    for path in there:
        path.rename(path.with_name(f"{path.name}-hidden"))
    try:
        yield
    finally:
        for path in there:
            path.with_name(f"{path.name}-hidden").rename(path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The directory of a study, with what studies are made of."""
    directory = tmp_path / "mine"
    (directory / "helping").mkdir(parents=True)
    x = np.random.default_rng(0).normal(size=(60, 3))
    rows = "\n".join(f"{a},{b},{a * b + c}" for a, b, c in x)
    (directory / "table.csv").write_text(f"a,b,c\n{rows}\n")
    (directory / "mine.py").write_text(MINE)
    (directory / "helping" / "__init__.py").write_text("")
    (directory / "helping" / "times.py").write_text(HELPING)
    for number in range(20):
        _image(directory / "images" / "ab"[number % 2] / f"{number}.png", number)
    return directory


def _image(path: Path, number: int) -> None:
    image = pytest.importorskip("PIL.Image")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.fromarray(np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)).save(path)


def reading(data: str, loss: str = "mse") -> str:
    head, _, rest = RECIPE.partition("[data]")
    return f"{head}[data]\n{data}\n[model]{rest.partition('[model]')[2]}".replace('"mse"', f'"{loss}"')


def text(what: str, directory: Path) -> str:
    table = 'source = "table"\ntarget = "c"\nsplit = [0.6, 0.2, 0.2]\npath = '
    match what:
        case "table":
            return reading(f'{table}"table.csv"')
        case "absolute":
            return reading(f'{table}"{directory / "table.csv"}"')
        case "images":
            folder = 'source = "images"\nsplit = [0.5, 0.25, 0.25]\npath = "images"\nsize = 8'
            return reading(folder, "cross_entropy").replace("batch_size = 16", "batch_size = 5")
    return FUNCTION


@pytest.mark.parametrize("what", ["table", "absolute", "images", "function"])
def test_a_node_without_the_files_of_a_study_gives_the_same(
    study: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    executor = Blind([study])
    monkeypatch.setattr(choice, "executor_of", lambda on, device: executor)
    (study / "study.toml").write_text(text(what, study))
    asked = Study.load(study / "study.toml")
    alone, there = (
        asked.run(runs_dir=tmp_path / on, on=on, trust=True, observer=Silent()) for on in ("local", "ray")
    )
    assert there.status == "complete"
    assert differences(alone.directory, there.directory) in ([], NUMBERED)
    kept = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (cache / "files").iterdir()}
    assert kept == {file.name for file in (cache / "files").iterdir()}
    files = [file for file in (cache / "files").iterdir() if file.stat().st_size]
    assert len(executor.sent) == len(files)  # each once, however many shards there were

    again = Blind([study])  # another command, on the same node
    monkeypatch.setattr(choice, "executor_of", lambda on, device: again)
    asked.run(runs_dir=tmp_path / "again", on="ray", trust=True, observer=Silent())
    assert again.sent == []


def test_arrays_of_a_program_reach_a_node_that_does_not_see_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    tables = {
        "name": "arrays",
        "data": {"split": [0.6, 0.2, 0.2]},
        "model": {"kind": "mlp", "hidden": [4]},
        "training": {"epochs": 3, "lr": 0.1},
        "study": {"seeds": 3},
    }
    asked = Study.from_dict(tables, x=x, y=x[:, 0])

    class Unseeing(Silent):
        """Hides what the study has stored, once there is something."""

        def message(self, text: str) -> None:
            executor.hidden = list((tmp_path / "there").rglob("data.npz"))

        def group_started(self, group: object) -> None:
            self.message("")

    executor = Blind([])
    monkeypatch.setattr(choice, "executor_of", lambda on, device: executor)
    there = asked.run(runs_dir=tmp_path / "there", on="ray", observer=Unseeing())
    alone: Result = asked.run(runs_dir=tmp_path / "alone")
    assert executor.sent
    assert differences(alone.directory, there.directory) in ([], NUMBERED)


# --- what is kept -----------------------------------------------------------------------------------------


def needed(path: Path, content: bytes, is_public: bool = False) -> Needed:
    return Needed(path, hashlib.sha256(content).hexdigest(), is_public)


def placed(*needs: Needed, contents: dict[str, list[bytes]] | None = None) -> Path:
    return copies.directory_of(needs, Path("/nowhere"), None, contents or {}, lambda piece: piece)


def test_files_that_are_here_are_used_where_they_are(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    assert placed(needed(tmp_path / "a", b"one")) == Path("/nowhere")
    assert not cache.exists()


def test_another_file_of_that_name_is_not_taken_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    other = needed(tmp_path / "a", b"two")
    with pytest.raises(FilesLacking, match=other.sha256):
        placed(other)
    directory = placed(other, contents={other.sha256: [b"t", b"wo"]})
    assert directory != Path("/nowhere")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert mirror.found(tmp_path / "a").read_bytes() == b"two"


def test_a_public_file_goes_where_fetched_ones_lie(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "roots", lambda data_dir: [tmp_path / "other", cache])
    one = needed(Path("mnist/images.gz"), b"pixels", is_public=True)
    assert not copies.is_there(one, None)
    assert placed(one, contents={one.sha256: [b"pixels"]}) == Path("/nowhere")
    assert (cache / "mnist" / "images.gz").read_bytes() == b"pixels"
    assert copies.is_there(one, None)


def test_what_arrives_damaged_is_not_kept(tmp_path: Path, cache: Path) -> None:
    one = needed(tmp_path / "a", b"one")
    with pytest.raises(DataError, match="did not arrive"):
        placed(one, contents={one.sha256: [b"eno"]})
    assert list((cache / "files").iterdir()) == []
    assert placed(one, contents={one.sha256: [b"one"]})


def test_a_damaged_copy_is_written_again(tmp_path: Path, cache: Path) -> None:
    one = needed(tmp_path / "a", b"one")
    placed(one, contents={one.sha256: [b"one"]})
    (cache / "files" / one.sha256).write_bytes(b"xyz")
    with pytest.raises(FilesLacking):
        placed(one)
    placed(one, contents={one.sha256: [b"one"]})
    assert mirror.found(tmp_path / "a").read_bytes() == b"one"


def test_a_file_that_changes_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"two")
    with pytest.raises(DataError, match="changed since"):
        list(copies.pieces(tmp_path / "a", needed(tmp_path, b"one").sha256))


def test_what_runs_keep_lies_in_the_study_where_that_is_seen(tmp_path: Path, cache: Path) -> None:
    assert copies.work_of(None) is None
    assert copies.work_of(tmp_path / "work") == tmp_path / "work"
    assert copies.work_of(Path("/nowhere/20260101/work")) == cache / "work" / "20260101"
