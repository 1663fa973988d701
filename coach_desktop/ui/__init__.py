"""The window: widgets, the web pane, the bridge from threads to signals."""
