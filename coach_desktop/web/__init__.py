"""The coach without a window: a small page and three requests on loopback."""
