"""What `make bench` does: every benchmark in turn, under a virtual screen. Each prints its own table of ratios."""

from __future__ import annotations

import os
import subprocess
import sys

import setup_env
from screen import virtual_screen


def main() -> int:
    """Run the benchmarks whose names contain the argument, or all of them."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    environment = dict(os.environ)
    if os.name != "nt" and os.geteuid() == 0:
        environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    failed = 0
    with virtual_screen() as screen:
        for path in sorted((setup_env.ROOT / "benchmarks").glob("bench_*.py")):
            if wanted not in path.name:
                continue
            print(f"\n== {path.name}", flush=True)
            command = [str(setup_env.venv_python()), str(path)]
            failed |= subprocess.run(command, cwd=setup_env.ROOT, env=environment | screen, check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
