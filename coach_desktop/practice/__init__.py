"""The local coach: a process of its own that speaks the Tavus API."""
