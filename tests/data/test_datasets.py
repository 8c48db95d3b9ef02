"""Public datasets: where their files are found, whether they are the right ones, and how they get there."""

import hashlib
import http.server
import os
import threading
import time
import zipfile

import pytest

from seedbed.data import DataError, load
from seedbed.data.datasets import DATASETS, dataset, listed
from seedbed.data.public import STALE, Dataset, Distribution
from seedbed.recipe import SgemmData

CONTENT = {"one.bin": b"one" * 100, "two.bin": b"two" * 100}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A web server: its directory and its address."""
    directory = tmp_path / "mirror"
    directory.mkdir()
    for name, content in CONTENT.items():
        (directory / name).write_bytes(content)
    with zipfile.ZipFile(directory / "table.zip", "w") as archive:
        archive.writestr("table.csv", CONTENT["one.bin"])

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **settings):
            super().__init__(*args, directory=str(directory), **settings)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield directory, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def made(mirror, monkeypatch):
    """Two datasets more: `pair` of two files, `packed` of a CSV or an archive of it."""
    _, address = mirror
    pair = Dataset(
        "pair",
        tuple(
            (
                Distribution(
                    f"pair/{name}",
                    len(content),
                    sha256(content),
                    (address + "absent/" + name, address + name),
                ),
            )
            for name, content in CONTENT.items()
        ),
        "none",
    )
    right = sha256(CONTENT["one.bin"])
    forms = (
        Distribution("packed/table.csv", 300, right),
        Distribution("packed/table.zip", 100, right, (address + "table.zip",), member="table.csv"),
    )
    monkeypatch.setitem(DATASETS, "pair", pair)
    monkeypatch.setitem(DATASETS, "packed", Dataset("packed", (forms,), "none"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No directory but those that a test names."""
    monkeypatch.delenv("SEEDBED_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)


def put(root, name="pair", content=CONTENT):
    directory = root / name
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (directory / name).write_bytes(data)
    return directory


def test_the_directory_given_comes_first_then_the_environments_then_the_cache(made, tmp_path, monkeypatch):
    cached = put(tmp_path / "cache" / "seedbed")
    assert dataset("pair").locate(tmp_path / "given") == cached
    monkeypatch.setenv("SEEDBED_DATA", str(tmp_path / "named"))
    assert dataset("pair").locate(tmp_path / "given") == cached
    named = put(tmp_path / "named")
    assert dataset("pair").locate(tmp_path / "given") == named
    given = put(tmp_path / "given")
    assert dataset("pair").locate(tmp_path / "given") == given
    assert dataset("pair").locate() == named


def test_a_directory_with_only_some_of_the_files_does_not_count(made, tmp_path):
    put(tmp_path / "given", content={"one.bin": CONTENT["one.bin"]})
    with pytest.raises(DataError, match="data fetch pair") as caught:
        dataset("pair").locate(tmp_path / "given")
    assert "one.bin, two.bin" in str(caught.value)
    assert str(tmp_path / "given" / "pair") in str(caught.value)
    assert str(tmp_path / "cache" / "seedbed" / "pair") in str(caught.value)


def test_an_unknown_dataset(tmp_path):
    with pytest.raises(DataError, match="no dataset 'minst'; there are: sgemm, mnist"):
        dataset("minst").locate(tmp_path)


def test_right_files_are_checked_once(made, tmp_path, monkeypatch):
    put(tmp_path)
    files = dataset("pair").checked(tmp_path)
    assert files == {
        f"pair/{name}": (tmp_path / "pair" / name, sha256(content)) for name, content in CONTENT.items()
    }
    monkeypatch.setattr("hashlib.file_digest", None)  # hashing again would fail
    assert dataset("pair").checked(tmp_path) == files


def test_a_damaged_file_is_named_with_both_checksums(made, tmp_path):
    directory = put(tmp_path)
    dataset("pair").checked(tmp_path)
    (directory / "two.bin").write_bytes(b"else")
    with pytest.raises(DataError) as caught:
        dataset("pair").checked(tmp_path)
    message = str(caught.value)
    assert str(directory / "two.bin") in message
    assert sha256(b"else") in message
    assert f"expected {sha256(CONTENT['two.bin'])}" in message
    assert "data fetch pair" in message


def test_any_form_of_a_file_will_do(made, mirror, tmp_path):
    archive = (mirror[0] / "table.zip").read_bytes()
    path = put(tmp_path, "packed", {"table.zip": archive}) / "table.zip"
    assert dataset("packed").checked(tmp_path) == {"packed/table.zip": (path, sha256(CONTENT["one.bin"]))}
    put(tmp_path, "packed", {"table.csv": CONTENT["one.bin"]})
    assert list(dataset("packed").checked(tmp_path)) == ["packed/table.csv"]


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_damaged_archive_is_named(made, tmp_path, content):
    put(tmp_path, "packed", {"table.zip": content})
    with pytest.raises(
        DataError, match=f"table.zip is damaged.*{sha256(content)}, expected of its table.csv"
    ):
        dataset("packed").checked(tmp_path)


def test_an_archive_of_something_else_is_refused(made, tmp_path):
    path = put(tmp_path, "packed", {}) / "table.zip"
    for member in ("table.csv", "other.csv"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "a,b\n")
        with pytest.raises(DataError, match=r"table\.zip is damaged or another file"):
            dataset("packed").checked(tmp_path)


def test_fetch_tries_mirrors_in_turn_and_keeps_what_is_right(made, tmp_path):
    directory = put(tmp_path, content={"one.bin": CONTENT["one.bin"], "two.bin": b"damaged"})
    said = []
    assert dataset("pair").fetch(tmp_path, said.append) == directory
    assert said == ["pair/one.bin is there", "fetching pair/two.bin (0.0 MB)"]
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == CONTENT
    dataset("pair").checked(tmp_path)


def test_fetch_without_a_directory_goes_to_the_cache(made, tmp_path):
    assert dataset("packed").fetch() == tmp_path / "cache" / "seedbed" / "packed"
    dataset("packed").checked()


def test_fetch_leaves_no_file_with_a_wrong_checksum(made, mirror, tmp_path):
    (mirror[0] / "one.bin").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"no mirror gave pair/one\.bin") as caught:
        dataset("pair").fetch(tmp_path)
    assert "wrong checksum" in str(caught.value)
    assert str(tmp_path / "pair" / "one.bin") in str(caught.value)
    assert sha256(CONTENT["one.bin"]) in str(caught.value)
    assert list((tmp_path / "pair").iterdir()) == []


