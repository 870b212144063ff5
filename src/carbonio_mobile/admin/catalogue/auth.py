"""The commands about mobile passwords and about second factors.

Spec: ../shared/carbonio/cli.md 4.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import (
    ACCOUNT,
    BOOLEAN,
    DOMAIN,
    FREE_TEXT,
    PATH,
    TEXT,
    TEXTS,
    choice,
    choices,
    whole,
)
from carbonio_mobile.directory.authpolicy import POLICY_SERVICES
from carbonio_mobile.directory.credentials import EAS, SERVICES, SHA256

_DAYS_MAX = 3650

_ACCOUNT = Parameter(name="account", kind=ACCOUNT, help="whose it is", required=True)
_ID = Parameter(
    name="password_id", kind=TEXT, help="its id, as `auth credential list` has it", required=True
)
_LABEL = Parameter(name="label", kind=FREE_TEXT, help="words by which people know it")
_DOMAIN = Parameter(name="domain_name", kind=DOMAIN, help="the domain", required=True)
_SERVICE_OF_POLICY = Parameter(
    name="service", kind=choice(*POLICY_SERVICES), help="only the policy of this one"
)
_DAYS = Parameter(name="days", kind=whole(0, _DAYS_MAX), help="so many days", required=True)


def _services(default: str | None) -> Parameter:
    return Parameter(name="service", kind=choices(*SERVICES), help="what it opens", default=default)


_CREDENTIALS = (
    Command(
        module="auth",
        words=("credential", "add"),
        summary="Adds a mobile password to an account, and shows it this once.",
        parameters=(
            _ACCOUNT,
            Parameter(
                name="password", kind=TEXT, secret=True, help="the password; else one is chosen"
            ),
            _LABEL,
            Parameter(
                name="qrcode", kind=BOOLEAN, default="false",
                help="whether to show a code that a phone can read",
            ),
            _services(EAS),
            Parameter(
                name="hash", kind=TEXT, secret=True, help="the hash of a password instead of one"
            ),
            Parameter(
                name="algorithm", kind=choice(SHA256), default=SHA256, help="of what kind it is"
            ),
        ),
        examples=("carbonio auth credential add john@example.com label phone qrcode true",),
        changes=True,
        note="Once an account has one for EAS or Dav, its own password is refused there.",
    ),
    Command(
        module="auth",
        words=("credential", "list"),
        summary="Lists the mobile passwords of an account.",
        parameters=(_ACCOUNT,),
        examples=("carbonio auth credential list john@example.com",),
    ),
    Command(
        module="auth",
        words=("credential", "update"),
        summary="Changes a mobile password's label or services, or whether it is enabled.",
        parameters=(
            _ACCOUNT, _ID, _LABEL,
            Parameter(name="enabled", kind=BOOLEAN, help="whether it opens anything"),
            _services(None),
        ),
        examples=("carbonio auth credential update john@example.com aKcLK enabled false",),
        changes=True,
        note="The password itself cannot be changed: add another, delete this one.",
    ),
    Command(
        module="auth",
        words=("credential", "delete"),
        summary="Removes a mobile password from an account.",
        parameters=(_ACCOUNT, _ID),
        examples=("carbonio auth credential delete john@example.com aKcLK",),
        changes=True,
    ),
    Command(
        module="auth",
        words=("credential", "import"),
        summary="Adds mobile passwords from records of the product, all or none.",
        parameters=(
            _ACCOUNT,
            Parameter(
                name="input_file", kind=PATH, required=True, file=True,
                help="what `auth credential list` prints as JSON, or lines HASH LABEL",
            ),
        ),
        examples=("carbonio auth credential import john@example.com /tmp/credentials.json",),
        changes=True,
    ),
)  # fmt: skip

_SCOPES = (("domain", (_DOMAIN,), " example.com"), ("global", (), ""))

_POLICY = (
    Parameter(
        name="ip_can_change", kind=BOOLEAN,
        help="true: there are no sessions that could be kept to one address",
    ),
    Parameter(
        name="trusted_ip_range", kind=TEXTS,
        help="ranges from which name and password are enough, or the word none",
    ),
    Parameter(
        name="2fa_policy", kind=whole(0, 2),
        help="second factor: 0 none, 1 unless the address is trusted, 2 likewise for phones",
    ),
)  # fmt: skip

_POLICIES = (
    *(
        Command(
            module="auth",
            words=("policy", "list", scope),
            summary="Shows the policies of services.",
            parameters=(*target, _SERVICE_OF_POLICY),
            examples=(f"carbonio auth policy list {scope}{example} service EAS",),
        )
        for scope, target, example in _SCOPES
    ),
    *(
        Command(
            module="auth",
            words=("policy", "set", service, scope),
            summary=f"Sets the policy of the service {service}.",
            parameters=(*target, *_POLICY),
            examples=(f"carbonio auth policy set {service} {scope}{example} 2fa_policy 1",),
            changes=True,
            note="This daemon acts on that of EAS: a phone cannot be asked for a second factor, so "
            "where one is demanded only a mobile password or a trusted address lets it in.",
        )
        for service in POLICY_SERVICES
        for scope, target, example in _SCOPES
    ),
    *(
        Command(
            module="auth",
            words=("policy", "trustedDevice", "getExpiration", scope),
            summary="Shows for how many days a device is trusted.",
            parameters=target,
            examples=(f"carbonio auth policy trustedDevice getExpiration {scope}{example}",),
        )
        for scope, target, example in _SCOPES
    ),
    *(
        Command(
            module="auth",
            words=("policy", "trustedDevice", "setExpiration", scope),
            summary="Sets for how many days a device is trusted.",
            parameters=(*target, _DAYS),
            examples=(f"carbonio auth policy trustedDevice setExpiration {scope}{example} 0",),
            changes=True,
            note="Only 0 is taken: a device is trusted once it was asked for a second factor, and "
            "no phone can be. Mobile passwords and trusted_ip_range let phones in.",
        )
        for scope, target, example in _SCOPES
    ),
)

_SESSIONS = (
    Command(
        module="auth",
        words=("trustedDevice", "list"),
        summary="Lists the devices that need no second factor: for ActiveSync there are none.",
        parameters=(_ACCOUNT,),
        examples=("carbonio auth trustedDevice list john@example.com",),
    ),
    Command(
        module="auth",
        words=("trustedDevice", "delete"),
        summary="Ends the trust in a device: for ActiveSync there is none.",
        parameters=(
            _ACCOUNT,
            Parameter(name="deviceId", kind=TEXT, help="the device"),
            Parameter(name="ip", kind=TEXT, help="its address"),
        ),
        examples=("carbonio auth trustedDevice delete john@example.com deviceId web1",),
    ),
    Command(
        module="auth",
        words=("token", "list"),
        summary="Lists the tokens of an account: ActiveSync has none.",
        parameters=(
            _ACCOUNT,
            Parameter(name="credential_id", kind=TEXT, help="only those of this credential"),
            Parameter(name="credential_label", kind=TEXT, help="only those of this label"),
        ),
        examples=("carbonio auth token list john@example.com",),
    ),
    Command(
        module="auth",
        words=("token", "invalidate"),
        summary="Ends tokens of an account: ActiveSync has none.",
        parameters=(
            _ACCOUNT,
            Parameter(name="token", kind=TEXT, help="a token, or the word all", required=True),
        ),
        examples=("carbonio auth token invalidate john@example.com all",),
    ),
)

COMMANDS: tuple[Command, ...] = (*_CREDENTIALS, *_POLICIES, *_SESSIONS)
