"""Cuts the runs of a study of recipes into groups of equal shapes, and checks what only their data can tell."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from seedbed import data, machine
from seedbed.data.base import DataError
from seedbed.metrics.names import RECALL, split_epoch
from seedbed.nn.network import Network
from seedbed.recipe import Recipe
from seedbed.study.contents import BASE, Contents, Variant
from seedbed.study.problems import Problem, StudyError
from seedbed.study.suggestions import instead_of
from seedbed.trainables.recipe_modules import module_source
from seedbed.trainables.recipe_room import held
from seedbed.training import memory, networks, rules
from seedbed.training.group import Group, Run
from seedbed.training.seeds import seed_for

_network = lru_cache(maxsize=128)(networks.build)  # once for all seeds


def groups_of(study: Contents, data_dir: Path | None = None) -> tuple[Group, ...]:
    """Load the data of every run, check what only they can tell, and cut the runs into groups.

    Parameters
    ----------
    data_dir
        Where public datasets are looked for first.

    Raises
    ------
    StudyError
        With all that is wrong: data that are missing, damaged or more than the memory holds, a batch larger than the
        training part, a network that does not fit its data or the memory.
    """
    problems: dict[str, Problem] = {}  # by message, so that what several variants share is said once
    free = machine.available()
    taken = held(study, free, data_dir)
    left = None if free is None else free - taken
    metrics = _metrics(study)
    runs: dict[Hashable, list[tuple[Run, Network]]] = {}
    for variant in study.variants:
        try:
            members = _runs(study, variant, data_dir)
            fits = _group_key(*members[0]) in runs  # runs of these shapes were found to fit the memory
            wrong = list(_unfit(study, variant, members, metrics[variant.name], None if fits else left))
        except DataError as error:
            wrong = [Problem("", text) for text in error.problems]
        for problem in wrong:
            problems.setdefault(problem.message, _of_variant(variant, problem))
        for run, network in [] if wrong else members:
            runs.setdefault(_group_key(run, network), []).append((run, network))
    if problems:
        raise StudyError(study.origin, problems.values())
    whole = [Group(tuple(run for run, _ in members), members[0][1], study.seed) for members in runs.values()]
    return tuple(piece for group in whole for piece in memory.fitted(group, left))


def _runs(study: Contents, variant: Variant, data_dir: Path | None) -> list[tuple[Run, Network]]:
    """The variant under every seed to train, each with its network."""
    return [_run(study, variant, seed, data_dir) for seed in study.to_train]


def _run(study: Contents, variant: Variant, seed: int, data_dir: Path | None) -> tuple[Run, Network]:
    recipe, levels = variant.configuration, study.levels(seed)
    samples = data.load(
        recipe.data,
        classification=recipe.is_classification,
        study_seed=study.seed,
        seed=seed_for("samples", seed, levels),
        data_dir=data_dir,
        base=study.directory,
    )
    of_split = seed_for("split", seed, levels)
    prepared = data.prepare(recipe.data, samples, study_seed=study.seed, seed=of_split)
    outputs = {"number": 1, "binary": 1, "class": len(samples.classes)}[recipe.target]
    try:
        network = _network(
            recipe.model,
            samples.inputs.shape[1:],
            outputs,
            recipe.data.powers,
            recipe.training.augment,
            module_source(recipe.model, prepared, study.directory),
        )
    except ValueError as error:
        raise DataError(f"model: {error}") from None
    return Run(variant.name, seed, recipe, prepared, levels), network


def _group_key(run: Run, network: Network) -> Hashable:
    """What runs of one group have in common; all else may differ from run to run."""
    training, prepared = run.recipe.training, run.prepared
    batch = len(prepared.parts["train"]) if training.batch_size == "all" else training.batch_size
    parts = tuple((name, len(members)) for name, members in prepared.parts.items())
    weighted = training.class_weight is not None
    shared = (training.loss, weighted, training.decay_on, training.eval_every, rules.build(training))
    scaling = None if prepared.center is None else prepared.center.shape, prepared.fill is None
    return network, shared, batch, parts, len(prepared.samples.targets), prepared.samples.classes, scaling


# --- what only data can tell -------------------------------------------------------------------------------


def _of_variant(variant: Variant, problem: Problem) -> Problem:
    """The problem under the name of the variant that has it."""
    return problem if variant.name == BASE else problem.under(f'variant "{variant.name}"')


def _unfit(
    study: Contents,
    variant: Variant,
    members: list[tuple[Run, Network]],
    metrics: Iterable[str],
    free: int | None,
) -> Iterator[Problem]:
    """Where the recipe does not fit the data, its metrics or the machine; sizes are the same under every seed."""
    run, network = members[0]
    recipe, classes = variant.configuration, run.prepared.samples.classes
    yield from _unfit_batches(recipe, len(run.prepared.parts["train"]), network)
    if recipe.target == "binary" and len(classes) != 2:
        message = f"{recipe.training.loss} needs exactly two classes, got {len(classes)}; use cross_entropy"
        yield Problem("training.loss", message)
    weights = recipe.training.class_weight
    for name in weights if isinstance(weights, dict) else ():
        if name not in classes:
            message = f'there is no class "{name}"; {instead_of(name, classes)}'
            yield Problem("training.class_weight", message)
    group = Group((run,), network, study.seed)
    for metric in metrics:
        yield from _unfit_metric(metric, group)
    lack = memory.lack(group, free, "of memory are free")
    if lack:
        yield Problem("", f"{lack}; use a narrower network or a smaller batch_size")


def _unfit_metric(metric: str, group: Group) -> Iterator[Problem]:
    """Where a metric is of a class that there is not, or of an epoch that is never reached."""
    classes = group.samples.classes
    name, epoch = split_epoch(metric, classes)
    _, recall, of_class = name.partition(f".{RECALL}")
    if recall and of_class not in classes:
        yield Problem("", f'"{metric}": there is no class "{of_class}"; {instead_of(of_class, classes)}')
    last = int(group.total_steps()[0]) // group.steps_per_epoch
    if epoch == 0:
        yield Problem("", f'"{metric}": epochs count from 1')
    elif epoch is not None and epoch > last:
        message = f"is never reached: training ends with epoch {last:,}; name an earlier one, or train longer"
        yield Problem("", f'"{metric}" {message}')


def _unfit_batches(recipe: Recipe, samples: int, network: Network) -> Iterator[Problem]:
    size = recipe.training.batch_size
    if size == "all":
        return
    if size > samples:
        message = f'{size:,} is more than the {samples:,} samples of the training part; use fewer, or "all"'
        yield Problem("training.batch_size", message)
    elif (samples % size == 1 or size == 1) and _norms_batches(recipe, network):
        message = (
            f"{samples:,} samples in batches of {size:,} leave a batch of one; batch norm needs two or more"
        )
        yield Problem("training.batch_size", message)


def _norms_batches(recipe: Recipe, network: Network) -> bool:
    return getattr(recipe.model, "norm", "none") == "batch" or network.layers[-1].needs_two()


def _metrics(study: Contents) -> dict[str, set[str]]:
    """The metrics that are asked of each variant."""
    asked = {variant.name: {study.metric, *variant.published} for variant in study.variants}
    for hypothesis in study.hypotheses:
        for name in asked.keys() & hypothesis.variants:
            asked[name].update(hypothesis.metrics)
    return asked


def claimed_epochs(study: Contents, classes: Sequence[str]) -> frozenset[tuple[str, int]]:
    """The metrics that claims name at an epoch, with that epoch."""
    parts = [split_epoch(metric, classes) for metric in _claimed(study)]
    return frozenset((name, epoch) for name, epoch in parts if epoch is not None)


def compared_metrics(study: Contents) -> tuple[str, ...]:
    """The metrics that variants are compared by: the study's, the same on the test part, and those of claims."""
    on_test = "test." + study.metric.partition(".")[2]
    return tuple(dict.fromkeys([study.metric, on_test, *sorted(_claimed(study))]))


def _claimed(study: Contents) -> set[str]:
    return {metric for hypothesis in study.hypotheses for metric in hypothesis.metrics}
