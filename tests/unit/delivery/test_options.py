"""Options of mail on its way that must not be combined."""

from pathlib import Path

import pytest

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.delivery.relay import TlsMode
from carbonio_mobile.service.options import OPTIONS
from carbonio_mobile.service.outgoing import lmtp_limits, outbox_options, relay_options

DEFAULTS = {option.path: option.default for option in OPTIONS}


def test_password_to_whoever_answers(tmp_path: Path) -> None:
    """A login needs a relay that is known, or a configuration that says that there is no TLS."""
    (tmp_path / "password").write_text("secret\n")
    values = {
        **DEFAULTS,
        "relay.host": "relay.example.net",
        "relay.user": "john",
        "relay.password_file": str(tmp_path / "password"),
    }
    with pytest.raises(ConfigError, match=r"relay\.tls: opportunistic gives the password"):
        relay_options({**values, "relay.tls": "opportunistic"})
    for mode in ("required", "wrapped", "off"):
        options = relay_options({**values, "relay.tls": mode})
        assert options is not None
        assert (options.tls, options.password) == (TlsMode(mode), "secret")
    values |= {"relay.user": "", "relay.password_file": "", "relay.tls": "opportunistic"}
    assert relay_options(values) is not None


def test_bounds() -> None:
    """What the file says about bounds arrives."""
    values = {
        **DEFAULTS,
        "mail.waiting_count": 11,
        "mail.waiting_bytes": 12,
        "mail.free_bytes": 13,
        "mail.lmtp_bytes": 14,
    }
    options = outbox_options(values)
    assert (options.waiting_count, options.waiting_bytes, options.free_bytes) == (11, 12, 13)
    assert lmtp_limits(values).all_bytes == 14
