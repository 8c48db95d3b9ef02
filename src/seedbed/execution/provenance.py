"""Which code a study ran: copies of its files, their checksums, and the git commit that they are from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.store.writer import Store
from seedbed.study.code import ChangedCode, Snapshot

DIRECTORY = "code"
MOST_KEPT = 20_000_000  # bytes of all copies
PATIENCE = 5.0  # seconds for git; a tree on a slow disk may take longer, and its state is then left out
# Neither hooks nor a file system monitor of the repository run, and nothing in it is written.
HARMLESS = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


def keep(store: Store, code: Snapshot | None) -> None:
    """Store a copy of each file of the code, as it was read."""
    left = MOST_KEPT
    for source in code.sources if code else ():
        if source.content is not None and source.size <= left:
            store.write_bytes(f"{DIRECTORY}/{source.name}", source.content)
            left -= source.size


def facts_of(code: Snapshot | None, directory: Path) -> dict[str, Any]:
    """What `environment.json` says of the code; empty where there is none."""
    if code is None:
        return {}
    files = [source.path for source in code.sources if source.path]
    facts = {"what": code.code.what, "digest": code.digest, "files": code.files}
    return {"code": facts | _git(files[0].parent if files else directory, files)}


def check_same(told: Mapping[str, Any], code: Snapshot | None) -> None:
    """Refuse to go on with other code than that with which a study was begun: two programs would be compared.

    Parameters
    ----------
    told
        What `environment.json` holds.

    Raises
    ------
    ChangedCode
    """
    began = told.get("code")
    if code is None or not began or began.get("digest") == code.digest:
        return
    before, now = began.get("files") or {}, code.files
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    raise ChangedCode(names or [f"what it runs ({began.get('what')})"])


# --- git ------------------------------------------------------------------------------------------------


def _git(directory: Path, files: Sequence[Path]) -> dict[str, Any]:
    """The commit that is checked out where code lies, and whether anything there differs from it; empty without git."""
    commit = _asked(directory, "rev-parse", "--verify", "HEAD")
    if not commit:
        return {}
    changes = _asked(directory, "status", "--porcelain", "--untracked-files=no")
    is_tracked = _asked(directory, "ls-files", "--error-unmatch", "--", *map(str, files)) is not None
    return {"commit": commit, "dirty": None if changes is None else bool(changes) or not is_tracked}


def _asked(directory: Path, *words: str) -> str | None:
    """What git answers; None where it does not, or not in time."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        answer = subprocess.run(
            ["git", *HARMLESS, "-C", str(directory), *words],
            env={**own, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else None
