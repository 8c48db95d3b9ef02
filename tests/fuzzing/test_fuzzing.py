"""Every target of fuzzing, on its seeds, on damaged ones and on anything at all, and on all that ever broke one."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FOUND = (
    Path(__file__).parent / "found"
)  # <target>/<any name>: contents that were defects until they were mended


def edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """A content with stretches of it replaced: each edit is a start, a length and what comes there instead."""
    for start, length, instead in edits:
        start %= len(content) + 1
        content = content[:start] + instead + content[start + length :]
    return content


EDIT = st.tuples(st.integers(0, 2**20), st.sampled_from([0, 1, 1, 4, 2**30]), st.binary(max_size=4))


@pytest.mark.parametrize("name", TARGETS)
def test_a_valid_content_is_read(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert seeds
    for seed in seeds:
        TARGETS[name].read(seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_content_is_read_or_refused(name: str, data: st.DataObject) -> None:
    seeds = [*TARGETS[name].seeds(), b""]
    TARGETS[name].read(
        edited(data.draw(st.sampled_from(seeds)), data.draw(st.lists(EDIT, min_size=1, max_size=4)))
    )


@pytest.mark.parametrize(
    "path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_once_was_a_defect_is_read_or_refused(path: Path) -> None:
    TARGETS[path.parent.name].read(path.read_bytes())
