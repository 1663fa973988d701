"""The Tavus key and the settings: what the user sees of them."""
