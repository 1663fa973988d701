"""What is technically wrong with the sound, in the words of a session or of a recorded talk.

Who sits before a microphone can do something about it at once; who has a recording can do so at the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Wording:
    """A sentence or two on each trouble."""

    no_sound: str
    no_speech: str
    quiet: str
    clipping: str
    noise: str


SESSION: Final = Wording(
    no_sound="No sound reached us. Is the microphone muted, or is another one in use?",
    no_speech="Sound reached us, but no speech was heard in it. Whispering is not counted.",
    quiet="Your voice reached us very quietly. Go nearer to the microphone or turn it up.",
    clipping="The microphone was overdriven in places. Turn it down or move away from it a little.",
    noise="There is much noise behind your voice. Go nearer to the microphone or to a quieter room.",
)
RECORDING: Final = Wording(
    no_sound="The recording is silent from beginning to end. The microphone may have been muted when it was made.",
    no_speech="There is sound in the recording, but no speech was heard in it. Whispering is not counted.",
    quiet="The voice in the recording is very quiet. For the next one, have the microphone nearer or turn it up.",
    clipping="The recording is overdriven in places. For the next one, turn the microphone down a little.",
    noise="There is much noise behind the voice in the recording. For the next one, take a quieter room, or have the"
    " microphone nearer.",
)
