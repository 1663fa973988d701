"""Opening an ONNX network: one thread, no report of its use to the maker of the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime


def open_network(model: Path, inputs: set[str], *, what: str, safe: str) -> onnxruntime.InferenceSession:
    """Return an `onnxruntime.InferenceSession` of a model with exactly the inputs named.

    Raises `CoachError`, which names the file, where it cannot be read or is no such network: `what` it is that could
    not be loaded ("The model that …"), and what is `safe` all the same.
    """
    import onnxruntime as onnx  # here, because it costs 0.1 s that only a session with a microphone should pay

    # For builds that do not know the variable that the package sets.
    onnx.disable_telemetry_events()
    options = onnx.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        network = onnx.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])
        found = {value.name for value in network.get_inputs()}
    except Exception as error:  # onnxruntime raises its own kinds, none of them public
        raise _unusable(model, what, safe, f"{type(error).__name__}: {error}") from error
    if found != inputs:
        raise _unusable(model, what, safe, f"inputs are {sorted(found)}")
    return network


def _unusable(model: Path, what: str, safe: str, details: str) -> CoachError:
    return CoachError(
        f"{what} could not be loaded: its file {model.name} cannot be used.",
        safe=safe,
        do=f"Run the set-up again, or put a fresh copy of {model.name} into the folder of models in your data folder.",
        details=details,
    )
