"""The window: widgets, the web pane, the bridge from threads and processes to signals."""
