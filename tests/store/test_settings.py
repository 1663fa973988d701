"""Settings: what is kept comes back, what is broken is set aside, and the key is sent to no doubtful address."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coach_desktop.core.errors import CoachError
from coach_desktop.store.settings import (
    ADDRESS_VARIABLE,
    DEFAULT_ADDRESS,
    Settings,
    SettingsFile,
    address_problem,
    api_address,
    load_settings,
    save_settings,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


SOME = Settings(
    api_address="https://proxy.example/tavus/v2/",
    chrome_user_agent=False,
    price_per_minute=0.37,
    currency="EUR",
    minutes_per_month=60,
    warn_before_end_s=(60, 300, 60),
    keep_audio=True,
    hear_again=False,
    last_profile="chuck-tavus",
    env_files_declined=("/home/ada/coach/.env", "/home/ada/ö ü/.env"),
)


def test_what_is_kept_comes_back(path: Path) -> None:
    save_settings(path, SOME)
    assert load_settings(path) == (SOME, None)
    assert SOME.warn_before_end_s == (300, 60)
    assert SOME.api_address == "https://proxy.example/tavus/v2"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_file_means_defaults(path: Path) -> None:
    settings, problem = load_settings(path)
    assert problem is None
    assert settings == Settings()
    assert (settings.api_address, settings.chrome_user_agent) == (DEFAULT_ADDRESS, True)
    assert settings.price_per_minute is None
    assert (settings.keep_audio, settings.hear_again) == (False, True)
    assert (settings.minutes_per_month, settings.warn_before_end_s) == (None, (300, 60))
    assert not path.exists()


def test_a_newer_version_may_have_written_it(path: Path) -> None:
    path.write_text('{"currency": "CHF", "invented_later": {"a": [1, null]}}', encoding="utf-8")
    assert load_settings(path) == (Settings(currency="CHF"), None)


BROKEN = [
    b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{\x00}\x00", b"{}" + b" " * 1_000_001, b"[" * 100_000,
    b'{"api_address": "http://tavus.example/v2"}', b'{"price_per_minute": -1}', b'{"price_per_minute": "1"}',
    b'{"price_per_minute": NaN}', b'{"currency": "usd"}', b'{"chrome_user_agent": 1}', b'{"env_files_declined": [1]}',
    b'{"last_profile": "\\ud800"}', b'{"currency": "USD\\n"}',
    b'{"minutes_per_month": 0}', b'{"minutes_per_month": 44641}', b'{"minutes_per_month": 1.5}',
    b'{"warn_before_end_s": [0]}', b'{"warn_before_end_s": [1, 2, 3, 4, 5, 6]}', b'{"warn_before_end_s": [3601]}',
    b'{"keep_audio": 1}', b'{"keep_audio": "yes"}', b'{"keep_audio": null}',
    b'{"hear_again": 0}',
]  # fmt: skip


@pytest.mark.expects_warnings("settings could not be read")
@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_set_aside_and_said(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    settings, problem = load_settings(path)
    assert settings == Settings()
    assert problem is not None
    assert problem.safe == "The file is now called settings.broken-1.json."
    assert problem.do
    assert "settings.json: " in problem.details
    assert path.with_name("settings.broken-1.json").read_bytes() == data
    assert load_settings(path) == (Settings(), None)


@pytest.mark.expects_warnings("settings could not be read")
def test_one_broken_file_never_replaces_another(path: Path) -> None:
    for number in range(3):
        path.write_text(f"broken {number}", encoding="utf-8")
        load_settings(path)
    for number in range(3):
        assert path.with_name(f"settings.broken-{number + 1}.json").read_text() == f"broken {number}"


@pytest.mark.expects_warnings("settings could not be read")
def test_what_is_no_file_is_no_hindrance(path: Path) -> None:
    path.mkdir()
    settings, problem = load_settings(path)
    assert problem is not None
    save_settings(path, settings)
    assert load_settings(path) == (settings, None)


@pytest.mark.expects_warnings("settings could not be read")
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_folder_that_cannot_be_written_to(unprivileged_folder: Path, ordinary_user: None) -> None:
    path = unprivileged_folder / "settings.json"
    path.write_text("{", encoding="utf-8")
    unprivileged_folder.chmod(0o500)
    settings, problem = load_settings(path)
    assert problem is not None
    assert "where it was" in problem.safe
    with pytest.raises(CoachError, match="could not be kept") as caught:
        save_settings(path, settings)
    assert caught.value.safe
    assert caught.value.do
    unprivileged_folder.chmod(0o700)
    assert path.read_text() == "{"


def test_a_path_that_is_no_text_is_written_all_the_same(path: Path) -> None:
    save_settings(path, Settings().model_copy(update={"env_files_declined": (os.fsdecode(b"/\xff/.env"),)}))
    assert load_settings(path) == (Settings(env_files_declined=("/?/.env",)), None)


class TestAddress:
    GOOD = (
        DEFAULT_ADDRESS, "https://tavus.example", "https://tavus.example:8443/v2", "http://127.0.0.1:8080/v2",
        "http://localhost:1/v2", "http://[::1]:9/v2", "https://192.0.2.7/v2", "http://127.9.9.9/",
    )  # fmt: skip
    BAD = (
        "", " ", "tavusapi.com/v2", "http://tavusapi.com/v2", "http://192.168.1.2/v2", "http://localhost.example/v2",
        "http://0.0.0.0/v2", "ftp://tavusapi.com", "file:///etc/passwd", "https://", "https:///v2", "https://a:0/v2",
        "https://a:99999/v2", "https://me:secret@tavusapi.com/v2", "https://tavusapi.com/v2?x=1", "https://a/v2?",
        "https://tavusapi.com/v2#x", "https://tavus api.com/v2", "https://tavusapi.com/v2\nX: y", "https://[::1/v2",
        "https://täv.us/v2", "javascript:alert(1)", "https://" + "a" * 600,
    )  # fmt: skip

    @pytest.mark.parametrize("address", GOOD)
    def test_good_ones(self, address: str) -> None:
        assert Settings(api_address=f" {address} ").api_address == address.rstrip("/")
        assert address_problem(address) is None

    @pytest.mark.parametrize("address", BAD)
    def test_bad_ones(self, address: str) -> None:
        with pytest.raises(ValidationError):
            Settings(api_address=address)
        assert (address_problem(address) or "").startswith("it ")

    @pytest.mark.parametrize("address", [address for address in BAD if address.strip()])
    def test_bad_ones_in_the_environment(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(ADDRESS_VARIABLE, address)
        with pytest.raises(CoachError, match=ADDRESS_VARIABLE) as caught:
            api_address(Settings())
        assert caught.value.do
        assert "secret" not in caught.value.sentences() + caught.value.details

    def test_the_environment_goes_before_the_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
        assert api_address(SOME) == "https://proxy.example/tavus/v2"
        monkeypatch.setenv(ADDRESS_VARIABLE, " http://127.0.0.1:5005/v2/ ")
        assert api_address(SOME) == "http://127.0.0.1:5005/v2"
        monkeypatch.setenv(ADDRESS_VARIABLE, "")
        assert api_address(SOME) == "https://proxy.example/tavus/v2"


class TestSettingsFile:
    def test_used_at_once_and_kept_when_saved(self, path: Path) -> None:
        file = SettingsFile(path)
        file.use(SOME)
        assert file.current == SOME
        assert not path.exists()
        file.save()
        assert SettingsFile(path).current == SOME

    def test_the_last_of_many_is_what_stays(self, path: Path) -> None:
        file = SettingsFile(path)
        threads = []
        for number in range(20):
            file.use(Settings(price_per_minute=number))
            threads.append(threading.Thread(target=file.save))
            threads[-1].start()
        for thread in threads:
            thread.join(60)
        assert load_settings(path) == (Settings(price_per_minute=19), None)

    @pytest.mark.expects_warnings("settings could not be read")
    def test_a_problem_is_handed_on(self, path: Path) -> None:
        path.write_text("{", encoding="utf-8")
        assert SettingsFile(path).problem is not None
        assert SettingsFile(path).problem is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_LIKELY = st.dictionaries(st.sampled_from([*Settings.model_fields, "other"]), _JSON, max_size=6)


@pytest.mark.expects_warnings("settings could not be read")
@given(data=st.binary(max_size=300) | (_LIKELY | _JSON).map(lambda value: json.dumps(value).encode()))
def test_whatever_the_file_holds_there_are_settings_and_nothing_is_lost(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "settings.json"
    path.write_bytes(data)
    settings, problem = load_settings(path)
    kept = path if problem is None else path.with_name("settings.broken-1.json")
    assert kept.read_bytes() == data
    save_settings(path, settings)
    assert load_settings(path) == (settings, None)


@given(
    settings=st.builds(
        Settings,
        chrome_user_agent=st.booleans(),
        price_per_minute=st.none() | st.floats(0, 1000),
        currency=st.text("ABCXYZ", min_size=3, max_size=3),
        keep_audio=st.booleans(),
        hear_again=st.booleans(),
        last_profile=st.none() | st.text(max_size=64),
        env_files_declined=st.lists(st.text(max_size=30), max_size=4).map(tuple),
    )
)
def test_all_settings_survive(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "settings.json"
    save_settings(path, settings)
    assert load_settings(path) == (settings, None)


def test_password_in_an_address_stands_in_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "https://me:marked-0b1d93fe@host/v2")
    with pytest.raises(CoachError) as caught:
        api_address(Settings())
    assert "marked" not in "".join(traceback.format_exception(caught.value))
