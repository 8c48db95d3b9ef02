"""What the variants of a table of results are called, which of them is base, and what else claims may call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seedbed.analysis.forms import FORMS
from seedbed.analysis.forms.base import OF_VARIANTS
from seedbed.study.contents import BASE
from seedbed.study.problems import Problem
from seedbed.study.settings import LONGEST_NAME, described, names, parse_value
from seedbed.study.suggestions import instead_of
from seedbed.text import visible
from seedbed.trainables.judged.rows import VARIANT, Wrong

TABLE = "settings"


class Named:
    """The variants of a table, base first.

    Parameters
    ----------
    variants
        The labels of each, by column.
    base
        As the study names it; None for the first.

    Attributes
    ----------
    order
        Which of `variants` each is.
    names
        What each is called.
    of_base
        What base is called among the others: optimizer = sgd.
    """

    def __init__(self, variants: Sequence[Mapping[str, Any]], base: Any) -> None:
        called = [visible(name) for name in _called(variants)]
        values = [", ".join(map(described, one.values())) for one in variants]
        first = 0 if base is None else _base(variants, called, values, base)
        self.order = [first, *(index for index in range(len(variants)) if index != first)]
        self.of_base = called[first]
        self.names = [BASE, *(called[index] for index in self.order[1:])]
        self._known: dict[str, str] = {}
        for texts in (called, values):
            for index, text in enumerate(texts):
                self._known.setdefault(text, BASE if index == first else called[index])
        self._known[BASE] = BASE

    def in_claims(self, claims: Any) -> Any:
        """Claims whose variants have their names, also where they are called by their values or base by its own."""
        if not isinstance(claims, Sequence):
            return claims
        return [self._claim(claim) if isinstance(claim, Mapping) else claim for claim in claims]

    def _claim(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        holding = {"than", "variant", *(key for key, form in FORMS.items() if form.holds in OF_VARIANTS)}
        return {key: self._renamed(value) if key in holding else value for key, value in claim.items()}

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._known.get(value, value)
        return [self._renamed(one) for one in value] if isinstance(value, list | tuple) else value


def _called(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of variants; of a column that is called so, which has names, its values."""
    if all(one.keys() == {VARIANT} for one in variants):
        values = [described(one[VARIANT]) for one in variants]
        if BASE not in values and all(0 < len(value) <= LONGEST_NAME for value in values):
            return values
    return names(variants)


def _base(
    variants: Sequence[Mapping[str, Any]], called: Sequence[str], values: Sequence[str], base: Any
) -> int:
    """Which variant a study names as base, by its name, its value or values; raises `Wrong`."""
    if isinstance(base, Mapping):
        found = [index for index, one in enumerate(variants) if dict(one) == dict(base)]
        text = ", ".join(f"{key} = {described(value)}" for key, value in base.items())
    else:
        text = base if isinstance(base, str) else described(base)
        found = [index for index, known in enumerate(called) if known == text]
        found = found or [index for index, known in enumerate(values) if known == text]
        plain = ", ".join(described(parse_value(part.strip())) for part in text.split(","))
        found = found or [index for index, known in enumerate(values) if known == plain]
    if not found:
        raise Wrong(
            Problem("results.base", f'there is no variant "{text}"; {instead_of(text, [*values, *called])}')
        )
    return found[0]


def setting_keys(columns: Sequence[str]) -> dict[str, str]:
    """The dotted key of the setting that each column is; dots in a name nest where no two get into each other's way."""
    dotted = {name: f"{TABLE}.{name}" for name in columns}
    keys = set(dotted.values())
    parents = {key.rsplit(".", count)[0] for key in keys for count in range(1, key.count("."))}
    is_plain = not keys & parents and all("" not in key.split(".") for key in keys)
    return dotted if is_plain else {name: f"{TABLE}.{name.replace('.', '_')}" for name in columns}
