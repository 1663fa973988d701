"""What can be said about this installation without a session: for the user who asks why something does not work.

The network is touched only where the caller says so, and no secret is ever part of the answer.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from coach_desktop import __version__
from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.core.redact import REDACTOR
from coach_desktop.sessions.service_process import child_environment, command_of_own
from coach_desktop.store import model_files
from coach_desktop.store.history import History
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.store.secrets import KeyState, KeyStatus, KeyStore
from coach_desktop.store.settings import api_address, load_settings
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import KeyRefusedError

PATIENCE_S: Final = 10.0
_PACKAGES: Final = ("PySide6", "requests", "keyring", "pydantic", "numpy", "ai-edge-litert", "onnxruntime")
# The API is asked with it where there is no key: a refusal is an answer, too.
_NO_KEY: Final = "diagnose-has-no-key"
Facts = dict[str, Any]


def diagnose(data: DataFolder, *, network: bool) -> Facts:
    """Return everything as plain JSON values. Each part is bounded in time; a part that fails says why."""
    keys = KeyStore()
    settings = _settings(data)
    status = _key_status(keys)
    return {
        "app": _app(),
        "keyring": _keyring(status),
        "web_engine": _web_engine(),
        "models": [_model(model, data) for model in model_files.ALL_MODELS],
        "folders": _folders(data),
        "profiles": _profiles(data),
        "history": _history(data),
        "settings": settings,
        "network": _network(settings["api_address"], keys, status) if network else {"asked": False},
    }


def words(facts: Facts) -> str:
    """Return the facts in lines for a person."""
    lines = []
    for title, part in facts.items():
        lines.append(title.replace("_", " ").capitalize())
        rows = part if isinstance(part, list) else [part]
        for row in rows:
            lines += [f"  {name.replace('_', ' ')}: {_shown(value)}" for name, value in row.items()]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(entry)}" for name, entry in value.items())
    return ("; ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)


def _app() -> Facts:
    def version(package: str) -> str:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            # A frozen app carries the code, and not always the label.
            return "unknown"

    return {
        "version": __version__,
        "frozen": paths.is_frozen(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "desktop": os.environ.get("XDG_CURRENT_DESKTOP"),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _key_status(keys: KeyStore) -> KeyStatus | None:
    """Return what the keyring says, or None where it says nothing within the limit: it may wait for the user."""
    found: list[KeyStatus] = []
    thread = threading.Thread(target=lambda: found.append(keys.probe()), name="keyring-probe", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return found[0] if found else None


def _keyring(status: KeyStatus | None) -> Facts:
    if status is None:
        return {"state": "no answer", "backend": None, "place": None, "reason": f"no answer in {PATIENCE_S:.0f} s"}
    return {"state": status.state.value, "backend": status.backend, "place": status.place}


def _web_engine() -> Facts:
    environment = child_environment()
    if sys.platform == "linux" and not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        done = subprocess.run(  # noqa: S603 - our own program and argument
            [*command_of_own(), "probe-engine"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
            cwd=None if paths.is_frozen() else Path(__file__).resolve().parents[2],
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return {"state": "no answer", "reason": f"no answer in {PATIENCE_S:.0f} s"}
    except OSError as error:
        return {"state": "failed", "reason": str(error.strerror)}
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = done.stderr.strip().splitlines()
        reason = REDACTOR.scrub(said[-1])[:300] if said else f"exit code {done.returncode}"
        return {"state": "failed", "reason": reason}
    return {"state": "ok", **found} if isinstance(found, dict) else {"state": "failed", "reason": "no sense"}


def _model(model: model_files.ModelFile, data: DataFolder) -> Facts:
    try:
        found = model_files.find(model, data.models)
    except CoachError as error:
        return {"name": model.name, "found": False, "reason": error.what, "origin": model.origin}
    return {
        "name": model.name,
        "found": True,
        "source": found.source,
        "path": ", ".join(map(str, found.parts)),
        "origin": model.origin,
    }


def _folders(data: DataFolder) -> Facts:
    free = shutil.disk_usage(data.root).free if data.root.exists() else None
    return {
        "data": str(data.root),
        "logs": str(data.logs),
        "profiles": str(data.profiles),
        "models": str(data.models),
        "resources": str(paths.resources()),
        "writable": os.access(data.root, os.W_OK),
        "free_mb": None if free is None else free // 1_000_000,
    }


def _profiles(data: DataFolder) -> Facts:
    shelf = load_shelf(data.profiles)
    return {
        "built_in": [stored.profile.id for stored in shelf.profiles if stored.built_in],
        "own": [stored.profile.id for stored in shelf.profiles if not stored.built_in],
        "problems": [problem.what for problem in shelf.problems],
    }


def _history(data: DataFolder) -> Facts:
    if not data.database.exists():
        return {"sessions": 0, "perhaps_still_running": 0, "problem": None}
    try:
        with closing(History(data.database)) as history:
            rows = history.sessions()
    except CoachError as error:
        return {"sessions": None, "perhaps_still_running": None, "problem": error.what}
    return {"sessions": len(rows), "perhaps_still_running": sum(row.remote_open for row in rows), "problem": None}


def _settings(data: DataFolder) -> Facts:
    settings, problem = load_settings(data.settings)
    try:
        return {"api_address": api_address(settings), "problem": problem.what if problem else None}
    except CoachError as error:
        return {"api_address": None, "problem": error.what}


def _network(address: str | None, keys: KeyStore, status: KeyStatus | None) -> Facts:
    has_key = status is not None and status.state is KeyState.FOUND
    facts: Facts = {"asked": True, "address": address, "reachable": False, "key_accepted": None, "reason": None}
    if address is None:
        return facts | {"reason": "There is no address to ask."}
    try:
        key = (keys.key() if has_key else None) or _NO_KEY
        with TavusClient(address, key, read_timeout_s=PATIENCE_S) as client:
            client.check_key()
    except KeyRefusedError as error:
        facts |= {"reachable": True, "key_accepted": False if has_key else None, "reason": error.what}
        if not has_key:
            facts["reason"] = "There is no key to try."
    except CoachError as error:
        facts["reason"] = REDACTOR.scrub(f"{error.what} {error.details}".strip())[:300]
    else:
        facts |= {"reachable": True, "key_accepted": has_key}
    return facts
