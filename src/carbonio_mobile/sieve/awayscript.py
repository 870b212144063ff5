"""The script that holds the out-of-office setting: what the server runs, and what is read back.

The setting stands in it whole, in comment lines, whatever its rule makes of it; so what was set is
read back exactly. ``written`` and ``read`` are each other's inverse.

A second script of ours (``both``) has the server run that one and the user's own.

Spec: RFC 5228 2.3 (comments); RFC 6609 (include).
"""

import json
import zlib
from base64 import b64decode, b64encode
from itertools import takewhile
from typing import Any

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.sieve.awayrule import Rule
from carbonio_mobile.sieve.language import quoted, quoted_list
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

AWAY = "carbonio-mobile-out-of-office"
"""The name of the script with the setting."""
BOTH = "carbonio-mobile"
"""The name of the script that includes it and the user's own."""
COPY = "carbonio-mobile-copy"
"""The name of the copy of an active script that is the server's own, and cannot be included."""

_AWAY_HEAD = "# carbonio-mobile out-of-office 1: set by a phone; changes made here are lost"
_AWAY_MARK = "# carbonio-mobile out-of-office "
_BOTH_HEAD = "# carbonio-mobile include 1: answers while the user is away, beside the user's rules"
_BOTH_MARK = "# carbonio-mobile include "
_BESIDE = "# beside: "
_COPY_HEAD = "# carbonio-mobile copy 1: of the script that is active by default"
_COPY_MARK = "# carbonio-mobile copy "
_STATE = "# state: "
_STATE_CHARS = 900
_MAX_STATE_BYTES = 4 << 20
_EOL = "\r\n"


def written(settings: OutOfOffice, rule: Rule) -> str:
    """Write the script for settings and the rule that they come to."""
    state = b64encode(zlib.compress(_to_json(settings).encode("ascii"), 9)).decode("ascii")
    pieces = range(0, len(state), _STATE_CHARS)
    lines = [_AWAY_HEAD, *(_STATE + state[at : at + _STATE_CHARS] for at in pieces)]
    if rule.extensions:
        lines.append(f"require {quoted_list(rule.extensions)};")
    return _EOL.join([*lines, *rule.lines, ""])


def read(script: str) -> OutOfOffice | None:
    """Give the settings that a script was written for; None for a script that is not ours.

    Raises: Corrupt (it is ours, and its state cannot be read).
    """
    if not script.startswith(_AWAY_MARK):
        return None
    # Those that follow the first line only: the user's own text could hold such lines too.
    lines = takewhile(lambda line: line.startswith(_STATE), script.split("\n")[1:])
    state = "".join(line.removeprefix(_STATE).rstrip() for line in lines)
    try:
        return _from_json(_inflated(b64decode(state, validate=True)))
    except (ValueError, KeyError, TypeError, zlib.error) as exc:
        raise Corrupt("the state in the out-of-office script cannot be read") from exc


def both(users: str, *, included: str = "") -> str:
    """Write the script that has ours run before the user's own, of that name.

    ``included`` is run in the place of that, where it is given. Ours comes first: rules of users
    often end with ``stop``. A script that is no longer there is passed over.
    """
    return _EOL.join(
        [
            _BOTH_HEAD,
            _BESIDE + json.dumps(users),
            'require ["include"];',
            f"include :personal :optional {quoted(AWAY)};",
            f"include :personal :optional {quoted(included or users)};",
            "",
        ]
    )


def beside(script: str) -> str | None:
    """Give the name of the user's script that :func:`both` was written for; None: not by it."""
    if not script.startswith(_BOTH_MARK):
        return None
    line = script.split("\n", 2)[1:2]
    try:
        name = json.loads(line[0].removeprefix(_BESIDE)) if line else None
    except ValueError:
        return None
    return name if isinstance(name, str) else None


def included(users: str) -> str:
    """Write a script of which a server says whether that of this name can be included."""
    return _EOL.join(['require ["include"];', f"include :personal {quoted(users)};", ""])


def copied(script: str) -> str:
    """Write the copy of a script."""
    return _COPY_HEAD + _EOL + script


def is_copy(script: str) -> bool:
    """Tell whether a script is such a copy."""
    return script.startswith(_COPY_MARK)


def _inflated(octets: bytes) -> Any:
    inflate = zlib.decompressobj()
    text = inflate.decompress(octets, _MAX_STATE_BYTES)
    if not inflate.eof:
        raise ValueError("cut off, or too long")
    return json.loads(text)


def _to_json(settings: OutOfOffice) -> str:
    return json.dumps(
        {
            "state": settings.state.value,
            "start": settings.start,
            "end": settings.end,
            "messages": [
                [audience.value, message.enabled, message.html, message.text]
                for audience, message in settings.messages
            ],
        }
    )


def _from_json(state: Any) -> OutOfOffice:
    return OutOfOffice(
        state=OofState(state["state"]),
        start=_seconds(state["start"]),
        end=_seconds(state["end"]),
        messages=tuple(_message(*one) for one in state["messages"]),
    )


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _message(audience: Any, enabled: Any, html: Any, text: Any) -> tuple[Audience, OofMessage]:
    if not isinstance(text, str):
        raise TypeError("a text that is none")
    return Audience(audience), OofMessage(enabled=bool(enabled), html=bool(html), text=text)
