"""Which runs of results from elsewhere are paired: all, those of common seeds, or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seedbed.analysis.pairable import pairable


def test_the_same_seeds_are_paired_in_whatever_order_and_however_few() -> None:
    found = pairable({"a": [3, 1], "b": [1, 3]})
    assert found.paired
    assert found.seeds == (3, 1)
    assert not found.left_out
    assert not found.reason


def test_common_seeds_are_paired_where_they_are_six_and_half_of_all() -> None:
    found = pairable({"a": range(9), "b": range(3, 12)})  # 6 of 12
    assert found.paired
    assert found.seeds == (3, 4, 5, 6, 7, 8)
    assert found.left_out == {"a": (0, 1, 2), "b": (9, 10, 11)}
    expected = "6 of 12 seeds are in all variants; left out are seeds of “a” 0, 1, 2; “b” 9, 10, 11"
    assert found.reason == expected


def test_fewer_than_six_or_than_half_are_not_paired() -> None:
    few = pairable({"a": range(6), "b": range(1, 7)})  # 5 of 7
    assert not few.paired
    assert few.reason == "the variants have 5 of 7 seeds in common"
    scattered = pairable({"a": range(10), "b": range(4, 14)})  # 6 of 14
    assert not scattered.paired
    nothing = pairable({"a": ["x"], "b": ["y"]})
    assert nothing.reason == "the variants have none of 2 seeds in common"


def test_of_many_variants_the_first_are_named() -> None:
    found = pairable({"short": range(9), **{f"v{n}": range(10) for n in range(1000)}})
    assert len(found.left_out) == 1000
    assert found.reason.endswith("“v3” 9; and 996 more variants")


def test_one_variant_alone_and_none() -> None:
    assert pairable({"a": [5, 6]}).seeds == (5, 6)
    assert pairable({}).paired


SEEDS = st.lists(st.integers(0, 30), unique=True)


@given(st.dictionaries(st.text(max_size=2), SEEDS, min_size=1, max_size=4))
def test_every_run_is_either_compared_or_left_out(seeds: dict[str, list[int]]) -> None:
    found = pairable(seeds)
    for name, own in seeds.items():
        rest = found.left_out.get(name, ())
        if found.paired:
            assert sorted([*found.seeds, *rest]) == sorted(own)  # type: ignore[type-var]
        else:
            assert not found.seeds
            assert not rest
    assert bool(found.reason) == (not found.paired or bool(found.left_out))
