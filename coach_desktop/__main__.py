"""`python -m coach_desktop` does what `main.py` does."""

from coach_desktop.cli import run

if __name__ == "__main__":
    run()
