# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: INP001 - a program, and no package
"""Chuck's voice: says lines of text with Piper, in a process of its own. GPL-3, as Piper is; the app is not.

It runs in the environment that requirements/voice.txt describes and speaks with its parent over its two pipes only:

    in    {"id": 1, "text": "Good morning."}                                    a line of JSON for each utterance
    out   {"ready": true}                                                       once
          {"id": 1, "rate": 22050, "bytes": 61440, "phonemes": [["h", 1280], …]}   for each sentence, and then
          …                                                                     so many bytes of PCM (16 bit, mono)
          {"id": 1, "end": true}

Each phoneme comes with its length in samples. The end of its input is its end.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path


def main(model: str, config: str) -> None:
    """Say what comes until nothing more comes."""
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    from piper import PiperVoice

    def tell(answer: dict[str, object], sound: bytes = b"") -> None:
        answers.write(json.dumps(answer).encode() + b"\n" + sound)
        answers.flush()

    voice = PiperVoice.load(Path(model), config_path=Path(config), include_alignments=True)
    tell({"ready": True})
    for line in sys.stdin.buffer:
        order = json.loads(line)
        for sentence in voice.synthesize(order["text"], include_alignments=True):
            sound = sentence.audio_int16_bytes
            phonemes = [[one.phoneme, int(one.num_samples)] for one in sentence.phoneme_alignments or []]
            head = {"rate": sentence.sample_rate, "bytes": len(sound), "phonemes": phonemes}
            tell({"id": order["id"], **head}, sound)
        tell({"id": order["id"], "end": True})


if __name__ == "__main__":
    # The parent may be gone while an answer is on its way.
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main(sys.argv[1], sys.argv[2])
