"""What crashed runs printed, as the report shows it."""

from __future__ import annotations

from seedbed.report.sections.crashes import LONGEST, _plain


def test_output_is_shown_as_a_terminal_would() -> None:
    bar = "".join(f"\r{done} %" for done in range(101))
    assert _plain(f"\x1b[31mred\x1b[0m\r\n{bar}\n\tindented\r\n\n") == "red\n100 %\n    indented"
    assert _plain("") == ""
    assert _plain("x" * 10_000) == "[...]" + "x" * LONGEST
