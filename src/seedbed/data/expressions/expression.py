"""An expression of columns, such as `sin(x) + x**2`, and its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from seedbed.data.expressions.parser import Columns, Evaluate, Parser


@dataclass(frozen=True)
class Expression:
    """A checked expression of named columns.

    Operators + - * / **, comparisons, and, or, not, in (these give 0 or 1); functions sin cos tan exp log log2
    log10 sqrt abs tanh sinh cosh arctan sign floor is_missing minimum maximum mean; constants pi and e. A name
    that is not an identifier is written in backticks: `Run1 (ms)`. A column of text is compared with text in quotes,
    as in color == "red" or color in ("red", "blue").

    Attributes
    ----------
    text
        The expression as written.
    names
        The columns it uses, in order of first use.
    """

    text: str
    names: tuple[str, ...]
    _evaluate: Evaluate = field(repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        text: str,
        names: Iterable[str],
        texts: Mapping[str, Collection[str]] | None = None,
        dates: Collection[str] = (),
    ) -> Expression:
        """Read `text` as an expression of `names`.

        Parameters
        ----------
        texts
            The values of those names that hold text.
        dates
            Those names that hold dates, as days since 1970-01-01.

        Raises
        ------
        DataError
            Where it is not an expression, uses an unknown name or no name at all, or is too long or too deep.
        """
        parser = Parser(re.sub(r"\s", " ", text).strip(), tuple(names), texts or {}, dates)
        evaluate = parser.parse()
        return cls(parser.text, tuple(parser.used), evaluate)

    def __call__(self, columns: Columns) -> np.ndarray:
        """Its float64 value for columns of one shape; nan or inf where it is undefined."""
        with np.errstate(all="ignore"):
            return np.asarray(self._evaluate(columns), dtype=np.float64)
