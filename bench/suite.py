"""The comparisons by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import jax_peer, machine, seedbed_peer, sklearn_peer, torch_peer
from bench.images import REPORT_D, RESNET_20, image_task
from bench.measure import Row, compare
from bench.modules import ModuleTask, NormedMlp, SmallConv, module_task
from bench.task import Contender, Task, made_task

SMALL = (10, 100, 10)
SGEMM = {"features": 14, "samples": 154_679}  # the shape of the SGEMM training part


@dataclass(frozen=True)
class Result:
    """Rows of a table, and what share of the machine's peak the first contender reached."""

    title: str
    rows: list[Row]
    share: float = 0.0
    share_of: str = ""


def _against_peak(title: str, task: Task, contenders: list[Contender], repeats: int) -> Result:
    rows = compare(contenders, repeats)
    threads = min(machine.threads(), task.runs)
    peak = machine.peak_flops(threads)
    share = task.flops * rows[0].steps_per_second / peak
    return Result(title, rows, share, f"{peak / 1e9:.0f} GFlop/s of multiply-adds on {threads} threads")


def _against_bandwidth(title: str, task: Task, contenders: list[Contender], repeats: int) -> Result:
    rows = compare(contenders, repeats)
    threads = min(machine.threads(), task.runs)
    bandwidth = machine.read_bandwidth(threads, task.inputs.nbytes)
    share = task.bytes_read * rows[0].steps_per_second / bandwidth
    name = f"{bandwidth / 1e9:.0f} GB/s of reading an array of that size on {threads} thread"
    return Result(title, rows, share, name)


def _eager(task: Task, runs: int = 1) -> list[Contender]:
    return [torch_peer.eager(task, threads, runs) for threads in sorted({1, machine.threads()})]


def tiny(repeats: int) -> Result:
    """One 2-10-100-10-1 batch-norm network, batch 64."""
    task = made_task(2, 600, hidden=SMALL, norm=True, steps=1000)
    peers = [*_eager(task), torch_peer.eager(task, 1, compiled=True), jax_peer.scanned(task)]
    return _against_peak(
        "tiny: one 2-10-100-10-1 batch-norm network, batch 64",
        task,
        [seedbed_peer.fused(task), *peers],
        repeats,
    )


def population(repeats: int) -> Result:
    """256 such networks."""
    task = made_task(2, 600, hidden=SMALL, norm=True, steps=200, runs=256)
    contenders = [
        seedbed_peer.fused(task), *_eager(task, runs=2), torch_peer.stacked(task, machine.threads(), steps=10),
        jax_peer.scanned(task), seedbed_peer.numpy(made_task(2, 600, hidden=SMALL, norm=True, steps=20, runs=256)),
    ]  # fmt: skip
    return _against_peak(
        "population: 256 networks 2-10-100-10-1 with batch norm, batch 64", task, contenders, repeats
    )


def linear(repeats: int) -> Result:
    """A linear model, 3,800 steps of batch 4,096 on 154,679 x 14."""
    task = made_task(**SGEMM, batch=4096, steps=3800)
    part = made_task(**SGEMM, batch=4096, steps=380)
    contenders = [
        seedbed_peer.fused(task), *_eager(part), torch_peer.eager(part, 1, compiled=True), jax_peer.scanned(part),
        sklearn_peer.estimator(part), seedbed_peer.numpy(part),
    ]  # fmt: skip
    return _against_bandwidth("linear: 3,800 steps of batch 4,096 on 154,679 x 14", task, contenders, repeats)


def logistic(repeats: int) -> Result:
    """Logistic models, full-batch steps on 154,679 x 14: eight, as a study of eight seeds trains them, and one."""
    settings = {**SGEMM, "loss": "bce", "batch": SGEMM["samples"]}
    several, one, part = (
        made_task(**settings, runs=runs, steps=steps) for runs, steps in ((8, 94), (1, 750), (1, 75))
    )
    contenders = [
        seedbed_peer.fused(several), seedbed_peer.fused(one), *_eager(part),
        torch_peer.eager(part, machine.threads(), compiled=True), jax_peer.scanned(part), seedbed_peer.numpy(part),
    ]  # fmt: skip
    return _against_bandwidth("logistic: full-batch steps on 154,679 x 14", several, contenders, repeats)


def mnist(repeats: int) -> Result:
    """784-600-10 networks, batch 128: eight, as a study of eight seeds trains them, and one."""
    settings = {"features": 784, "samples": 12_800, "hidden": (600,), "loss": "cross_entropy", "batch": 128}
    several, one = (made_task(**settings, runs=runs, steps=steps) for runs, steps in ((8, 50), (1, 100)))
    contenders = [
        seedbed_peer.fused(several), seedbed_peer.fused(one), *_eager(one),
        torch_peer.eager(one, machine.threads(), compiled=True), jax_peer.scanned(one), sklearn_peer.estimator(one),
        seedbed_peer.numpy(one),
    ]  # fmt: skip
    return _against_peak("mnist: 784-600-10, batch 128", several, contenders, repeats)


def cnn(repeats: int) -> Result:
    """Report D's network, batch 128."""
    several, one = (image_task(REPORT_D, (1, 28, 28), runs=runs, steps=20) for runs in (4, 1))
    title = "cnn: report D's network (1.2 million multiply-adds a sample), batch 128"
    return _against_peak(title, several, _image_contenders(several, one), repeats)


def resnet20(repeats: int) -> Result:
    """ResNet-20 on images of 3 x 32 x 32, batch 128."""
    several, one = (image_task(RESNET_20, (3, 32, 32), runs=runs, steps=5) for runs in (4, 1))
    title = "resnet20: 3 x 32 x 32 images, batch 128"
    return _against_peak(title, several, _image_contenders(several, one), repeats)


def _image_contenders(several: Task, one: Task) -> list[Contender]:
    """Four runs as a group and one alone, by the torch engine, one by the numpy engine, and PyTorch's best."""
    threads = machine.threads()
    return [
        seedbed_peer.torch(several, threads),
        seedbed_peer.torch(one, threads),
        seedbed_peer.torch(one, 1),
        *_eager(one),
        *(torch_peer.eager(one, count, channels_last=True) for count in sorted({1, threads})),
        torch_peer.eager(one, threads, compiled=True, channels_last=True),
        seedbed_peer.numpy(one),
    ]


def modules(repeats: int) -> list[Result]:
    """64 small PyTorch modules with batch norm, and 16 convolutional ones, as groups and one after another."""
    # A group is traced after 100 steps, in the first call, which is not timed.
    mlps = module_task(NormedMlp, (20,), runs=64, steps=120)
    convolutions = module_task(SmallConv, (1, 28, 28), runs=16, steps=8)
    return [
        Result("modules: 64 MLPs 20-32-32-10 with batch norm, batch 64", _module_rows(mlps, 8, repeats)),
        Result("modules: 16 networks of two convolutions, batch 64", _module_rows(convolutions, 4, repeats)),
    ]


def _module_rows(task: ModuleTask, runs: int, repeats: int) -> list[Row]:
    threads = machine.threads()
    ours = [seedbed_peer.torch(task, count) for count in sorted({threads, 1}, reverse=True)]
    return compare([*ours, *_eager(task, runs)], repeats)


COMPARISONS: dict[str, Callable[[int], Result | list[Result]]] = {
    "tiny": tiny,
    "population": population,
    "linear": linear,
    "logistic": logistic,
    "mnist": mnist,
    "cnn": cnn,
    "resnet20": resnet20,
    "modules": modules,
}
