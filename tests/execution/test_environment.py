"""The recorded environment."""

from __future__ import annotations

import os
import sys

import pytest

from seedbed.execution import environment


def test_the_command_is_recorded_as_text_in_any_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    escaped = "é".encode().decode("ascii", "surrogateescape")  # as in a C locale
    monkeypatch.setattr(sys, "argv", ["/bin/seedbed", "run", f"{escaped}.toml", "\udcff"])
    monkeypatch.setattr(os, "fsencode", lambda word: word.encode("ascii", "surrogateescape"))
    assert environment.command() == r"seedbed run 'é.toml' '\xff'"
