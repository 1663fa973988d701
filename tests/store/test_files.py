"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from coach_desktop.store.files import write_atomically

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["settings.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_the_mode_is_the_one_asked_for_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "shared.toml", b"one", mode=0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "shared.toml").stat().st_mode) == 0o644


@posix
def test_an_open_reader_keeps_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"


def test_readers_never_see_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    versions = {bytes([letter]) * 50_000 for letter in b"abc"}
    write_atomically(path, b"a" * 50_000)
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for version in sorted(versions) * 10:
        write_atomically(path, version)
    done.set()
    reader.join(60)
    assert seen <= versions


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "real.json").write_bytes(b"old")
    (tmp_path / "settings.json").symlink_to(tmp_path / "dotfiles" / "real.json")
    write_atomically(tmp_path / "settings.json", b"new")
    assert (tmp_path / "settings.json").is_symlink()
    assert (tmp_path / "dotfiles" / "real.json").read_bytes() == b"new"
    assert names(tmp_path / "dotfiles") == ["real.json"]


@posix
def test_a_disk_that_refuses_costs_nothing(unprivileged_folder: Path, ordinary_user: None) -> None:
    path = unprivileged_folder / "settings.json"
    write_atomically(path, b"old")
    unprivileged_folder.chmod(0o500)
    with pytest.raises(OSError, match="denied"):
        write_atomically(path, b"new")
    unprivileged_folder.chmod(0o700)
    assert path.read_bytes() == b"old"
    assert names(unprivileged_folder) == ["settings.json"]


@posix
def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "settings.json"
    write_atomically(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel's own limit on the size of a file stands for a full disk; Python ignores the signal that comes with it.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            write_atomically(path, b"n" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["settings.json"]


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - its words differ between systems
        write_atomically(tmp_path / "settings.json", b"new")
    with pytest.raises(OSError):  # noqa: PT011
        write_atomically(tmp_path / "no such folder" / "settings.json", b"new")
    assert names(tmp_path) == ["settings.json"]
