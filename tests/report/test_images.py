"""What a report shows of images, on a small study of real digits run from end to end."""

import re
import shutil

import numpy as np
import pyarrow.parquet as parquet
import pytest
from fake_studies import older

from seedbed.api import Result, Study
from seedbed.report import style
from seedbed.report.sections import mistakes
from seedbed.report.sections import weights as section
from seedbed.store.models import Trained

pytest.importorskip("sklearn")

STUDY = """
name = "digits"
[data]
source = "digits"
split = [0.5, 0.2, 0.3]
[model]
kind = "cnn"
blocks = [{ filters = 5, kernel = 3 }]
hidden = [8]
[training]
loss = "cross_entropy"
lr = 0.1
momentum = 0.9
epochs = 2
[study]
seeds = 2
metric = "val.accuracy"
[[variant]]
name = "never learns"
set = { "training.lr" = 1e-9, "model" = MODEL }
"""


def study(directory, model):
    return Study.parse(STUDY.replace("MODEL", model)).run(engine="numpy", runs_dir=directory)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The base is a convolution and the best; its rival is an MLP that stays where it started."""
    return study(tmp_path_factory.mktemp("digits"), '{ kind = "mlp", hidden = [8] }')


@pytest.fixture(scope="module")
def shown(digits):
    return labels(digits)


def labels(result):
    """Section -> the texts of its figures for those who cannot see them."""
    html = result.report().read_text(encoding="utf-8")
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', html, flags=re.DOTALL)
    return {name: re.findall(r'aria-label="([^"]+)"', body) for name, body in sections}


def test_sections_come_in_order(shown):
    names = list(shown)
    assert names[names.index("curves") : names.index("findings")] == [
        "curves",
        "confusion",
        "mistakes",
        "weights",
    ]


def test_accuracy_in_training_and_on_validation_share_a_figure(shown):
    for name in ("base", "never learns"):
        told = f"train.accuracy and val.accuracy of {name} over the epochs, the learning rate below"
        assert shown["curves"].count(told) == 1
    assert not any("test." in label for label in shown["curves"])  # variants are selected by these figures
    assert any(label.startswith("val.accuracy") for label in shown["curves"])


def test_recall_stands_beside_each_confusion_matrix(shown):
    assert [label.split()[0] for label in shown["confusion"]] == ["Percent", "The"] * 2
    assert "The share of each class that base recognised" in shown["confusion"]


def test_mistakes_are_those_of_the_network_with_the_images_of_the_data(digits):
    from sklearn.datasets import load_digits

    pixels, truth = load_digits(return_X_y=True)
    rows = digits.mistakes.to_pylist()
    assert {row["variant"] for row in rows} == {"base", "never learns"}
    for row in rows:
        assert (row["seed"], row["part"]) == (0, "test")
        assert row["true"] == str(truth[row["sample"]]) != row["answered"]
        seen = np.frombuffer(row["image"], np.uint8).reshape(row["channels"], row["height"], row["width"])
        np.testing.assert_array_equal(seen[0], np.rint(pixels[row["sample"]].reshape(8, 8) * 255 / 16))
    sure = [row["confidence"] for row in rows if row["variant"] == "base"]
    assert sure == sorted(sure, reverse=True)


def test_the_best_variant_s_mistakes_are_told_in_words(digits, shown):
    row = next(row for row in digits.mistakes.to_pylist() if row["variant"] == "base")
    told = f"said {row['answered']}, is {row['true']}"
    assert any(told in label for label in shown["mistakes"])
    drawn = (digits.directory / "figures" / "mistakes-base.svg").read_text()
    assert told in drawn
    assert f"{100 * row['confidence']:.1f} %" in drawn
    assert drawn.count("<image") == sum(row["variant"] == "base" for row in digits.mistakes.to_pylist())


def test_first_layers_of_the_best_and_the_base_are_shown(shown, tmp_path):
    assert [label.partition(". ")[2] for label in shown["weights"]] == ["base: 5 filters"]
    swapped = Study.parse(
        STUDY.replace("MODEL", '{ kind = "logistic" }')
        .replace("lr = 0.1", "lr = 1e-9")
        .replace('lr" = 1e-9', 'lr" = 0.1')
    ).run(engine="numpy", runs_dir=tmp_path)
    assert swapped.ranking[0] != swapped.base
    assert [label.partition(". ")[2] for label in labels(swapped)["weights"]] == [
        "never learns: the weights of each class",
        "base: 5 filters",
    ]
    html = " ".join((swapped.directory / "report.html").read_text(encoding="utf-8").split())
    assert "Of “never learns”, the best variant, and “base”: the weights of the first layer" in html


def test_mistakes_say_whose_they_are(digits, shown):
    html = " ".join((digits.directory / "report.html").read_text(encoding="utf-8").split())
    assert "Of “base”, the best variant: the misclassified images" in html


def test_a_study_from_before_mistakes_were_kept_has_a_report(digits, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(digits.directory, old)
    (older(old) / "mistakes.parquet").unlink()
    shown = labels(Result.open(old))
    assert "mistakes" not in shown
    assert "weights" in shown


def test_stored_mistakes_hold_no_objects_of_any_language(digits):
    schema = parquet.read_schema(digits.directory / "mistakes.parquet")
    assert str(schema.field("image").type) == "binary"


# --- weights as images ----------------------------------------------------------------------------------


def trained(parameters, shape, classes=("a", "b")):
    arrays = {name: np.asarray(value, np.float32)[None] for name, value in parameters.items()}
    return Trained("v", {}, (0,), shape, len(classes), arrays, {}, classes=tuple(classes))


def kernels_of(of):
    return section._kernels(section._layers(of)[0], of.shape)


def test_weights_of_a_dense_layer_are_images_of_what_its_units_see():
    weights = np.arange(12 * 4).reshape(12, 4)
    of = trained({"10.weight": np.ones((4, 2)), "2.weight": np.ones(4), "1.weight": weights}, (3, 2, 2))
    kernels = kernels_of(of)
    assert kernels.shape == (4, 3, 2, 2)
    np.testing.assert_array_equal(kernels[1].ravel(), weights[:, 1])


def test_the_bias_of_a_logistic_model_is_no_pixel():
    beta = np.vstack([np.ones((4, 2)), [[9, 9]]])
    np.testing.assert_array_equal(kernels_of(trained({"1.beta": beta}, (1, 2, 2))), np.ones((2, 1, 2, 2)))


@pytest.mark.parametrize(
    ("weights", "shape"),
    [
        pytest.param(np.ones((4, 2)), (4,), id="rows of a table"),
        pytest.param(np.ones((8, 2)), (1, 2, 2), id="powers of pixels"),
        pytest.param(np.ones((8, 2)), (2, 2, 2), id="two channels"),
        pytest.param(np.ones((3, 1, 1, 1)), (1, 2, 2), id="kernels of one pixel"),
        pytest.param(np.full((4, 2), np.nan), (1, 2, 2), id="diverged"),
    ],
)
def test_what_is_no_picture_is_not_shown(weights, shape):
    assert kernels_of(trained({"0.weight": weights}, shape)) is None


def test_signs_are_colours_and_sizes_are_opacity():
    kernels = np.array([[-2.0, 0.0], [1.0, 2.0]]).reshape(1, 1, 2, 2)
    colours = section._coloured(kernels)[0]
    np.testing.assert_allclose(colours[..., 3], [[1, 0], [0.5, 1]], atol=0.02)
    assert colours[0, 0, 2] > colours[0, 0, 0]  # blue
    assert colours[1, 1, 0] > colours[1, 1, 2]  # orange


def test_kernels_of_three_channels_are_colours_around_grey():
    kernels = np.zeros((2, 3, 3, 3))
    kernels[0, 0, 1, 1], kernels[1, 2, 0, 0] = 3, -3
    colours = section._coloured(kernels)
    np.testing.assert_array_equal(colours[0, 1, 1], [1, 0.5, 0.5])
    np.testing.assert_array_equal(colours[1, 0, 0], [0.5, 0.5, 0])
    assert (section._coloured(np.zeros((1, 3, 2, 2))) == 0.5).all()


def test_only_the_largest_units_are_shown():
    of = trained({"1.weight": np.ones((4, 100)) * np.arange(100), "3.weight": np.ones((100, 2))}, (1, 2, 2))
    with style.drawing():
        picture = section._drawn("v", "v", of)
    assert "the 40 largest of 100 units" in picture.label
    assert len(picture.figure.axes[0].images) == 40


# --- sheets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("confidence", "told"), [(0.998, "99.8 %"), (0.5, "50.0 %"), (0.99999, "> 99.9 %")])
def test_confidence_is_never_rounded_to_certainty(confidence, told):
    assert mistakes._percent(confidence) == told


def test_large_images_are_thinned():
    pixels = np.zeros((3, 200, 400), np.uint8)
    row = {"channels": 3, "height": 200, "width": 400, "image": pixels.tobytes()}
    assert max(mistakes._image(row).shape) <= mistakes.MOST_PIXELS


def test_grey_and_coloured_images_keep_their_pixels():
    pixels = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    for channels in (1, 3):
        row = {"channels": channels, "height": 4, "width": 5, "image": pixels[:channels].tobytes()}
        seen = mistakes._image(row)
        assert seen.shape == (4, 5, 3)
        np.testing.assert_array_equal(seen[..., -1], pixels[channels - 1])
