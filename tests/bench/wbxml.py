"""Measure the WBXML codec on a Sync response of 100 messages; prints, never judges.

Run: ``PYTHONPATH=src python tests/bench/wbxml.py [runs]``. CPU time, median of the runs.
"""

import platform
import random
import statistics
import sys
import time
from collections.abc import Callable

from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2

MESSAGES = 100
BODY_CHARACTERS = 11_000
REPEATS = 5


def html(rng: random.Random, non_ascii: bool) -> str:
    """Markup of about ``BODY_CHARACTERS`` with lines of usual length."""
    words = ["meeting", "Monday", "report", "<b>please</b>", "&nbsp;", "reply", "the", "of"]
    if non_ascii:
        words += ["perché", "größer", "naïve"]
    lines: list[str] = []
    length = 0
    while length < BODY_CHARACTERS:
        line = f'<p class="MsoNormal">{" ".join(rng.choices(words, k=12))}</p>'
        lines.append(line)
        length += len(line) + 2
    return "\r\n".join(lines)


def message(rng: random.Random, number: int) -> Element:
    """One Add of 25 elements or so; every fourth body is not ASCII."""
    body = html(rng, non_ascii=number % 4 == 0)
    properties = [
        Element(Email.To, '"John Example" <john@example.com>'),
        Element(Email.From, f'"Sender {number}" <sender{number}@example.org>'),
        Element(Email.Subject, f"Re: figures of week {number % 52}"),
        Element(Email.ReplyTo, f"sender{number}@example.org"),
        Element(Email.DateReceived, f"2024-03-{number % 28 + 1:02}T10:20:30.000Z"),
        Element(Email.DisplayTo, "John Example"),
        Element(Email.ThreadTopic, f"figures of week {number % 52}"),
        Element(Email.Importance, "1"),
        Element(Email.Read, "0"),
        Element(
            AirSyncBase.Body,
            [
                Element(AirSyncBase.Type, "2"),
                Element(AirSyncBase.EstimatedDataSize, str(len(body))),
                Element(AirSyncBase.Truncated, "0"),
                Element(AirSyncBase.Data, body),
                Element(AirSyncBase.Preview, "Preview of the text, " * 10),
            ],
        ),
        Element(Email.MessageClass, "IPM.Note"),
        Element(Email.InternetCPID, "65001"),
        Element(Email.Flag),
        Element(Email.ContentClass, "urn:content-classes:message"),
        Element(AirSyncBase.NativeBodyType, "2"),
        Element(Email2.ConversationId, rng.randbytes(16)),
        Element(Email2.ConversationIndex, rng.randbytes(5)),
        Element(Email.Categories),
    ]
    return Element(
        AirSync.Add,
        [Element(AirSync.ServerId, f"5:{number}"), Element(AirSync.ApplicationData, properties)],
    )


def response() -> Element:
    """The whole Sync response, the same on each run."""
    rng = random.Random(1)
    collection = [
        Element(AirSync.SyncKey, "{00000000-0000-0000-0000-000000000001}2"),
        Element(AirSync.CollectionId, "5"),
        Element(AirSync.Status, "1"),
        Element(AirSync.MoreAvailable),
        Element(AirSync.Commands, [message(rng, number) for number in range(MESSAGES)]),
    ]
    collections = Element(AirSync.Collections, [Element(AirSync.Collection, collection)])
    return Element(AirSync.Sync, [collections])


def count(element: Element) -> int:
    """How many elements the tree has."""
    return 1 + sum(count(child) for child in element)


def seconds(action: Callable[[], object], runs: int) -> float:
    """Median CPU seconds of one call."""
    times: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(REPEATS):
            action()
        times.append((time.process_time() - start) / REPEATS)
    return statistics.median(times)


def main(runs: int) -> None:
    """Print one line for each direction."""
    tree = response()
    octets = encode(tree)
    assert decode(octets) == tree
    elements = count(tree)
    print(f"Python {platform.python_version()}, {platform.machine()}; median of {runs} runs")
    print(f"Sync response: {MESSAGES} messages, {elements} elements, {len(octets)} bytes")
    for name, action in (("encode", lambda: encode(tree)), ("decode", lambda: decode(octets))):
        took = seconds(action, runs)
        print(
            f"{name}: {took * 1e3:.2f} ms, {len(octets) / took / 1e6:.0f} MB/s, "
            f"{took / elements * 1e6:.3f} µs an element, {took / MESSAGES * 1e6:.1f} µs a message"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
