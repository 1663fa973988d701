"""The key in a real keyring, and what is said where there is none, or a locked one, or one that cannot be trusted."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import MASK, REDACTOR
from coach_desktop.store import secrets
from coach_desktop.store.secrets import DESKTOP_KEYRING, SESSION_ONLY, KeyringError, KeyState, KeyStore
from tests.keyring_daemon import Desktop, under_dbus_run_session

KEY = "tvs-0123456789abcdef-marked"
OTHER = "tvs-fedcba9876543210-marked"
# `keyring` forgets to close the connection over which its question failed; the warning belongs to the test that made it
# fail, and not to whichever runs when it is noticed.
LEFT_OPEN = "ignore:unclosed:ResourceWarning"


def in_another_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"from coach_desktop.store.secrets import KeyStore\nkeys = KeyStore()\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class TestUnlocked:
    @pytest.mark.usefixtures("ring")
    def test_nothing_is_there_at_first(self) -> None:
        status = KeyStore().probe()
        assert (status.state, status.place, status.in_memory) == (KeyState.NONE, DESKTOP_KEYRING, False)
        assert status.backend == "keyring.backends.SecretService.Keyring"
        assert KeyStore().key() is None

    def test_a_saved_key_is_found_after_a_restart(self, ring: Desktop) -> None:
        status = KeyStore().save(f"  {KEY}\n")
        assert (status.state, status.place, status.in_memory) == (KeyState.FOUND, DESKTOP_KEYRING, False)
        assert in_another_process("print(keys.probe().state, keys.key())") == f"found {KEY}"
        assert ring.kept() == [KEY]

    def test_a_key_is_replaced_and_not_kept_twice(self, ring: Desktop) -> None:
        keys = KeyStore()
        keys.save(KEY)
        keys.save(OTHER)
        assert keys.key() == OTHER
        assert ring.kept() == [OTHER]

    def test_a_removed_key_is_gone(self, ring: Desktop) -> None:
        keys = KeyStore()
        keys.save(KEY)
        assert keys.remove().state is KeyState.NONE
        assert keys.key() is None
        assert ring.kept() == []
        assert keys.remove().state is KeyState.NONE

    def test_copies_of_other_programs_are_removed_as_well(self, ring: Desktop) -> None:
        KeyStore().save(KEY)
        import secretstorage

        connection = secretstorage.dbus_init()
        attributes = {"service": "coach_desktop", "username": "tavus_api_key", "made by": "somebody else"}
        secretstorage.get_default_collection(connection).create_item("copy", attributes, OTHER.encode())
        connection.close()
        assert KeyStore().remove().state is KeyState.NONE
        assert ring.kept() == []

    @pytest.mark.usefixtures("ring")
    def test_two_services_do_not_share_a_key(self) -> None:
        KeyStore("one").save(KEY)
        assert KeyStore("other").probe().state is KeyState.NONE

    @pytest.mark.usefixtures("ring")
    @pytest.mark.parametrize("key", ["", "  ", "käse", "two words", "line\nbreak", "\x00", "k" * 1001, "🔑"])
    def test_what_cannot_be_a_key_is_refused(self, key: str) -> None:
        keys = KeyStore()
        with pytest.raises(CoachError, match=r"cannot be a Tavus key|is empty") as caught:
            keys.save(key)
        assert caught.value.do
        with pytest.raises(CoachError, match=r"cannot be a Tavus key|is empty"):
            keys.keep_for_session(key)
        assert keys.probe().state is KeyState.NONE

    @pytest.mark.parametrize("kept", ["käse", "two\r\nlines"])
    def test_rubbish_in_the_keyring_is_never_handed_out(self, ring: Desktop, kept: str) -> None:
        ring.keep("coach_desktop", "tavus_api_key", kept)
        keys = KeyStore()
        assert keys.probe().state is KeyState.FOUND
        with pytest.raises(KeyringError, match="cannot be one"):
            keys.key()

    def test_what_is_read_is_hidden_from_logs(self, ring: Desktop) -> None:
        marked = "a-key-that-only-the-keyring-knows"
        ring.keep("coach_desktop", "tavus_api_key", marked)
        assert marked in REDACTOR.scrub(marked)
        KeyStore().probe()
        assert REDACTOR.scrub(f"sent {marked}") == f"sent {MASK}"

    def test_a_key_of_this_session_goes_before_the_kept_one(self, ring: Desktop) -> None:
        keys = KeyStore()
        keys.save(KEY)
        status = keys.keep_for_session(OTHER)
        assert (status.state, status.in_memory) == (KeyState.FOUND, True)
        assert keys.key() == OTHER
        assert ring.kept() == [KEY]
        assert not keys.save(OTHER).in_memory
        assert ring.kept() == [OTHER]

    @pytest.mark.usefixtures("ring")
    def test_many_threads_at_once(self) -> None:
        keys = KeyStore()
        keys.save(KEY)
        seen: list[str | None] = []
        threads = [threading.Thread(target=lambda: seen.append(KeyStore().key())) for _ in range(8)]
        threads += [threading.Thread(target=lambda: seen.append(keys.key())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert seen == [KEY] * 16


class TestLocked:
    @pytest.fixture
    def locked(self, ring: Desktop) -> Desktop:
        KeyStore().save(KEY)
        ring.lock()
        return ring

    @pytest.mark.usefixtures("locked")
    def test_locked_is_neither_none_nor_no_keyring(self) -> None:
        for unlock in (False, True):
            status = KeyStore().probe(unlock=unlock)
            assert (status.state, status.place, status.in_memory) == (KeyState.LOCKED, DESKTOP_KEYRING, False)

    @pytest.mark.parametrize(
        ("act", "words"),
        [
            (lambda keys: keys.key(), "could not be read"),
            (lambda keys: keys.save(OTHER), "was not saved"),
            (lambda keys: keys.remove(), "was not removed"),
        ],
    )
    def test_all_else_says_so(self, locked: Desktop, act: Callable[[KeyStore], object], words: str) -> None:
        with pytest.raises(KeyringError, match=f"{words}: your desktop keyring is locked") as caught:
            act(KeyStore())
        assert caught.value.safe
        assert "Unlock it" in caught.value.do
        locked.log_in()
        assert locked.kept() == [KEY]

    def test_after_unlocking_the_key_is_there(self, locked: Desktop) -> None:
        keys = KeyStore()
        assert keys.probe().state is KeyState.LOCKED
        locked.log_in()
        assert keys.probe().state is KeyState.FOUND
        assert keys.key() == KEY

    def test_a_wrong_password_at_log_in_leaves_it_locked(self, locked: Desktop) -> None:
        locked.log_in("not the password")
        assert KeyStore().probe().state is KeyState.LOCKED

    def test_a_key_for_this_session_can_be_used_and_forgotten(self, locked: Desktop) -> None:
        keys = KeyStore()
        status = keys.keep_for_session(OTHER)
        assert (status.state, status.in_memory) == (KeyState.LOCKED, True)
        assert keys.key() == OTHER
        assert not keys.remove().in_memory
        with pytest.raises(KeyringError):
            keys.key()
        locked.log_in()
        assert locked.kept() == [KEY]

    def test_what_was_read_before_stays_usable_until_it_is_removed(self, ring: Desktop) -> None:
        """A conversation that costs money ends even when the screen was locked, and the keyring with it."""
        keys = KeyStore()
        keys.save(KEY)
        ring.lock()
        status = keys.probe()
        assert (status.state, status.in_memory) == (KeyState.LOCKED, True)
        assert keys.key() == KEY

    def test_a_keyring_that_waits_for_its_user_does_not_hold_up_a_key_for_this_session(self, ring: Desktop) -> None:
        keys = KeyStore()
        ring.freeze()
        asking = threading.Thread(target=keys.probe)
        asking.start()
        while not keys._asking.locked():  # noqa: SLF001 - there is no other sign that the question was asked
            assert asking.is_alive()
        status = keys.keep_for_session(KEY)
        assert (status.state, status.in_memory) == (KeyState.LOCKED, True)
        assert keys.key() == KEY
        ring.thaw()
        asking.join(20)
        assert keys.probe().state is KeyState.NONE

    def test_a_keyring_that_was_given_up_is_left_alone(self, ring: Desktop) -> None:
        keys = KeyStore()
        ring.freeze()
        status = keys.keep_for_session(KEY, ask=False)
        assert (status.state, status.in_memory) == (KeyState.LOCKED, True)
        assert keys.key() == KEY
        ring.thaw()
        assert keys.probe().state is KeyState.NONE


class TestNoKeyring:
    @pytest.mark.usefixtures("no_keyring")
    def test_it_is_said_and_the_key_lives_as_long_as_the_app(self) -> None:
        keys = KeyStore()
        status = keys.probe()
        assert (status.state, status.place, status.in_memory) == (KeyState.NO_KEYRING, SESSION_ONLY, False)
        assert keys.key() is None
        status = keys.save(KEY)
        assert (status.state, status.place, status.in_memory) == (KeyState.NO_KEYRING, SESSION_ONLY, True)
        assert keys.key() == KEY
        assert KeyStore().key() is None
        assert not keys.remove().in_memory
        assert keys.key() is None

    @pytest.mark.usefixtures("bus")
    def test_a_bus_without_a_keyring(self) -> None:
        assert KeyStore().probe(unlock=True).state is KeyState.NO_KEYRING

    def test_a_keyring_that_comes_later_is_found(self, bus: Desktop) -> None:
        keys = KeyStore()
        assert keys.probe().state is KeyState.NO_KEYRING
        bus.log_in()
        assert keys.save(KEY).state is KeyState.FOUND
        bus.log_out()
        status = keys.probe()
        assert (status.state, status.in_memory) == (KeyState.NO_KEYRING, True)

    @pytest.mark.usefixtures("no_keyring")
    @pytest.mark.parametrize("address", ["unix:path=/nonexistent/bus", "rubbish", "tcp:host=127.0.0.1,port=1", ""])
    def test_a_bus_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert KeyStore().probe(unlock=True).state is KeyState.NO_KEYRING

    @pytest.mark.filterwarnings(LEFT_OPEN)
    @pytest.mark.expects_warnings("failed")
    def test_a_keyring_that_dies_while_it_is_asked(self, ring: Desktop) -> None:
        keys = KeyStore()
        ring.freeze()
        seen: list[object] = []
        asking = threading.Thread(target=lambda: seen.append(keys.probe(unlock=True)))
        asking.start()
        while not keys._asking.locked():  # noqa: SLF001 - there is no other sign that the question was asked
            assert asking.is_alive()
        ring.crash()
        asking.join(20)
        assert [getattr(status, "state", None) for status in seen] == [KeyState.NO_KEYRING]
        gc.collect()

    @pytest.mark.filterwarnings(LEFT_OPEN)
    @pytest.mark.expects_warnings("failed")
    def test_a_keyring_that_dies_between_two_questions(self, ring: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = secrets._open_secret_service  # noqa: SLF001 - the moment between its question and the next

        def then_dies(*, unlock: bool) -> bool:
            found = opened(unlock=unlock)
            ring.crash()
            return found

        monkeypatch.setattr(secrets, "_open_secret_service", then_dies)
        assert KeyStore().probe().state is KeyState.NO_KEYRING
        gc.collect()


PLAINTEXT = """
from keyring.backend import KeyringBackend
from pathlib import Path

