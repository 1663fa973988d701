"""The room of a conversation: the web pane, what its page may do, and the watch over what it shows."""
