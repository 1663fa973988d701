"""Shoulders, arms and hands: the networks that find them, and what is told from them."""
