"""What a double click runs."""

from multiprocessing import freeze_support

from coach_desktop.cli import run

if __name__ == "__main__":
    # A frozen app is its own Python: without this, a helper process of a library would open a second window.
    freeze_support()
    run()
