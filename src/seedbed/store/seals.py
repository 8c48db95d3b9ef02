"""The seal of a study: what its verdicts depend on, with a hash, in the journal before the first run trains."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seedbed.files import to_json
from seedbed.store.reader import events

ASKED = (
    "metric",
    "direction",
    "scale",
    "matters",
    "fails_above",
    "fails_below",
)  # of a study, beside its claims
RULE = ("rule", "gamma", "alpha_a_side", "looks")  # by which several looks decide


def seal(study: Mapping[str, Any]) -> dict[str, Any]:
    """What is sealed of a study, given what `resolved.json` holds, and the hash over it."""
    content = _as_stored(
        {
            "claims": [_stated(claim) for claim in study.get("hypotheses", [])],
            **{name: study[name] for name in ASKED if study.get(name) is not None},
            "rule": {name: study["until"][name] for name in RULE} if study.get("until") else None,
        }
    )
    return {"hash": _digest(content), **content}


def broken(sealed: Mapping[str, Any], study: Mapping[str, Any]) -> list[str]:
    """What is different in a stored study from what was sealed before it ran."""
    now = seal(study)
    if now["hash"] == sealed.get("hash"):
        return []
    return [*changes(sealed, now), *_changed_rule(sealed, now)] or ["the seal itself was changed"]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is asked otherwise after than before, in words: a line for each claim, and for whatever all depend on."""
    lines = [
        f"{name} was {_text(before.get(name))}, is {_text(after.get(name))}"
        for name in ASKED
        if before.get(name) != after.get(name)
    ]
    old, new = ({claim["claim"]: claim for claim in one.get("claims", [])} for one in (before, after))
    for text, claim in new.items():
        if text not in old:
            lines.append(f"“{text}” is new")
        elif claim != old[text]:
            keys = [
                key for key in dict.fromkeys([*old[text], *claim]) if old[text].get(key) != claim.get(key)
            ]
            told = (f"{key} was {_text(old[text].get(key))}, is {_text(claim.get(key))}" for key in keys)
            lines.append(f"“{text}”: {'; '.join(told)}")
    return lines + [f"“{text}” was dropped" for text in old if text not in new]


def _changed_rule(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if before.get("rule") != after.get("rule"):
        yield "the rule by which looks decide"


def sealed_in(directory: Path) -> dict[str, Any] | None:
    """The seal in the journal of a study; None where an older version wrote none."""
    found = (event for event in events(directory) if event.get("event") == "sealed")
    return next(found, None)


def _stated(claim: Mapping[str, Any]) -> dict[str, Any]:
    """A claim without the keys that say nothing, which another version may have more of."""
    return {key: value for key, value in claim.items() if value not in (None, 0, [], ())}


def _as_stored(content: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data as they are read again: lists instead of tuples."""
    return json.loads(to_json(content))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(to_json(dict(sorted(content.items()))).encode()).hexdigest()


def _text(value: object) -> str:
    return "not given" if value is None else to_json(value)
