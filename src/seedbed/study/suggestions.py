"""What was probably meant by a word that is not known: a typing error, or the name that other tools use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from seedbed.study.synonyms import choices_called, keys_called, plain, why_no_key

SLIP, ALIKE = 0.8, 0.5  # least similarity of a typing error, and of a word that may have been meant
MOST_LISTED = 3
MOST_KNOWN = 30  # names of which all are listed where none is like the word
# Likeness is looked for only so far: ten thousand names of two hundred characters take difflib minutes.
MOST_COMPARED, LONGEST_COMPARED = 300, 100


def nearest(word: str, known: Iterable[str], cutoff: float = ALIKE) -> str | None:
    """The known word that `word` was probably meant to be."""
    known = list(known)
    if len(word) > LONGEST_COMPARED:
        return None
    called = [name for name in choices_called(word) if name in known]
    swapped = [name for name in known if sorted(name.casefold()) == sorted(word.casefold())]
    if called or swapped:
        return (called or swapped)[0]
    folded = {name.casefold(): name for name in reversed(known[:MOST_COMPARED])}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def instead_of(word: str, known: Iterable[str]) -> str:
    """Where a word is not known: the one probably meant, or else all there are, of very many the first."""
    known = list(known)
    if near := nearest(word, known):
        return f'did you mean "{near}"?'
    more = f", ... ({len(known):,} in all)" if len(known) > MOST_KNOWN else ""
    return f"known: {', '.join(known[:MOST_KNOWN]) or 'none'}{more}"


def instead_of_setting(key: str, known: Iterable[str]) -> str:
    """Where a dotted key is not known: the one probably meant, in its table or elsewhere, or why there is none."""
    known = list(known)
    table, _, last = key.rpartition(".")
    beside = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == table]
    if called := [name for name in keys_of_other_name(last, table, beside) if name in known]:
        return f'did you mean "{called[0]}"?'
    if slip := nearest(last, beside, SLIP):
        return f'did you mean "{table}.{slip}"?' if table else f'did you mean "{slip}"?'
    if why := why_no_key(last):
        return why
    if elsewhere := listed(name for name in known if name.rpartition(".")[2] == last):
        return elsewhere
    near = nearest(last, beside)
    return f'did you mean "{table}.{near}"?' if near else instead_of(key, known)


def keys_of_other_name(word: str, table: str, names: Sequence[str]) -> list[str]:
    """The dotted keys that other tools call so, those first that a table has among its `names`, then its others.

    A table's own name for a key comes before what other tables call by it.
    """
    if own := [name for name in names if plain(name) == plain(word)]:
        return [f"{table}.{own[0]}".strip(".")]

    def order(key: str) -> tuple[bool, bool]:
        owner, _, name = key.rpartition(".")
        return not (owner == table and name in names), owner != table

    return sorted(keys_called(word), key=order)


def listed(keys: Iterable[str]) -> str | None:
    """A question that names the first of some keys; None where there are none."""
    quoted = [f'"{key}"' for key in keys][:MOST_LISTED]
    if not quoted:
        return None
    *first, last = quoted
    return f"did you mean {' or '.join([', '.join(first), last] if first else [last])}?"
