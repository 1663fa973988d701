"""The switch that keeps model files from being fetched: for users, and for a window whose user has not said yes.

Apart from `model_fetch`, which takes long to load.
"""

from __future__ import annotations

import os
from typing import Final

OFFLINE_VARIABLE: Final = "COACH_MODELS_OFFLINE"
"""The environment variable; any value but an empty one and 0 means that nothing is fetched."""


def is_offline() -> bool:
    """Return whether no model file may be fetched. What is missing is then not measured."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in {"", "0"}
