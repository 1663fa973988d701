"""The window: widgets, the web pane, the bridge from threads to signals."""

from __future__ import annotations

from coach_desktop.ui.immortals import keep_singletons_alive

# Before the first call into Qt: see there for what happens otherwise.
keep_singletons_alive()
