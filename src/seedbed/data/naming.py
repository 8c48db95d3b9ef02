"""Names of columns and values in messages: a few of perhaps thousands, and the one probably meant."""

from __future__ import annotations

import difflib
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable

from seedbed.text import first_few


def in_expression(name: str) -> str:
    """A column's name as expressions write it: in backticks unless it is an identifier."""
    plain = name.isidentifier() and not keyword.iskeyword(name)
    return name if plain and unicodedata.is_normalized("NFKC", name) else f"`{name}`"


def nearest(name: str, known: Iterable[str], written: Callable[[str], str] = repr) -> str:
    """The end of a message about an unknown name: the nearest known one, or the first few of them.

    The nearest, ignoring case, is one that is spelt alike, else one that has the name among its words.

    Parameters
    ----------
    written
        How the message writes the nearest name.
    """
    known = list(known)
    folded = {one.casefold(): one for one in reversed(known)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    close += [one for one in folded if name.casefold() in re.findall(r"\w+", one)]
    return f"did you mean {written(folded[close[0]])}?" if close else f"known: {first_few(known)}"
