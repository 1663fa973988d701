"""Resources are found in a checkout, a wheel and a frozen app; the user's data is private and where it belongs."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError


def test_checkout_has_its_resources(project_root: Path) -> None:
    assert paths.resources() == project_root / "resources"
    assert paths.resource("personas", "chuck-local.toml").is_file()


def test_wheel_has_its_resources_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "coach_desktop")
    (tmp_path / "coach_desktop" / "resources").mkdir(parents=True)
    assert paths.resources() == tmp_path / "coach_desktop" / "resources"


def test_frozen_app_has_resources_and_models_in_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.is_frozen()
    assert paths.resource("room", "room.js") == tmp_path / "resources" / "room" / "room.js"
    assert paths.bundled_models() == tmp_path / "models"


def test_data_folder_is_the_chosen_one_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert paths.data_folder(Path("here")).root == tmp_path / "here"
    assert paths.data_folder(Path("a/../b")).root == tmp_path / "b"
    assert paths.data_folder(Path("~/mine")).root == tmp_path / "home" / "mine"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place is another one on other systems")
def test_data_folder_without_a_choice_is_the_platforms_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert paths.data_folder(None).root == tmp_path / "coach_desktop"


def test_data_folder_of_a_user_who_does_not_exist_is_told_in_plain_words() -> None:
    with pytest.raises(CoachError, match="cannot be found"):
        paths.data_folder(Path("~no-such-user-here/data"))


def test_data_folder_is_made_private_and_making_it_again_changes_nothing(tmp_path: Path) -> None:
    data = paths.data_folder(tmp_path / "deep" / "data")
    for _ in range(2):
        data.create()
    for folder in (data.root, data.logs, data.profiles, data.models):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {data.database.parent, data.lock.parent} == {data.root}


def test_data_folder_where_a_file_lies_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"exists|directory"):
        paths.data_folder(tmp_path / "file").create()


def test_a_file_beside_the_app_is_found_in_a_checkout_and_when_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "coach_desktop")
    (tmp_path / ".env").touch()
    assert paths.beside_app(".env") is None, "a package that is installed has nothing beside it"
    (tmp_path / "main.py").touch()
    assert paths.beside_app(".env") == tmp_path / ".env"
    assert paths.beside_app("other") is None
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "app" / "coach-desktop"))
    assert paths.beside_app(".env") is None
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / ".env").touch()
    assert paths.beside_app(".env") == tmp_path / "app" / ".env"
