"""The local coach's ears: voice activity, pauses, loudness, pitch."""

import os

# From 1.29 on onnxruntime reports its use to its maker, from the moment of its import, and keeps an identifier of the
# computer in the user's cache. Nothing of a practice leaves the computer, so it is told not to, before any import of
# it. https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# faster-whisper brings a client of a model hub along. Our models come from our own store, verified, or not at all.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
