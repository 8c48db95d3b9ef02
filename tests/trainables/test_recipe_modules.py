"""Studies whose network is a PyTorch module: what is imported when, run, stored, predicted from, and said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from seedbed.api import Study, open
from seedbed.results.predict import predict
from seedbed.store.models import TrainedError
from seedbed.study.problems import StudyError
from seedbed.study.trainable import TrainableError
from seedbed.study.trust import TrustError

NET = """
import torch
from torch import nn

from parts import hidden

class Net(nn.Module):
    def __init__(self, width=4, rate=0.0):
        super().__init__()
        self.body = nn.Sequential(hidden(1, width), nn.Dropout(rate), nn.Linear(width, 1))

    def forward(self, x):
        return self.body(x)
"""
PARTS = """
from torch import nn

def hidden(inputs, width):
    return nn.Sequential(nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.Tanh())
"""
DOCUMENT = {
    "name": "my/module",
    "data": {
        "source": "function", "expression": "sin(x)", "domain": [0.0, 6.0], "samples": 60, "split": [0.6, 0.2, 0.2],
        "scale": "standard",
    },
    "model": {"kind": "module", "class": "net:Net", "arguments": {"width": 3}},
    "training": {"lr": 0.1, "epochs": 2, "batch_size": 12},
    "study": {"seeds": 2, "metric": "val.mse"},
    "ablate": {"training.lr": [0.01], "model.arguments.rate": [0.5]},
}  # fmt: skip


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "parts.py").write_text(PARTS)
    return tmp_path


def study(directory: Path, **changes: object) -> Study:
    model = {**DOCUMENT["model"], **changes.pop("model", {})}  # type: ignore[dict-item]
    return Study.from_dict({**DOCUMENT, "model": model, **changes}, directory=directory)


def run(directory: Path, **changes: object):
    return study(directory, **changes).run(runs_dir=directory / "runs", progress=False, trust=True)


def test_nothing_is_imported_until_it_is_trusted(directory):
    (directory / "net.py").write_text("raise SystemError('imported')\n")
    loaded = study(directory)
    assert loaded.trainable.code(loaded).files == (directory / "net.py",)
    with pytest.raises(TrustError, match=r"the class net:Net; in .*; net\.py"):
        loaded.run(runs_dir=directory / "runs", progress=False)
    with pytest.raises(StudyError, match=r"importing net.py raised SystemError: imported"):
        loaded.run(runs_dir=directory / "runs", progress=False, trust=True)


def test_run_stored_and_predicted_from(directory):
    result = run(directory)
    assert result.runs["status"].to_pylist() == ["complete"] * 6
    assert result.environment["engine"] == "torch"
    assert sorted(result.environment["code"]["files"]) == ["net.py", "parts.py"]
    trained = result.trained("base")
    assert {name: array.shape for name, array in trained.parameters.items()} == {
        "0.body.0.0.weight": (2, 3, 1), "0.body.0.0.bias": (2, 3), "0.body.0.1.weight": (2, 3),
        "0.body.0.1.bias": (2, 3), "0.body.2.weight": (2, 1, 3), "0.body.2.bias": (2, 1),
    }  # fmt: skip
    assert trained.state["0.body.0.1.num_batches_tracked"].tolist() == [6.0, 6.0]
    answer = open(result.directory).predict(np.array([[0.5], [2.0]]))
    assert answer.table.num_rows == 2
    assert np.isfinite(answer.table["mean"].to_numpy()).all()
    assert not {"net", "parts"} & sys.modules.keys()


def test_two_studies_have_a_module_of_one_name_each(directory, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "net.py").write_text(NET)
    (other / "parts.py").write_text(PARTS.replace("nn.Tanh()", "nn.ReLU(), nn.Linear(width, width)"))
    first, second = (run(one).runs["parameters"][0].as_py() for one in (directory, other))
    assert (first, second) == (16, 28)


def test_the_same_seed_draws_the_same_in_variants_of_the_same_shapes(directory):
    work = study(directory).trainable.prepare(study(directory))
    drawn = {
        (run.variant, run.seed): row
        for group in work.groups
        for run, row in zip(group.runs, group.initial_params(), strict=True)
    }
    assert len(work.groups) == 2  # an argument makes another program, a rate does not
    for seed in (0, 1):
        np.testing.assert_array_equal(drawn["base", seed], drawn["lr = 0.01", seed])
        np.testing.assert_array_equal(drawn["base", seed], drawn["rate = 0.5", seed])
    assert not np.array_equal(drawn["base", 0], drawn["base", 1])


def test_predictions_need_the_code_that_ran(directory, monkeypatch, tmp_path):
    result, rows = run(directory), np.array([[0.5]])
    monkeypatch.setattr("seedbed.study.trust._allowed", set())
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "nothing"))
    with pytest.raises(TrustError, match="would run code that you have not allowed"):
        predict(result.directory, rows)
    expected = predict(result.directory, rows, trust=True).table
    (directory / "parts.py").write_text(PARTS + "\n# changed\n")
    with pytest.raises(
        TrainedError, match=r"parts.py in .* is not what it was when the networks were trained"
    ):
        predict(result.directory, rows, trust=True)
    (directory / "parts.py").write_text(PARTS)
    assert predict(result.directory, rows).table == expected


def test_why_runs_are_trained_one_by_one_is_said(directory):
    branching = NET.replace("return self.body(x)", "return self.body(x) if x.sum() > 0 else -self.body(x)")
    (directory / "net.py").write_text(branching)
    result = run(directory)
    said = "its code goes by the values of tensors (an if, a loop, .item())"
    assert all(one["one_by_one"] == said for one in result.study["variants"])
    assert said in result.report().read_text()


def test_a_module_on_images_gets_a_report(tmp_path):
    images = (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.first, self.second = nn.Conv2d(8, 8, 1), nn.Conv2d(1, 8, 3, stride=4)\n"
        "        self.head = nn.Linear(8, 2)\n"
        "    def forward(self, x):\n"
        "        return self.head(self.first(self.second(x)).mean(dim=(2, 3)))\n"
    )
    (tmp_path / "net.py").write_text(f"from torch import nn\n\n{images}")
    pixels = np.random.default_rng(0).integers(0, 255, (40, 8, 8), np.uint8)
    document = {
        "name": "my/images", "data": {"source": "npz", "path": "data.npz", "split": [0.6, 0.2, 0.2]},
        "model": {"kind": "module", "class": "net:Net"},
        "training": {"epochs": 1, "batch_size": 8, "lr": 0.1, "augment": {"crop": 1, "flip": True}},
        "study": {"seeds": 2, "metric": "val.accuracy"},
    }  # fmt: skip
    np.savez(tmp_path / "data.npz", x=pixels, y=np.arange(40) % 2)
    result = Study.from_dict(document, directory=tmp_path).run(
        runs_dir=tmp_path / "runs", progress=False, trust=True
    )
    assert result.runs["status"].to_pylist() == ["complete"] * 2
    assert "Of base: the weights" not in result.report().read_text()
    assert result.predict(pixels[:3], trust=True).table.num_rows == 3


WRONG = {
    "no module": ({"class": "nets:Net"}, NET, 'no module "nets": expected nets.py beside the study'),
    "no class": ({"class": "net:Nat"}, NET, 'net.py has no class "Nat"; did you mean "Net"?'),
    "argument": ({"arguments": {"widht": 3}}, NET, 'takes no argument "widht"; did you mean "width"?'),
    "missing": ({"arguments": {}}, NET.replace("width=4", "width"), "missing a required argument: 'width'"),
    "no nn.Module": ({}, "class Net:\n def __init__(self, width): pass", "to be a torch.nn.Module, got Net"),
    "import": ({}, "import nowhere_at_all", "importing net.py raised ModuleNotFoundError"),
    "syntax": ({}, "class Net(", "importing net.py raised SyntaxError"),
    "exit": ({}, "raise SystemExit(3)", "importing net.py raised SystemExit: 3"),
    "constructor": ({"arguments": {"width": -3}}, NET, r"net:Net\(width=-3\) raised RuntimeError"),
    "forward": (
        {}, NET.replace("hidden(1,", "hidden(2,"),
        r"net:Net raised on inputs of shape \(4, 1\), the batch first: RuntimeError: mat1 and mat2",
    ),
    "outputs": (
        {}, NET.replace("nn.Linear(width, 1)", "nn.Linear(width, 2)"),
        r"expected net:Net to give a tensor of shape \(4, 1\) for 4 samples, got one of shape \(4, 2\)",
    ),
    "tuple": ({}, NET.replace("self.body(x)", "self.body(x), x"), "got a tuple; return the outputs alone"),
    "no parameters": (
        {}, NET.replace("self.body = nn.Sequential(hidden(1, width), nn.Dropout(rate), nn.Linear(width, 1))",
                        "self.body = nn.Identity()"),
        "net:Net has no parameters to train",
    ),
    "frozen": ({}, NET.replace("    def forward", "        self.requires_grad_(False)\n\n    def forward"),
               "no parameters to train that are not frozen"),
    "float64": ({}, NET.replace("    def forward", "        self.double()\n\n    def forward"),
                r"parameter body.0.0.weight is float64, expected float32; call self.float\(\)"),
    "detached": ({}, NET.replace("self.body(x)", "self.body(x).detach()"), "do not follow from its parameters"),
    "large buffer": (
        {}, NET.replace("    def forward",
                        "        self.register_buffer('big', torch.tensor([2**40]))\n\n    def forward"),
        "buffer big holds numbers that float32 cannot",
    ),
    "state outside buffers": (
        {}, NET.replace("return self.body(x)",
                        "self.n = 1 + getattr(self, 'n', 0)\n        return self.n * self.body(x)"),
        "keeps or draws something outside its buffers",
    ),
    "drawn by numpy": (
        {}, NET.replace("return self.body(x)", "import os\n        return self.body(x) + os.urandom(1)[0] + 1"),
        "keeps or draws something outside its buffers",
    ),
    "batch of one": ({}, NET, "leave a batch of one; batch norm needs two or more"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_module_is_said_before_anything_is_trained(directory, case):
    model, source, message = WRONG[case]
    (directory / "net.py").write_text(source)
    size = 5 if case == "batch of one" else 12  # of 36 samples
    with pytest.raises(StudyError, match=message):
        run(directory, model=model, ablate={}, training={**DOCUMENT["training"], "batch_size": size})  # type: ignore[dict-item]
    assert not (directory / "runs").exists()


def test_an_error_of_a_later_step_names_the_module(directory):
    late = NET.replace("return self.body(x)", "assert len(x) < 10, 'too many'\n        return self.body(x)")
    (directory / "net.py").write_text(late)
    with pytest.raises(TrainableError, match=r"base.*net:Net raised on inputs of shape \(12, 1\).*too many"):
        run(directory)


@pytest.mark.parametrize(
    "path", ["net", "net:", ":Net", "a b:Net", "net:Net:x", "../net:Net", "net.py:Net()"]
)
def test_a_class_is_named_as_module_and_class(directory, path):
    with pytest.raises(StudyError, match=r"model\.class: expected MODULE:CLASS"):
        study(directory, model={"class": path})
