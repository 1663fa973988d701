"""Words are heard in order in a thread of their own; what it cannot keep up with is given up and told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach_desktop.core.errors import CoachError
from coach_desktop.practice import transcriber
from coach_desktop.practice.hearing.recogniser import Network, Piece
from coach_desktop.practice.hearing.words import Utterance, Word
from coach_desktop.practice.transcriber import MOST_WAITING, Caption, Transcriber
from coach_desktop.store.model_files import WHISPER_TINY_EN
from coach_desktop.store.model_switch import OFFLINE_VARIABLE
from tests.model_source import Source
from tests.practice.client import wait_until

RATE = 16000


class Scripted:
    """Hears when its piece began, once it may; the tests know how often it was asked."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()
        self.asked: list[float] = []
        self.error: Exception | None = None

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        self.asked.append(at_s)
        assert self.may.wait(60)
        if self.error is not None:
            raise self.error
        return [Word(f"at{at_s:.0f}", at_s, at_s + len(samples) / RATE)]


def piece(at_s: float, length_s: float = 2.0) -> Piece:
    return Piece(at_s, at_s, at_s + length_s, np.zeros(round(length_s * RATE), np.int16))


def made(
    tmp_path: Path, network: Network, *, live: bool = True, on_utterance: Callable[[Utterance], None] | None = None
) -> Transcriber:
    return Transcriber(tmp_path, live=live, load=lambda _: network, on_utterance=on_utterance)


def texts(words: Transcriber) -> list[str]:
    return [one.text for one in words.utterances]


def test_everything_is_heard_in_order_and_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    words = made(tmp_path, Scripted(), on_utterance=lambda one: told.append(one.text))
    for n in range(5):
        words.offer(piece(10.0 * n))
    assert words.finish(60)
    assert texts(words) == told == [f"at{10 * n}" for n in range(5)]
    assert words.lost == []
    assert words.captions() == [Caption(text, True) for text in told]
    assert words.captions() == []
    assert words.followed_until(99.0) == 99.0


def test_who_speaks_faster_than_can_be_heard_loses_the_oldest(tmp_path: Path) -> None:
    network = Scripted()
    network.may.clear()
    words = made(tmp_path, network)
    words.offer(piece(0.0))
    wait_until(lambda: network.asked == [0.0])
    assert words.followed_until(99.0) == 0.0
    for n in range(1, MOST_WAITING + 3):
        words.offer(piece(10.0 * n))
    assert words.lost == [(10.0, 12.0), (20.0, 22.0)]
    network.may.set()
    assert words.finish(60)
    assert texts(words) == ["at0", *(f"at{10 * n}" for n in range(3, MOST_WAITING + 3))]


def test_a_file_waits_and_loses_nothing(tmp_path: Path) -> None:
    network = Scripted()
    words = made(tmp_path, network, live=False)

    def offer_all() -> None:
        for n in range(30):
            words.offer(piece(10.0 * n))

    offering = threading.Thread(target=offer_all)
    network.may.clear()
    offering.start()
    wait_until(lambda: bool(network.asked))
    network.may.set()
    offering.join(60)
    assert words.finish(60)
    assert len(texts(words)) == 30
    assert words.captions() == []


def test_words_come_while_somebody_speaks_and_are_heard_once(tmp_path: Path) -> None:
    network = Scripted()
    words = made(tmp_path, network)
    words.start()
    words.hint(piece(5.0, 3.0), silent=True)
    wait_until(lambda: network.asked == [5.0])
    wait_until(lambda: words._busy is False)  # noqa: SLF001 - the early words are kept by then
    assert words.captions() == [Caption("at5", False)]
    assert texts(words) == []
    words.offer(piece(5.0, 3.0))
    assert words.finish(60)
    assert network.asked == [5.0]
    assert words.captions() == [Caption("at5", True)]
    assert texts(words) == ["at5"]


