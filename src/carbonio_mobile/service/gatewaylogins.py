"""The options that say how accounts log in to the servers behind the gateway.

Spec: issue 6, section 2.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.gateway.logins.keychain import LoginPlan, Way
from carbonio_mobile.mailbox.gateway.logins.tokencommand import TokenTerms
from carbonio_mobile.service.secretfile import read_password

Values = Mapping[str, Any]
_PLACE = re.compile(r"\{([^{}]*)\}")


def login_plan(values: Values) -> LoginPlan:
    """Give the logins as configured. Raises: ConfigError naming the option."""
    way = Way(values["imap.login"])
    for option in ("imap.user", "dav.user"):
        _check_form(option, values[option])
    _check_proxy(values, way)
    _check_others(values, way)
    return LoginPlan(
        way=way,
        user=values["imap.user"],
        proxy=values["imap.proxy_user"],
        proxy_password=read_password(
            "imap.proxy_password_file", values["imap.proxy_password_file"]
        ),
        separator=values["imap.master_separator"],
        dav_user=values["dav.user"],
        dav_way=Way(values["dav.login"]),
        submission=values["submission.login"],
        service_user=values["submission.user"],
        service_password=read_password(
            "submission.password_file", values["submission.password_file"]
        ),
        kept_s=float(values["imap.password_kept_s"]),
        token=_token(values, way),
    )


def _check_form(option: str, form: str) -> None:
    strange = [name for name in _PLACE.findall(form) if name not in {"address", "local", "domain"}]
    if strange:
        raise ConfigError(option, f"{{{strange[0]}}} is none of {{address}}, {{local}}, {{domain}}")
    if not _PLACE.search(form):
        raise ConfigError(option, f"would be {form!r} for every account: expected {{address}}")


def _check_proxy(values: Values, way: Way) -> None:
    needs = way in {Way.PROXY, Way.MASTER} or values["dav.login"] == "master"
    for name in ("imap.proxy_user", "imap.proxy_password_file"):
        if needs and not values[name]:
            who = f"imap.login = {way.value}" if way is not Way.OWN else "dav.login = master"
            raise ConfigError(name, f"is needed for {who}")
    if Way.MASTER.value in {way.value, values["dav.login"]} and not values["imap.master_separator"]:
        raise ConfigError("imap.master_separator", "must not be empty for a master login")


def _check_others(values: Values, way: Way) -> None:
    if values["backend.mailboxes"] != "gateway":
        return
    if way is Way.TOKEN and values["submission.login"] == "user":
        raise ConfigError(
            "submission.login", "must be service or none: with imap.login = token there is no "
            "password of the user's",
        )  # fmt: skip


def _token(values: Values, way: Way) -> TokenTerms | None:
    command: tuple[str, ...] = values["imap.token_command"]
    if way is not Way.TOKEN:
        if command:
            raise ConfigError("imap.token_command", "is for imap.login = token alone")
        return None
    if not command or not Path(command[0]).is_absolute():
        raise ConfigError("imap.token_command", "expected an absolute path and its arguments")
    if not Path(command[0]).is_file():
        raise ConfigError("imap.token_command", f"there is no program {command[0]}")
    return TokenTerms(
        command=command,
        lifetime_s=float(values["imap.token_lifetime_s"]),
        timeout_s=float(values["imap.token_timeout_s"]),
    )
