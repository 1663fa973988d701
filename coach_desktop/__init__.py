"""coach_desktop: practise public speaking with Chuck, a video coach."""

__version__ = "0.1.0"
