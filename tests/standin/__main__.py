"""Run the stand-in as a program of its own: `python -m tests.standin --port 0 --key K` prints its address."""

from __future__ import annotations

import argparse
import contextlib
import threading

from tests.standin.room import RoomKind
from tests.standin.server import StandIn


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", required=True)
    parser.add_argument("--room", choices=RoomKind.__args__, default="working")  # type: ignore[attr-defined]
    given = parser.parse_args()
    with StandIn(given.key, given.port) as standin, contextlib.suppress(KeyboardInterrupt):
        standin.room = given.room
        print(standin.base_url, flush=True)  # noqa: T201 - whoever started it reads the address here
        threading.Event().wait()


if __name__ == "__main__":
    main()