def test_what_went_on_is_heard_anew(tmp_path: Path) -> None:
    network = Scripted()
    words = made(tmp_path, network)
    words.hint(piece(5.0, 0.5), silent=True)
    words.hint(piece(5.0, 3.0), silent=True)
    words.start()
    wait_until(lambda: network.asked == [5.0])
    words.offer(piece(5.0, 6.0))
    assert words.finish(60)
    assert network.asked == [5.0, 5.0]
    assert words.words[-1].end_s == 11.0


@pytest.mark.expects_warnings("could not be heard")
def test_a_piece_that_cannot_be_heard_costs_only_itself(tmp_path: Path) -> None:
    network = Scripted()
    network.error = RuntimeError("native")
    words = made(tmp_path, network)
    words.offer(piece(1.0))
    wait_until(lambda: words.lost == [(1.0, 3.0)])
    network.error = None
    words.offer(piece(5.0))
    assert words.finish(60)
    assert texts(words) == ["at5"]


def test_an_end_that_cannot_wait_gives_up_what_waits(tmp_path: Path) -> None:
    network = Scripted()
    network.may.clear()
    told: list[Utterance] = []
    words = made(tmp_path, network, on_utterance=told.append)
    words.offer(piece(0.0))
    words.offer(piece(10.0))
    wait_until(lambda: network.asked == [0.0])
    assert not words.finish(0.0)
    assert words.lost == [(10.0, 12.0)]
    network.may.set()
    wait_until(lambda: not any(thread.name == "coach-words" for thread in threading.enumerate()))
    assert told == []


def test_who_was_never_asked_is_done_at_once(tmp_path: Path) -> None:
    assert made(tmp_path, Scripted()).finish(0.0)


def _broken(_: dict[str, bytes]) -> Network:
    raise CoachError("The model is odd.")


def _worse(_: dict[str, bytes]) -> Network:
    raise OSError("native")


@pytest.mark.expects_warnings("no words are heard", "could not be set up")
@pytest.mark.parametrize(("load", "why"), [(_broken, "The model is odd."), (_worse, "could not be loaded")])
@pytest.mark.parametrize("live", [True, False])
def test_without_a_model_it_says_why_and_holds_nothing_up(
    tmp_path: Path, load: Callable[[dict[str, bytes]], Network], why: str, live: bool
) -> None:
    words = Transcriber(tmp_path, live=live, load=load)
    for n in range(12):
        words.offer(piece(10.0 * n))
    assert words.finish(60)
    assert words.fault is not None
    assert why in words.fault
    assert not words.ready
    assert words.words == []


def test_the_network_gets_the_files_by_their_names(tmp_path: Path) -> None:
    got: dict[str, int] = {}

    def load(files: dict[str, bytes]) -> Network:
        got.update({name: len(content) for name, content in files.items()})
        return Scripted()

    words = Transcriber(tmp_path, load=load)
    words.start()
    assert words.finish(60)
    assert got == {one.name: one.size for one in WHISPER_TINY_EN}


def test_the_way_of_the_model_is_told_in_tenths(tmp_path: Path) -> None:
    words = Transcriber(tmp_path)
    told = []
    for done in range(0, 101, 2):
        words._tell(done * 1_000_000, 100_000_000)  # noqa: SLF001 - what the fetch calls
        told.append(words.notice())
    said = [one for one in told if one]
    assert len(said) == 11
    assert said[3] == "Getting the model that hears words: 30 % of 100 MB. The talk can begin."
    assert transcriber.NOT_READY.endswith(".")


@pytest.mark.expects_warnings("no words are heard")
def test_without_a_yes_nothing_is_fetched_and_the_report_can_say_why(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, "1")
    words = Transcriber(tmp_path, models=[source.model])
    words.offer(piece(0.0))
    assert words.finish(60)
    assert words.fault is not None
    assert "fetching models is switched off" in words.fault
    assert source.asked == []
