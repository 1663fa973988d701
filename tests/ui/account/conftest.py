"""A real keyring for the dialogs, and none."""

from __future__ import annotations

from tests.keyring_daemon import bus, no_keyring, ring  # noqa: F401
