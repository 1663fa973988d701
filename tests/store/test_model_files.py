"""Model files are taken from where they are, only with the right content, and without running their carrier's code."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from coach_desktop.store import model_files
from coach_desktop.store.model_files import ALL_MODELS, Carried, ModelFile, ModelMissingError

CONTENT = b"the right content"
MODEL = ModelFile(
    name="some.model",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="none",
    origin="nobody",
    url="https://models.invalid/some.model",
    carried=(Carried("some-carrier", "some_carrier/deep/some.model"),),
)
CARRIED_AS = MODEL.carried[0].path


def install_carrier(site: Path, content: bytes | None, *, recorded: bool = True) -> Path:
    """Lay out `site` as an installer would have: a package whose code must not run, its file and its metadata."""
    carried = site / CARRIED_AS
    carried.parent.mkdir(parents=True)
    (site / "some_carrier" / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    if content is not None:
        carried.write_bytes(content)
    info = site / "some_carrier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-carrier\nVersion: 1.0\n", encoding="utf-8")
    if recorded:
        (info / "RECORD").write_text(f"some_carrier/__init__.py,,\n{CARRIED_AS},,\n", encoding="utf-8")
    return carried


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def test_a_copy_of_the_right_length_seems_to_be_here(site: Path, cache: Path) -> None:
    assert not model_files.seems_there([MODEL], cache)
    (cache / MODEL.name).write_bytes(CONTENT[1:])
    assert not model_files.seems_there([MODEL], cache)
    install_carrier(site, CONTENT)
    assert model_files.seems_there([MODEL], cache)


def test_model_is_found_in_its_carrier(site: Path, cache: Path) -> None:
    carried = install_carrier(site, CONTENT)
    found = model_files.find(MODEL, cache)
    assert found.path == carried
    assert found.source == "the some-carrier package"


def test_parts_are_put_together_and_have_no_path_of_their_own(site: Path, cache: Path) -> None:
    half = MODEL.carried[0]._replace(path="some_carrier/deep/other.half")
    install_carrier(site, CONTENT[:5])
    (site / half.path).write_bytes(CONTENT[5:])
    record = site / "some_carrier-1.0.dist-info" / "RECORD"
    record.write_text(f"{record.read_text(encoding='utf-8')}{half.path},,\n", encoding="utf-8")
    model = dataclasses.replace(MODEL, carried=(MODEL.carried[0], half))
    found = model_files.find(model, cache)
    assert found.read() == CONTENT
    with pytest.raises(ValueError, match="2 parts"):
        _ = found.path
    (site / half.path).unlink()
    with pytest.raises(ModelMissingError):
        model_files.find(model, cache)


def test_what_changes_after_it_was_found_is_not_used(site: Path, cache: Path) -> None:
    carried = install_carrier(site, CONTENT)
    found = model_files.find(MODEL, cache)
    carried.write_bytes(CONTENT[::-1])
    with pytest.raises(ModelMissingError, match="has changed"):
        found.read()
    carried.unlink()
    with pytest.raises(ModelMissingError):
        found.read()


def test_users_cache_comes_before_the_carrier_and_the_frozen_app_before_both(
    site: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_carrier(site, CONTENT)
    (cache / MODEL.name).write_bytes(CONTENT)
    assert model_files.find(MODEL, cache).path == cache / MODEL.name

    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "bundle"), raising=False)
    (tmp_path / "bundle" / "models").mkdir(parents=True)
    (tmp_path / "bundle" / "models" / MODEL.name).write_bytes(CONTENT)
    assert model_files.find(MODEL, cache).source == "the app"


def test_copy_with_other_content_is_passed_over(site: Path, cache: Path) -> None:
    carried = install_carrier(site, CONTENT)
    (cache / MODEL.name).write_bytes(CONTENT[:-1])
    assert model_files.find(MODEL, cache).path == carried


@pytest.mark.parametrize("content", [b"", CONTENT + b"\n", b"other"])
def test_wrong_content_everywhere_is_refused_and_told(site: Path, cache: Path, content: bytes) -> None:
    install_carrier(site, content)
    (cache / MODEL.name).write_bytes(content)
    with pytest.raises(ModelMissingError) as caught:
        model_files.find(MODEL, cache)
    assert "your model cache and in the some-carrier package" in caught.value.what
    assert "not measured" in caught.value.safe


@pytest.mark.parametrize(
    ("installed", "recorded"), [(False, False), (True, False), (True, True)], ids=["no wheel", "no record", "no file"]
)
def test_missing_model_is_told(site: Path, cache: Path, installed: bool, recorded: bool) -> None:
    if installed:
        install_carrier(site, None, recorded=recorded)
    with pytest.raises(ModelMissingError, match=r"some\.model was not found\.$"):
        model_files.find(MODEL, cache)


def test_folder_in_the_files_place_is_no_model(site: Path, cache: Path) -> None:
    (cache / MODEL.name).mkdir()
    with pytest.raises(ModelMissingError):
        model_files.find(MODEL, cache)


@pytest.mark.expects_warnings("cannot be read")
def test_copy_that_may_not_be_read_is_passed_over(unprivileged_folder: Path, ordinary_user: None) -> None:
    copy = unprivileged_folder / MODEL.name
    copy.write_bytes(CONTENT)
    copy.chmod(0)
    with pytest.raises(ModelMissingError):
        model_files.find(MODEL, unprivileged_folder)


@pytest.mark.parametrize("model", ALL_MODELS, ids=lambda model: model.name)
def test_every_model_of_ours_is_installed_with_its_right_content(model: ModelFile, tmp_path: Path) -> None:
    found = model_files.find(model, tmp_path)
    assert hashlib.sha256(found.read()).hexdigest() == model.sha256
    assert len(found.read()) == model.size
    assert all(piece.wheel in found.source for piece in model.carried)
    with pytest.raises(ModelMissingError):
        model_files.find(dataclasses.replace(model, sha256="0" * 64), tmp_path)


def test_carriers_are_never_imported(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from coach_desktop.store import model_files
for model in model_files.ALL_MODELS:
    found = model_files.find(model, Path(sys.argv[1]))
    print(any(piece.path.split("/")[0] in sys.modules for piece in model.carried), found.parts)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=20, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(ALL_MODELS)
    assert all(line.startswith("False ") for line in lines)
