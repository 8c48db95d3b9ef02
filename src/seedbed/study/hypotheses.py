"""A claim written down before the study runs, in a form that the report can give a verdict on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model, model_validator

from seedbed.analysis.forms import FORMS, form_of, metrics_of, variants_of
from seedbed.analysis.forms.base import Form, Holds
from seedbed.values import Float, FrozenModel, Int, NonNegativeFloat, PositiveFloat

LONGEST_CLAIM = 2_000  # characters


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


TEXT = {"type": "string"}
Names = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(_one_or_several),
    WithJsonSchema({"anyOf": [TEXT, {"type": "array", "items": TEXT}]}),
]

HELD: dict[Holds, Any] = {
    "variant": str,
    "variants": tuple[str, str],
    "order": Annotated[tuple[str, ...], Field(min_length=2)],
    "factors": tuple[str, str, str, str],
    "metric": str,
    "number": Float,
    "range": tuple[NonNegativeFloat, NonNegativeFloat],
    "share": Annotated[PositiveFloat, Field(lt=1)],
    "epoch": Annotated[Int, Field(ge=2)],
}


class _Claim(FrozenModel):
    claim: str = Field(max_length=LONGEST_CLAIM, description="The claim in words.")
    made_by: str | None = Field(
        default=None,
        max_length=LONGEST_CLAIM,
        description="Who made it, such as a report or a paper; your own unless given.",
    )


if TYPE_CHECKING:
    _ClaimOfAnyForm = _Claim
else:  # with a key for each form
    _ClaimOfAnyForm = create_model(
        "_ClaimOfAnyForm",
        __base__=_Claim,
        **{
            name: (HELD[form.holds] | None, Field(default=None, description=form.meaning))
            for name, form in FORMS.items()
        },
    )


class Hypothesis(_ClaimOfAnyForm):
    """A claim and the form that tests it.

    It has exactly one of the keys in `analysis.forms.FORMS`, with the other keys that this form needs or may have.

    Without `metric` the study's own is meant. After a metric, `@EPOCH` means its value on the curve then; a run
    that stopped earlier counts with its last one.
    """

    than: Names | None = Field(
        default=None, description="The variant, or list of variants, that it is compared with."
    )
    variant: str | None = Field(default=None, description="The variant whose metric is judged by itself.")
    metric: str | None = Field(
        default=None,
        description="PART.NAME, or PART.NAME@EPOCH for its value after that epoch; the study's own unless given.",
    )
    margin: NonNegativeFloat = Field(
        default=0.0,
        description="By how much it must be better or lie above, in units of a metric of differences, such as "
        "accuracy.",
    )
    factor: Annotated[float, Field(gt=1)] | None = Field(
        default=None,
        description="The same for metrics of ratios, errors and losses: how many times better, or at most apart.",
    )
    within: NonNegativeFloat | None = Field(
        default=None,
        description="The largest difference that still counts as none, in units of a metric of differences. Unless it "
        "or factor is given, study.matters.",
    )

    @model_validator(mode="after")
    def _has_one_form(self) -> Hypothesis:
        given = self.model_fields_set - {*_Claim.model_fields}
        forms = [form for form in FORMS if form in given]
        if len(forms) != 1:
            raise ValueError(
                f"expected exactly one of {', '.join(FORMS)}, got {' and '.join(forms) or 'none'}"
            )
        form, beside = FORMS[forms[0]], given - {forms[0]}
        if missing := {*form.needs} - beside:
            raise ValueError(f"{forms[0]} also needs {' and '.join(sorted(missing))}")
        if others := beside - {*form.needs, *form.may}:
            raise ValueError(f"{forms[0]} cannot be combined with {' and '.join(sorted(others))}")
        self._check_what_it_holds(forms[0], form)
        return self

    def _check_what_it_holds(self, name: str, form: Form) -> None:
        """The names and numbers of its keys, as far as they depend on each other."""
        held, than = getattr(self, name), self.than or ()
        if form.opponents is not None and self.than is not None and len(than) != form.opponents:
            raise ValueError(f"{name} takes exactly {form.opponents} in than, got {len(than)}")
        named = held if form.holds in ("order", "factors") else than if form.opponents else ()
        if twice := next((one for one in named if named.count(one) > 1), None):
            raise ValueError(f'{name} names "{twice}" twice; name each variant once')
        if form.holds == "range" and held[0] >= held[1]:
            raise ValueError(f"{name} takes the lower end first, got [{held[0]:g}, {held[1]:g}]")

    @cached_property
    def form(self) -> str:
        """Which of the forms it takes."""
        return form_of(self.model_dump())

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """The variants it names."""
        return tuple(variants_of(self.model_dump()))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it names."""
        return tuple(metrics_of(self.model_dump()))
