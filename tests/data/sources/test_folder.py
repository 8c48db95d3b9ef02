"""A folder of images for each class."""

import numpy as np
import pytest
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load

Image = pytest.importorskip("PIL.Image")

RED, GREEN = (255, 0, 0), (0, 255, 0)


def picture(path, color=RED, shape=(12, 10), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", shape, color).convert(mode).save(path, **options)


@pytest.fixture
def pictures(tmp_path):
    """Three classes in files of several kinds, among others that are none."""
    picture(tmp_path / "leaf" / "b.png", GREEN)
    picture(tmp_path / "leaf" / "a.JPG", GREEN, format="JPEG", quality=95)
    picture(tmp_path / "apple" / "1.jpeg", quality=95)
    picture(tmp_path / "cloud" / "grey.png", (128, 128, 128), (3, 40), "L")
    picture(tmp_path / ".hidden" / "1.png")
    picture(tmp_path / "apple" / ".thumbnail.png")
    (tmp_path / "apple" / "Thumbs.db").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("no folder")
    return tmp_path


def test_classes_are_the_folders_and_images_are_brought_to_one_size(pictures):
    samples = samples_of("images", pictures, size=8)
    assert samples.classes == ("apple", "cloud", "leaf")
    np.testing.assert_array_equal(samples.targets, [0, 1, 2, 2])
    assert (samples.inputs.shape, samples.inputs.dtype) == ((4, 3, 8, 8), np.uint8)
    assert (samples.unit, samples.official_test) == ((0.0, 1 / 255), 0)
    colors = samples.inputs.astype(int).mean(axis=(2, 3))
    np.testing.assert_allclose(colors, [RED, (128,) * 3, GREEN, GREEN], atol=3)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1"])
def test_every_kind_of_color_becomes_red_green_and_blue(tmp_path, mode):
    for name in ("a", "b"):
        picture(tmp_path / name / "1.png", (255, 255, 255), mode=mode)
    np.testing.assert_array_equal(samples_of("images", tmp_path, size=4).inputs, np.full((2, 3, 4, 4), 255))


def test_images_lie_as_they_are_seen(tmp_path):
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, :, 0] = 255  # the upper row is red
    turned = Image.Exif()
    turned[0x0112] = 3  # taken upside down
    for name, exif in (("a", Image.Exif()), ("b", turned)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "1.png", exif=exif)
    samples = samples_of("images", tmp_path, size=4)
    np.testing.assert_array_equal(samples.inputs[0, 0], pixels[:, :, 0])
    np.testing.assert_array_equal(samples.inputs[1, 0], pixels[::-1, :, 0])


def test_a_study_reads_them_beside_itself_and_again_only_when_they_change(pictures):
    settings = recipe.FolderData(source="images", path=pictures.name, size=8)

    def read():
        return load(settings, classification=True, study_seed=0, seed=0, base=pictures.parent)

    first = read()
    assert read() is first
    assert list(first.sha256) == [pictures.name]
    (pictures / "leaf" / "b.png").rename(pictures / "leaf" / "c.png")
    renamed = read()
    picture(pictures / "leaf" / "c.png", RED)
    changed = read()
    assert len({samples.sha256[pictures.name] for samples in (first, renamed, changed)}) == 3
    assert (changed.inputs[3] != first.inputs[3]).any()


def test_another_size_is_other_samples(pictures):
    for size in (4, 6):
        settings = recipe.FolderData(source="images", path=str(pictures), size=size)
        samples = load(settings, classification=True, study_seed=0, seed=0)
        assert samples.inputs.shape[2:] == (size, size)


def _empty(path):
    (path / "empty").mkdir()


def _cut(path):
    file = path / "apple" / "1.jpeg"
    file.write_bytes(file.read_bytes()[:200])


def _disguised(path):
    Image.new("RGB", (2, 2)).save(path / "leaf" / "x.png", format="BMP")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_empty, r"empty holds no image \(\.png, \.jpg, \.jpeg\); add some, or remove the folder"),
        (_cut, r"1\.jpeg is not a whole image"),
        (_disguised, r"x\.png is not a whole image"),
    ],
)
def test_what_is_wrong_with_an_image_or_class_is_named(pictures, spoil, says):
    spoil(pictures)
    with pytest.raises(DataError, match=says):
        samples_of("images", pictures, size=8)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ((), "for each of at least two classes, got no folder"),
        (("only",), "for each of at least two classes, got one folder"),
    ],
)
def test_fewer_than_two_classes_are_refused(tmp_path, classes, says):
    for name in classes:
        picture(tmp_path / name / "1.png")
    with pytest.raises(DataError, match=says):
        samples_of("images", tmp_path, size=8)


def test_a_path_that_is_no_folder_is_named(tmp_path):
    settings = recipe.FolderData(source="images", path="absent")
    with pytest.raises(DataError, match=r"data\.path: there is no folder .*absent"):
        load(settings, classification=True, study_seed=0, seed=0, base=tmp_path)


def test_without_pillow(pictures, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(DataError, match=r"pip install 'seedbed\[images\]'"):
        samples_of("images", pictures, size=8)
