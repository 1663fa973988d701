"""A report in plain words, for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

from coach_desktop.coaching import labels, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coach_desktop.coaching.report_model import Finding, Report, SessionFacts

WIDTH = 80

_STATUS = {
    "interrupted": "This session was interrupted. The report is made of what had arrived until then.",
    "failed": "This session did not come about.",
}
_LABEL_WIDTH = 26
_FIGURE_WIDTH = 16
_DEEPEST_INDENT = 8


def words(report: Report, *, kept: bool = True) -> str:
    """Return the report in plain words: lines of at most 80 characters, without control characters.

    It begins with the name by which it can be asked for, where it was `kept`.
    """
    sections = [
        [*(_wrapped(f"Session {report.session.id}") if kept else ()), *_head(report)],
        _titled("Picture and sound", _bullets(labels.warnings(report))),
        _titled("What worked", _findings(report, "strength")),
        _titled("What to do next", _findings(report, "action")),
        _titled("What was seen", list(_seen(report))),
        _titled("Measures", list(_measures(report))),
        _titled("Not measured", list(_reasons(report))),
        _titled("What was said", list(_transcript(report))),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _head(report: Report) -> Iterator[str]:
    session = report.session
    yield from _wrapped(_facts(session))
    if session.status in _STATUS:
        yield from _wrapped(_STATUS[session.status])
    ending = outcome.ending_in(report)
    if ending is not None and session.provider == "tavus":
        yield from _wrapped(ending)


def _facts(session: SessionFacts) -> str:
    when = f"{session.moment():%Y-%m-%d %H:%M} UTC"
    length = labels.duration(session.duration_s)
    billed = f", {labels.duration(session.billed_s)} billed" if session.billed_s else ""
    who = "a recorded talk" if session.provider == "recording" else f"profile {session.profile_id}"
    return f"{when}, {who}, {length}{billed}"


def _findings(report: Report, kind: str) -> list[str]:
    lines: list[str] = []
    for finding in report.findings:
        if finding.kind == kind:
            lines += _finding(finding)
    return lines


def _finding(finding: Finding) -> list[str]:
    figure = f"{labels.label(finding.measure)} {labels.figure(finding.measure, finding.value)}"
    # What is about the whole talk has no moment of its own.
    when = f", at {labels.clock(finding.at_s)}" if finding.at_s > 0 else ""
    evidence = f"{figure}, {labels.band(finding.band)}{when}"
    keys = finding.knowledge
    quoted = "" if keys is None else f'Keys to Public Speaking, {keys.title}: "{keys.text}" ({keys.source})'
    return [
        *_wrapped(finding.text, first="- ", rest="  "),
        *_wrapped(f"({evidence})", first="  ", rest="  "),
        *_wrapped(f"Why: {finding.why}", first="  ", rest="  "),
        *_wrapped(quoted, first="  ", rest="  "),
    ]


def _measures(report: Report) -> Iterator[str]:
    for name, measure in report.measures.items():
        band = "" if measure.value is None else labels.NOT_SCORED
        if measure.band is not None:
            band = labels.band(measure.band)
        yield f"{labels.label(name):<{_LABEL_WIDTH}}{labels.describe(name, measure):<{_FIGURE_WIDTH}}{band}".rstrip()


def _reasons(report: Report) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        if measure.reason is not None:
            by_reason.setdefault(measure.reason, []).append(labels.label(name))
    for reason, names in by_reason.items():
        yield from _wrapped(f"{'; '.join(names)}: {reason}", first="- ", rest="  ")


def _seen(report: Report) -> Iterator[str]:
    found = outcome.analysis_in(report)
    if found is None:
        unavailable = outcome.unavailable_in(report)
        if unavailable is not None:
            yield from _wrapped(unavailable)
        return
    yield from _wrapped(f"({outcome.NOT_OURS})")
    for line in found.text.split("\n"):
        indent = " " * min(len(line) - len(line.lstrip()), _DEEPEST_INDENT)
        yield from _wrapped(line.strip(), first=indent, rest=f"{indent}  " if line.lstrip()[:1] == "•" else indent) or [
            ""
        ]
    yield from _wrapped(outcome.left_out_words(found.left_out))


def _transcript(report: Report) -> Iterator[str]:
    for turn in report.transcript:
        first = f"{labels.clock(turn.start_s):>7}  {labels.speaker(turn.role, report.session.provider):<6} "
        yield from _wrapped(turn.text, first=first, rest=" " * len(first))


def _titled(title: str, lines: list[str]) -> list[str]:
    return [title, "-" * len(title), *lines] if lines else []


def _bullets(texts: list[str]) -> list[str]:
    return [line for text in texts for line in _wrapped(text, first="- ", rest="  ")]


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    # What comes from outside may hold the escape codes of a terminal.
    clean = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return textwrap.wrap(clean, WIDTH, initial_indent=first, subsequent_indent=rest)
