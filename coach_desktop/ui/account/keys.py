"""Asks the keyring for the window, which never waits for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from coach_desktop.store.secrets import KeyStore
from coach_desktop.ui.account.errand import Errand


class KeyBridge(QObject):
    """Tells what is known of the key."""

    key_probed = Signal(object)
    """Brings a `KeyStatus`."""

    def __init__(self, keys: KeyStore, parent: QObject | None = None) -> None:
        """Ask this store; nothing is asked yet."""
        super().__init__(parent)
        self._keys = keys
        self._errand = Errand(self)

    def probe(self) -> None:
        """Ask whether there is a key, without unlocking anything; `key_probed` brings the answer."""
        # It raises nothing that a user would have to hear of.
        self._errand.run(self._keys.probe, self.key_probed.emit, lambda _error: None)

    def close(self, timeout_s: float = 3.0) -> bool:
        """Stop; return whether the thread has finished."""
        return self._errand.close(timeout_s)
