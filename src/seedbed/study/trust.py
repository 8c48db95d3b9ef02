"""Whether the code that a study names may run: only once its user has said so, for this study and these files.

A yes is remembered in the user's configuration directory, as a file that is named by a digest of the study's text, its
directory, what would run and the files of the code. So whatever changes what is run asks again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from seedbed.files import to_json, write_whole
from seedbed.study.code import Snapshot, Source, snapshot, unreadable
from seedbed.study.model import Study
from seedbed.study.problems import Problem, StudyError
from seedbed.text import byte_size, counted, visible

VARIABLE = "SEEDBED_TRUST"
MOST_LINES, LONGEST_LINE = 40, 500  # that are shown of what would run


_allowed: set[Path] = set()  # in this process, also where nothing is remembered


class TrustError(StudyError):
    """A study that would run code which its user has not allowed: the study, and the code as it was read."""

    def __init__(self, study: Study, code: Snapshot) -> None:
        super().__init__(study.origin, [Problem("", _refusal(study, code))])
        self.study, self.code = study, code


def code_of(study: Study) -> Snapshot | None:
    """The code that a study would run, as it is now; None where it names none.

    Raises
    ------
    StudyError
        Where a file of it cannot be read.
    """
    code = study.trainable.code(study)
    if code is None:
        return None
    try:
        return snapshot(code, study.directory)
    except OSError as error:
        raise unreadable(study.origin, error) from error


def demand(study: Study, trust: bool = False, to_prepare: bool = False) -> Snapshot | None:
    """The code that a study may run, as it is now; None where it names none.

    Parameters
    ----------
    trust
        Whether the user allows it now; that is remembered.
    to_prepare
        Whether the study is only made ready: where that runs no code there is no question, and None.

    Raises
    ------
    TrustError
        Where the user has not allowed it.
    StudyError
        Where a file of it cannot be read.
    """
    named = study.trainable.code(study) if to_prepare else None
    if to_prepare and not (named and named.to_prepare):
        return None
    code = code_of(study)
    check(study, code, trust)
    return code


def check(study: Study, code: Snapshot | None, trust: bool = False) -> None:
    """The same of code that has been read."""
    if code is None or code.code.is_given or _is_allowed(study, code):
        return
    if not trust:
        raise TrustError(study, code)
    allow(study, code)


def _is_allowed(study: Study, code: Snapshot) -> bool:
    """Whether the user allowed just this: in this process, or ever where nobody else may put files beside the code."""
    path = _path(study.text, study.directory, code)
    if path in _allowed:
        return True
    try:
        return not open_to_others(study.directory) and _is_own(path.parent) and path.is_file()
    except OSError:
        return False


def allow(study: Study, code: Snapshot, text: str | None = None) -> None:
    """Remember that the user allows this; where that cannot be written, another process asks again.

    Parameters
    ----------
    text
        Another text of the same study, such as the one that is stored with its results.
    """
    path = _path(study.text if text is None else text, study.directory, code)
    _allowed.add(path)
    facts = {"study": study.origin, "directory": study.directory, "what": code.code.what, "files": code.files}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, to_json(facts, indent=2).encode())
    except OSError:
        return


def open_to_others(directory: Path) -> bool:
    """Whether any user of the machine may put files into a directory."""
    return os.name == "posix" and bool(directory.stat().st_mode & stat.S_IWOTH)


def described(study: Study, code: Snapshot) -> Iterator[str]:
    """What would run, line by line, fit for a terminal; of very much its beginning, and how much more there is."""
    yield from _first(code.code.what.splitlines(), "line")
    yield f"in {visible(str(study.directory))}"
    yield from _first([_file_in_words(source) for source in code.sources], "file")


def _first(lines: Sequence[str], noun: str) -> Iterator[str]:
    for line in lines[:MOST_LINES]:
        more = len(line) - LONGEST_LINE
        yield visible(line[:LONGEST_LINE]) + (
            f"... and {counted(more, 'character')} more" if more > 0 else ""
        )
    if len(lines) > MOST_LINES:
        yield f"... and {counted(len(lines) - MOST_LINES, noun)} more"


def _file_in_words(source: Source) -> str:
    linked = source.path is not None and source.path.is_symlink()
    to = f", a link to {source.path.resolve()}" if linked and source.path else ""
    return f"{source.name} ({byte_size(source.size)}, sha256 {source.sha256[:12]}{to})"


def _refusal(study: Study, code: Snapshot) -> str:
    """How to allow what would run, and what that is."""
    others = open_to_others(study.directory)
    again = " (not remembered, since others may write to its directory)" if others else ""
    return (
        f"would run code that you have not allowed, or that has changed since: {'; '.join(described(study, code))}. "
        f"Read it, then allow it with --trust, in Python with trust=True{again}"
    )


def _path(text: str, directory: Path, code: Snapshot) -> Path:
    """The file that remembers a yes."""
    asked = [1, text, os.path.realpath(directory), code.digest]
    return _directory() / f"{hashlib.sha256(to_json(asked).encode()).hexdigest()}.json"


def _directory() -> Path:
    if own := os.environ.get(VARIABLE):
        return Path(own)
    import click

    return Path(click.get_app_dir("seedbed")) / "trusted"


def _is_own(directory: Path) -> bool:
    """Whether a directory is the user's own and not everybody may write to it."""
    if os.name != "posix":
        return True
    found = directory.stat()
    return found.st_uid == os.getuid() and not found.st_mode & stat.S_IWOTH
