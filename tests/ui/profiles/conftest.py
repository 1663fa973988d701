"""A window for dialogs to stand on, a folder of profiles, and keyrings: none, a real one, a locked one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.store.secrets import KeyStore
from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.profiles.account import AccountServices
from tests.keyring_daemon import bus, no_keyring, ring  # noqa: F401
from tests.standin import StandIn


@pytest.fixture
def host(qtbot: QtBot, dressed: QApplication) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1024, 640)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "profiles"


@pytest.fixture
def keys() -> KeyStore:
    return KeyStore("coach_desktop_tests")


@pytest.fixture
def account(tavus: StandIn) -> Iterator[AccountServices]:
    """What the stand-in that a test brings along holds."""
    account = AccountServices(lambda: TavusClient(tavus.base_url, tavus.key))
    yield account
    assert account.close(30)
