"""Runs commands of the official client one after the other in one process: each would take a second to start.

Belongs to the client's own Python, not to ours: it reads lines of JSON `{"arguments": [...],
"environment": {...}}` and answers each with `{"code": 0, "output": "..."}`, everything that the command wrote.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback


def main() -> None:
    """Answer until standard input ends."""
    from tavus_mcp.cli.main import app  # type: ignore[import-not-found]

    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.clear()
        os.environ.update(asked["environment"])
        written = io.StringIO()
        code = 0
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            try:
                app(asked["arguments"])
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            except Exception:  # noqa: BLE001 - whatever a command raises is what a terminal would show
                traceback.print_exc()
                code = 1
        sys.stdout.write(json.dumps({"code": code, "output": written.getvalue()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
