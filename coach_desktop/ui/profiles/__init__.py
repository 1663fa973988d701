"""Persona profiles in the window: the list, the editor, and what comes from files."""
