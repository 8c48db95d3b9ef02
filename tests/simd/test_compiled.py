"""Where compiled kernels are kept."""

from pathlib import Path

import pytest

from seedbed.simd import compiled


def test_compiled_kernels_go_where_they_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    assert compiled._directory(str(asked)).parent == asked
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    assert compiled._directory(str(blocked)).parent == tmp_path / "seedbed"
    monkeypatch.setattr("pooch.os_cache", lambda name: blocked)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert compiled._directory("").parent == tmp_path
