"""The side of a worker: rebuilds the work of a study, trains shards of it, and sends what they say."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import cloudpickle

from seedbed.execution import nodes
from seedbed.execution.executors import copies
from seedbed.execution.executors.assignment import Assignment, Ended, Message, Round, Saved, Told, Trained
from seedbed.execution.executors.copies import Fetch
from seedbed.execution.saving import AT_END
from seedbed.plan.plan import plan
from seedbed.store.schema import StoreError
from seedbed.study.checkpoints import Checkpoints, State, Stopped
from seedbed.study.model import Study
from seedbed.study.trainable import Shard, TrainableError, Work
from seedbed.study.trust import code_of

Send = Callable[[Message], None]


class Place:
    """Trains shards one after another; what it has rebuilt of a study is kept from one to the next.

    Attributes
    ----------
    asked_to_end
        Set by another thread where the shard is to be saved and left.
    """

    def __init__(self, node: str | None = None, fetch: Fetch = lambda piece: piece) -> None:
        self.node = node
        self._fetch = fetch
        self.asked_to_end = False
        self._opened: Opened | None = None

    def train(self, assignment: Assignment, send: Send) -> None:
        """Train a shard and send all that it says, a `Trained` or `Ended` last."""
        try:
            work = self._work(assignment)
            checkpoints = _Sending(self, assignment, send)
            began = time.monotonic()
            finished = work.train(assignment.shard, lambda event: send(Told(event)), checkpoints)
            own = time.monotonic() - began
        except Stopped:
            send(Ended(None))
        except Exception as error:
            send(Ended(_portable(error)))
        else:
            send(Trained(finished, {**nodes.here(self.node), "own_seconds": own, **_engine(work)}))

    def close(self) -> None:
        """Give back what the work holds."""
        if self._opened:
            self._opened.close()
            self._opened = None

    def _work(self, assignment: Assignment) -> Work:
        if self._opened is None or self._opened.round != assignment.round:
            self.close()
            self._opened = Opened(assignment.round, self._fetch)
        return self._opened.work(assignment.shard)


class Opened:
    """A round of a study where its shards are trained: the work of the last one is kept, for the next may be of it."""

    def __init__(self, part: Round, fetch: Fetch = lambda piece: piece) -> None:
        self.round = part
        directory = copies.directory_of(part.needs, part.directory, part.data_dir, part.contents, fetch)
        study = Study.parse(part.text, part.path, cloudpickle.loads(part.trainable))
        self._study = replace(study, directory=directory) if directory != part.directory else study
        self._code = code_of(self._study) if part.code is not None else None
        if self._code and self._code.files != part.code:
            raise StoreError(
                f"the code of the study is not the same on {platform.node()} as where the study was begun "
                f"({', '.join(self._code.files)}); put the same files there"
            )
        self._last: tuple[frozenset[str], range, Work] | None = None

    def work(self, shard: Shard) -> Work:
        """What trains a shard, made ready as `execution.preparing` does it where the study is run."""
        variants, seeds = self._asked(shard)
        if self._last:
            names, before, work = self._last
            if variants <= names and seeds.start in before and seeds[-1] in before:
                return work
        self.close()  # before there is another: it may fill the memory
        work = self._prepared(variants, seeds)
        self._last = variants, seeds, work
        return work

    def _asked(self, shard: Shard) -> tuple[frozenset[str], range]:
        """The variants and seeds to make ready; a study that crosses its seeds tells their levels by all of them."""
        if self._study.vary_seeds or not self._study.trainable.readies_runs:
            return frozenset(self.round.variants), range(*self.round.seeds)
        seeds = {run.seed for run in shard.runs}
        return frozenset(shard.variants), range(min(seeds), max(seeds) + 1)

    def _prepared(self, variants: Collection[str], seeds: range) -> Work:
        mine = self._study if self._study.vary_seeds else self._study.only(variants, seeds)
        work = plan(mine, self.round.data_dir).work
        for name, checksum in (work.environment.get("data") or {}).items():
            if self.round.checksums.get(name, checksum) != checksum:
                raise StoreError(
                    f"{name} is another file on {platform.node()} than where the study was begun; "
                    "put the same file there"
                )
        work = work.on(self.round.compute)
        if self._code:
            work.hold_to(self._code)
        work.warm_up()
        return work

    def close(self) -> None:
        """Give back what the work holds."""
        if self._last:
            self._last[-1].close()
            self._last = None


def _engine(work: Work) -> dict[str, Any]:
    return {key: value for key, value in work.environment.items() if key in ("engine", "device")}


class _Sending(Checkpoints):
    """Checkpoints of a shard that are sent to whoever writes the study."""

    def __init__(self, place: Place, assignment: Assignment, send: Send) -> None:
        self.resume_from, self.directory = assignment.resume_from, copies.work_of(assignment.directory)
        self._place, self._send, self._every = place, send, assignment.round.save_every
        self._last = time.monotonic()

    def due(self, at_end: bool = False) -> bool:
        wait = min(AT_END, self._every) if at_end else self._every
        return self._place.asked_to_end or time.monotonic() - self._last >= wait

    def save(self, state: State) -> None:
        self._send(Saved(state))
        self._last = time.monotonic()
        if self._place.asked_to_end:
            raise Stopped


def _portable(error: Exception) -> Exception:
    """An error as it can be sent: as it is where it survives that, else its text."""
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        text = "".join(traceback.format_exception_only(error)).strip()
        return TrainableError(f"a worker on {platform.node()} failed: {text}")
    return error
