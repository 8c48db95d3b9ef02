"""Prints on any stream: what its encoding does not have becomes plain ASCII instead of an error."""

from __future__ import annotations

import codecs
import sys

PLAIN = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "·": "-",
        "–": "-",
        "—": "-",
        "─": "-",
        "−": "-",
        "×": "x",
        "✓": "+",
        "✗": "x",
        "…": "...",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
    }
)
HANDLER, ASCII = "seedbed.plain", "seedbed_ascii"


def allow_any_encoding() -> None:
    """Let stdout and stderr take all text, where nobody chose another handling of errors (PYTHONIOENCODING)."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "surrogateescape", "backslashreplace"):
            encoding = codecs.lookup(stream.encoding).name
            encoding = ASCII if encoding == "ascii" else encoding
            stream.reconfigure(encoding=encoding, errors=HANDLER)  # type: ignore[union-attr]


def is_printable(text: str) -> bool:
    """Whether stdout has every character of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _ascii(name: str) -> codecs.CodecInfo | None:
    """ASCII by another name: Click takes a stream of that name for one of UTF-8."""
    if name != ASCII:
        return None
    of = codecs.lookup("ascii")
    return codecs.CodecInfo(
        of.encode,
        of.decode,
        of.streamreader,
        of.streamwriter,
        of.incrementalencoder,
        of.incrementaldecoder,
        name,
    )


def _plain(error: UnicodeError) -> tuple[str, int]:
    """See `codecs.register_error`: own marks as similar ones, all else as an escape that can be read back."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(HANDLER, _plain)
codecs.register(_ascii)