class PlaintextKeyring(KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        raise AssertionError("it was asked")
    def set_password(self, service, username, password):
        Path("{file}").write_text(password)
    def delete_password(self, service, username):
        pass
"""


class TestUntrusted:
    @pytest.fixture
    def plaintext(
        self,
        no_keyring: None,  # noqa: ARG002
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[Path]:
        file = tmp_path / "passwords.txt"
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "file_ring.py").write_text(PLAINTEXT.format(file=file), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path / "modules")
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "file_ring.PlaintextKeyring")
        yield file
        # The library keeps a list of all classes that were ever made.
        from keyring.backend import KeyringBackend

        for kind in [kind for kind in KeyringBackend._classes if kind.__module__ == "file_ring"]:  # noqa: SLF001
            KeyringBackend._classes.remove(kind)  # noqa: SLF001
        sys.modules.pop("file_ring", None)

    def test_a_file_in_plain_text_is_no_keyring(self, plaintext: Path) -> None:
        keys = KeyStore()
        assert keys.probe().backend == "file_ring.PlaintextKeyring"
        status = keys.save(KEY)
        assert (status.state, status.place, status.in_memory) == (KeyState.NO_KEYRING, SESSION_ONLY, True)
        assert not plaintext.exists()

    def test_nor_when_it_outranks_the_real_one(
        self, plaintext: Path, ring: Desktop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        KeyStore().probe()  # loads the class, which then is one of those to choose from
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
        assert KeyStore().save(OTHER).place == DESKTOP_KEYRING
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.chainer.ChainerBackend")
        assert KeyStore().save(KEY).place == DESKTOP_KEYRING
        assert ring.kept() == [KEY]
        assert not plaintext.exists()

    @pytest.mark.parametrize("name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
    def test_none_at_all_by_choice(self, ring: Desktop, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
        status = KeyStore().save(KEY)
        assert (status.state, status.backend, status.in_memory) == (KeyState.NO_KEYRING, name, True)
        assert ring.kept() == []

    @pytest.mark.usefixtures("no_keyring")
    @pytest.mark.expects_warnings("configured cannot be used")
    @pytest.mark.parametrize("name", ["no.such.Thing", "nodots", "", "keyring.core.nothing", "os.path.join"])
    def test_a_broken_choice(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
        assert KeyStore().probe().state is KeyState.NO_KEYRING

    @pytest.mark.usefixtures("no_keyring")
    @pytest.mark.expects_warnings("configured cannot be used", "incorrect values")
    @pytest.mark.parametrize("text", ["rubbish", "[backend]\ndefault-keyring=no.such.Thing", "[backend]\nx=1", "\x00"])
    def test_a_broken_configuration(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "config" / "python_keyring").mkdir(parents=True)
        (tmp_path / "config" / "python_keyring" / "keyringrc.cfg").write_text(text, encoding="utf-8")
        assert KeyStore().probe().state is KeyState.NO_KEYRING


def test_the_key_is_in_no_file_but_the_keyrings_own(ring: Desktop, tmp_path: Path) -> None:
    logging.getLogger().addHandler(handler := logging.FileHandler(tmp_path / "all.log"))
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    keys = KeyStore()
    keys.save(KEY)
    keys.probe()
    ring.lock()
    with pytest.raises(KeyringError):
        KeyStore().save(OTHER)
    logging.getLogger().setLevel(level)
    logging.getLogger().removeHandler(handler)
    handler.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "home" / "keyrings" / "login.keyring" in files
    for path in files:
        data = path.read_bytes()
        assert KEY.encode() not in data, path
        assert OTHER.encode() not in data, path


def test_kept_from_one_desktop_session_to_the_next(tmp_path: Path) -> None:
    before, environment = under_dbus_run_session(tmp_path / "home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBUS_")} | environment
    seen = []
    for code in (f"keys.save({KEY!r})", "print(keys.key()); keys.remove()", "print(keys.key())"):
        done = subprocess.run(
            [*before, sys.executable, "-c", f"from coach_desktop.store.secrets import *; keys = KeyStore(); {code}"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        seen.append(done.stdout.strip())
    assert seen == ["", KEY, "None"]


def test_importing_it_does_not_import_keyring() -> None:
    loaded = in_another_process("import sys; print('keyring' in sys.modules)")
    assert loaded == "False"
