"""What travels to a worker, and what comes back from it.

A worker is given plain data that names the study, variants and seeds, from which it rebuilds the work, and sends
messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.execution.saving import EVERY
from seedbed.study.checkpoints import State
from seedbed.study.events import Event
from seedbed.study.trainable import Compute, Finished, Shard


@dataclass(frozen=True)
class Needed:
    """A file that a study is trained with.

    Attributes
    ----------
    path
        Where the worker looks for it; of a public dataset, its path in a directory of data.
    """

    path: Path
    sha256: str
    is_public: bool = False


class FilesLacking(Exception):
    """Files that are not on a node, nor sent; its arguments are their checksums."""


@dataclass(frozen=True)
class Round:
    """All that a worker needs to make a round of a study ready: the same for all of its shards.

    Attributes
    ----------
    text, path
        The stored study's TOML, and where it is stored.
    trainable
        What trains its runs, as cloudpickle carries it between our own processes: a program may have made it.
    seeds
        First and end.
    compute, data_dir
        As whoever began the study asked.
    checksums
        Of the files of data that the study was begun with.
    code
        Checksums of the files of its code by name; None where it names none, or a program has it.
    save_every
        Seconds between two states of a shard's training that are sent to whoever stores them.
    directory
        What the study's paths are relative to where it was begun.
    needs
        The files of data and code that are known.
    contents
        What is sent of those that some node lacks: pieces by checksum, as the executor carries them.
    """

    text: str
    path: Path
    trainable: bytes
    variants: Sequence[str]
    seeds: tuple[int, int]
    compute: Compute
    data_dir: Path | None
    checksums: dict[str, str] = field(default_factory=dict)
    code: dict[str, str] | None = None
    save_every: float = EVERY
    directory: Path = Path()
    needs: tuple[Needed, ...] = ()
    contents: Mapping[str, Sequence[Any]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Assignment:
    """A shard to train.

    Attributes
    ----------
    resume_from, seconds
        What was saved of it last, and how long it has trained.
    directory
        Where its runs may keep files of their own.
    """

    shard: Shard
    round: Round
    resume_from: State | None
    directory: Path | None


@dataclass(frozen=True)
class Told:
    """An event of the shard."""

    event: Event


@dataclass(frozen=True)
class Saved:
    """The shard's training, to go on from."""

    state: State


@dataclass(frozen=True)
class Trained:
    """The shard is trained; the last message.

    Attributes
    ----------
    facts
        What computed it: "node", and of the recipe "engine"; and "own_seconds", those of the training alone.
    held
        Bytes that are counted for it until it is stored; see `room`.
    """

    finished: Finished
    facts: dict[str, Any]
    held: int = 0


@dataclass(frozen=True)
class Ended:
    """The shard was not trained to its end: the study is to end, or an error came; the last message.

    Attributes
    ----------
    error
        What was raised; None where the worker was asked to end.
    """

    error: BaseException | None


Message = Told | Saved | Trained | Ended
