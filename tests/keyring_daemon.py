"""A real Secret Service for tests: gnome-keyring on a message bus of its own, in folders of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection  # type: ignore[import-untyped]

PASSWORD = "the desktop's own password"  # noqa: S105 - of a keyring that lives as long as a test
_PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
_PATIENCE_S = 60.0
# The threads that ask a keyring and that nobody waits for, by name.
_ASKERS = ("errand", "keyring-probe")
# No folder of services: nothing starts by itself, above all no window that asks for a password.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# A keyring that is asked while it starts goes away now and then without an answer, and asked for before it is there it
# is started once more by the bus. So it is waited for, asked something, and started anew where that was too much.
_LOG_IN = """
log_in() {
    printf %s "$TEST_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
    until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \\
        string:org.freedesktop.secrets | grep -q 'boolean true'; do sleep 0.05; done
}
log_in
until dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \\
    org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Service string:Collections >/dev/null
do sleep 0.2; log_in; done
exec "$@"
"""
_SERVICE = "org.freedesktop.secrets"
_TRIES = 5


def need_programs(*more: str) -> None:
    """Skip the test where the programs are missing."""
    missing = [name for name in (*_PROGRAMS, *more) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"a real keyring needs {', '.join(missing)} (Debian: gnome-keyring, dbus)")


@dataclass
class Desktop:
    """A message bus and the keyring on it. What is kept lies in `home` and outlives both."""

    home: Path
    environment: dict[str, str]
    _keyring: subprocess.Popen[bytes] | None = None

    def log_in(self, password: str = PASSWORD) -> None:
        """Start the keyring as a log-in does: with the right password it is unlocked, with a wrong one it stays locked.

        The first log-in in a `home` makes the keyring, and with it its password.
        """
        for _ in range(_TRIES):
            self.log_out()
            self._start(password)
            if self._answers():
                return
        pytest.fail("the keyring went away whenever it was asked")

    def _start(self, password: str) -> None:
        self._keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            env=dict(os.environ) | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._keyring.stdin is not None
        self._keyring.stdin.write(password.encode())
        self._keyring.stdin.close()

    def log_out(self) -> None:
        """Stop the keyring, if it runs. The bus goes on: this is a desktop without a keyring."""
        if self._keyring is not None:
            _stop(self._keyring)
            self._keyring = None

    def crash(self) -> None:
        """End the keyring at once, also a frozen one. One that is told to stop may still answer a question first."""
        assert self._keyring is not None
        self._keyring.kill()
        self._keyring.wait()
        self._keyring = None

    def freeze(self) -> None:
        """Let the keyring run but say nothing any more, as while it waits for its user. `log_out` ends that, too."""
        assert self._keyring is not None
        self._keyring.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen keyring go on."""
        if self._keyring is not None:
            self._keyring.send_signal(signal.SIGCONT)

    def lock(self) -> None:
        """Lock the keyring, as a desktop does after a while. Only a new log-in unlocks it: nobody is there to ask."""
        import secretstorage

        with closing(self._connected()) as connection:
            secretstorage.get_default_collection(connection).lock()

    def keep(self, service: str, name: str, secret: str) -> None:
        """Put a secret into the keyring as another program does."""
        import secretstorage

        with closing(self._connected()) as connection:
            collection = secretstorage.get_default_collection(connection)
            attributes = {"service": service, "username": name, "application": "Python keyring library"}
            collection.create_item(f"Password for '{name}' on '{service}'", attributes, secret.encode(), replace=True)

    def kept(self) -> list[str]:
        """Return every secret in the keyring."""
        import secretstorage

        with closing(self._connected()) as connection:
            items = secretstorage.get_default_collection(connection).get_all_items()
            return [item.get_secret().decode() for item in items]

    def _connected(self) -> DBusConnection:
        from jeepney.io.blocking import open_dbus_connection

        return open_dbus_connection(self.environment["DBUS_SESSION_BUS_ADDRESS"])

    def _answers(self) -> bool:
        """Return whether the keyring, once it is on the bus, answers a first question."""
        from jeepney import (  # type: ignore[import-untyped]
            DBusAddress,
            MessageType,
            Properties,
            message_bus,
        )
        from jeepney.io.blocking import Proxy

        deadline = time.monotonic() + _PATIENCE_S
        with closing(self._connected()) as connection:
            bus = Proxy(message_bus, connection)
            while not bus.NameHasOwner(_SERVICE)[0]:
                assert self._keyring is not None
                assert self._keyring.poll() is None, "the keyring ended at once"
                assert time.monotonic() < deadline, "the keyring did not come up"
                time.sleep(0.02)
            service = DBusAddress("/org/freedesktop/secrets", _SERVICE, "org.freedesktop.Secret.Service")
            answer = connection.send_and_get_reply(Properties(service).get("Collections"), timeout=_PATIENCE_S)
            return bool(answer.header.message_type is MessageType.method_return)


@contextmanager
def desktop(home: Path) -> Iterator[Desktop]:
    """Run a bus, without a keyring as yet, that only those find who are given its `environment`.

    What the keyring keeps lies in `home`: a desktop that is made again with it finds the same. Skips the test where
    the programs are missing.
    """
    need_programs()
    home.mkdir(exist_ok=True)
    # Not below pytest's folder: the path of a socket must not be longer than about a hundred characters.
    runtime = Path(tempfile.mkdtemp(prefix="coach-bus-"))
    (runtime / "bus.conf").write_text(_BUS.format(folder=runtime), encoding="utf-8")
    bus = subprocess.Popen(
        ["dbus-daemon", f"--config-file={runtime / 'bus.conf'}", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bus.stdout is not None
    try:
        made = Desktop(
            home,
            {
                "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(),
                "XDG_RUNTIME_DIR": str(runtime),
                "XDG_DATA_HOME": str(home),
            },
        )
        try:
            yield made
        finally:
            made.log_out()
    finally:
        bus.stdout.close()
        _stop(bus)
        shutil.rmtree(runtime)


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make this process one of a machine without a message bus and without any configuration of keyrings."""
    for name in ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def bus(no_keyring: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desktop]:
    """Make this process one of a desktop whose user has not logged in: a bus without a keyring."""
    with desktop(tmp_path / "home") as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made
        made.thaw()
        # Who still asks gets an answer: a keyring that went away in the middle of it would be a warning in the log.
        for thread in threading.enumerate():
            if thread.name in _ASKERS:
                thread.join(_PATIENCE_S)


@pytest.fixture
def ring(bus: Desktop) -> Desktop:
    """Make this process one of a desktop with an unlocked keyring."""
    bus.log_in()
    return bus


def _stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    # One that was frozen hears it only when it goes on.
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def under_dbus_run_session(home: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return what to put in front of a command, and its environment, so that it runs on a desktop of its own.

    The keyring in `home` is unlocked, as after a log-in; bus and keyring end with the command. Skips the test where the
    programs are missing.
    """
    need_programs("dbus-run-session", "dbus-send", "sh")
    home.mkdir(exist_ok=True)
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return (
        ("dbus-run-session", "--", "sh", "-c", _LOG_IN, "sh"),
        {"XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(home), "TEST_PASSWORD": PASSWORD},
    )