def test_a_mirror_that_sends_too_much_is_not_listened_to(made, mirror, tmp_path):
    (mirror[0] / "one.bin").write_bytes(bytes(5 * 2**20))
    with pytest.raises(DataError, match=r"one\.bin: it sends more than 1\.05 MB"):
        dataset("pair").fetch(tmp_path)
    assert list((tmp_path / "pair").iterdir()) == []


def test_what_killed_downloads_left_is_removed_but_not_those_on_their_way(made, tmp_path):
    for name, age in (("old", 2 * STALE), ("new", 0)):
        left = tmp_path / "pair" / f".fetching-{name}"
        left.mkdir(parents=True)
        (left / "one.bin").write_bytes(b"half")
        os.utime(left, (time.time() - age,) * 2)
    dataset("pair").fetch(tmp_path)
    assert {path.name for path in (tmp_path / "pair").iterdir()} == {".fetching-new", *CONTENT}


def test_several_processes_fetch_the_same_files_whole(made, tmp_path):
    def fetch():
        try:
            dataset("pair").fetch(tmp_path)
            found.append({path.name: path.read_bytes() for path in (tmp_path / "pair").glob("*.bin")})
        except Exception as error:
            found.append(error)

    found = []
    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 6
    assert {path.name for path in (tmp_path / "pair").iterdir()} == set(CONTENT)


def test_fetch_without_a_network_says_what_to_put_where(monkeypatch, tmp_path):
    form = Distribution("far/file.bin", 10, "0" * 64, ("http://127.0.0.1:9/file.bin",))
    monkeypatch.setitem(DATASETS, "far", Dataset("far", ((form,),), "none"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DataError, match="ConnectionError") as caught:
        dataset("far").fetch(tmp_path)
    assert f"put it at {tmp_path / 'far' / 'file.bin'} (sha256 {'0' * 64})" in str(caught.value)


def test_fetch_into_an_unwritable_place(made, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot write .*one\.bin"):
        dataset("pair").fetch(tmp_path / "file")


def test_datasets_lists_what_is_where(made, tmp_path):
    put(tmp_path)
    rows = {row["name"]: row for row in listed(tmp_path)}
    assert set(rows) == {*DATASETS}
    assert rows["pair"] == {
        "name": "pair",
        "files": ["pair/one.bin", "pair/two.bin"],
        "bytes": 600,
        "present": True,
        "path": str(tmp_path / "pair"),
        "licence": "none",
    }
    assert not rows["mnist"]["present"]
    assert rows["mnist"]["path"] is None
    assert len(rows["mnist"]["files"]) == 4


@pytest.mark.parametrize("name", ["sgemm", "mnist", "fashion_mnist", "cifar10"])
def test_the_registry_is_whole(name):
    for forms in DATASETS[name].files:
        assert any(form.urls for form in forms)
        for form in forms:
            assert form.name.startswith(DATASETS[name].directory + "/")
            assert len(form.sha256) == 64
            assert set(form.sha256) <= set("0123456789abcdef")
            assert form.bytes > 0
            assert all(url.startswith(("https://", "http://")) for url in form.urls)


def test_load_reads_only_checked_files(tmp_path):
    put(tmp_path, "sgemm", {"sgemm_product.csv": b"MWG,Run1 (ms)\n1,2\n"})
    with pytest.raises(DataError, match=r"sgemm_product\.csv is damaged or another file"):
        load(SgemmData(source="sgemm"), classification=False, study_seed=0, seed=0, data_dir=tmp_path)
