"""The commands of ``carbonio prov`` on lists, global attributes, the address list and rights.

Spec: ../shared/carbonio/cli.md 5.
"""

from carbonio_mobile.admin.catalogue.provparts import (
    ALIAS,
    LIST,
    MAIL_ADDRESS,
    NEW_NAME,
    ONLY_DOMAIN,
    SETTINGS_NOTE,
    SHOWN,
    VERBOSE,
    command,
    settings,
    target,
)
from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import BOOLEAN, DOMAIN, PATH, SWITCH, TEXT, choice, whole
from carbonio_mobile.directory.provisioning import RIGHTS

_FLUSHED = choice(
    "account",
    "cos",
    "domain",
    "group",
    "server",
    "config",
    "globalgrant",
    "all",
    "acl",
    "license",
    "locale",
    "skin",
    "uistrings",
    "zimlet",
)

_MEMBERS = Parameter(
    name="members",
    kind=MAIL_ADDRESS,
    help="addresses of accounts, lists or anybody",
    required=True,
    rest=True,
)
_SEARCHED = Parameter(name="name", kind=TEXT, help="how names begin", required=True)
_LISTS = (
    command(
        "createDistributionList",
        "cdl",
        "make a distribution list",
        target("list", MAIL_ADDRESS),
        settings(),
        changes=True,
        examples=(
            "cdl team@example.com displayName 'The Team' zimbraHideInGal TRUE",
            "cdl phones@example.com carbonioMobileMemberRule cos=phones",
        ),
        note="carbonioMobileMemberRule makes it a dynamic one: terms with commas between, all of "
        "which must hold of an account: cos=NAME, domain=NAME, ATTRIBUTE=VALUE, ATTRIBUTE=*. "
        + SETTINGS_NOTE,
    ),
    command(
        "modifyDistributionList",
        "mdl",
        "change attributes of a distribution list",
        target("list", LIST),
        settings(required=True),
        changes=True,
        examples=("mdl team@example.com zimbraHideInGal TRUE",),
    ),
    command(
        "getDistributionList",
        "gdl",
        "print a distribution list with its members",
        target("list", LIST),
        SHOWN,
        examples=("gdl team@example.com",),
    ),
    command(
        "getAllDistributionLists",
        "gadl",
        "list the distribution lists",
        VERBOSE,
        ONLY_DOMAIN,
        examples=("gadl example.com",),
    ),
    command(
        "renameDistributionList",
        "rdl",
        "give a distribution list another address",
        target("list", LIST),
        NEW_NAME,
        changes=True,
        examples=("rdl team@example.com crew@example.com",),
    ),
    command(
        "deleteDistributionList",
        "ddl",
        "remove a distribution list",
        target("list", LIST),
        changes=True,
        examples=("ddl team@example.com",),
    ),
    command(
        "addDistributionListMember",
        "adlm",
        "put members into a distribution list",
        target("list", LIST),
        _MEMBERS,
        changes=True,
        examples=("adlm team@example.com john@example.com mary@example.com",),
    ),
    command(
        "removeDistributionListMember",
        "rdlm",
        "take members out of a distribution list",
        target("list", LIST),
        _MEMBERS,
        changes=True,
        examples=("rdlm team@example.com john@example.com",),
    ),
    command(
        "addDistributionListAlias",
        "adla",
        "give a distribution list one more address",
        target("list", LIST),
        ALIAS,
        changes=True,
        examples=("adla team@example.com crew@example.com",),
    ),
    command(
        "removeDistributionListAlias",
        "rdla",
        "take an additional address of a list away",
        target("list", LIST),
        ALIAS,
        changes=True,
        examples=("rdla team@example.com crew@example.com",),
    ),
)

_CONFIG = (
    command(
        "modifyConfig",
        "mcf",
        "change attributes of the whole installation",
        settings(required=True),
        changes=True,
        examples=("mcf zimbraDefaultDomainName example.com",),
    ),
    command(
        "getConfig",
        "gcf",
        "print one attribute of the whole installation",
        Parameter(name="attribute", kind=TEXT, help="its name", required=True),
        examples=("gcf zimbraDefaultDomainName",),
    ),
    command(
        "getAllConfig",
        "gacf",
        "print the attributes of the whole installation",
        SHOWN,
        examples=("gacf",),
    ),
)

_ADDRESS_LIST = (
    command(
        "searchGal",
        "sg",
        "look in a domain's address list",
        target("domain", DOMAIN),
        _SEARCHED,
        Parameter(name="limit", kind=whole(1, 10_000), help="at most so many", default="100"),
        Parameter(name="offset", kind=whole(0), help="leave out so many", default="0"),
        Parameter(
            name="sortBy",
            kind=choice("fullName", "displayName", "name"),
            help="the order",
            default="fullName",
        ),
        examples=("sg example.com jo limit 10",),
        note="The order is that of the display names, whichever of the three is said.",
    ),
    command(
        "autoCompleteGal",
        "acg",
        "complete a name from a domain's address list",
        target("domain", DOMAIN),
        _SEARCHED,
        Parameter(name="limit", kind=whole(1, 100), help="at most so many", default="20"),
        examples=("acg example.com jo",),
    ),
    command(
        "syncGal",
        "syg",
        "print a domain's whole address list, if it changed since a token",
        target("domain", DOMAIN),
        Parameter(
            name="token", kind=TEXT, help="what an earlier syncGal printed first", by_position=True
        ),
        examples=("syg example.com",),
    ),
    command(
        "importGal",
        "ig",
        "put people who have no account here into a domain's address list",
        target("domain", DOMAIN),
        Parameter(
            name="input_file",
            kind=PATH,
            help="all of them, as LDIF (RFC 2849)",
            required=True,
            file=True,
        ),
        Parameter(
            name="removeMissing",
            kind=BOOLEAN,
            help="remove those of earlier files that this one does not name",
            default="true",
        ),
        Parameter(
            name="dry_run", kind=BOOLEAN, help="say what would be done, do nothing", default="false"
        ),
        changes=True,
        examples=(
            "ig example.com /tmp/partners.ldif",
            "ig example.com /tmp/partners.ldif removeMissing false dry_run true",
        ),
        note="The entries of an earlier file are known again by their names (dn): they are added, "
        "changed, removed or left as they are, all or none; a wrong line is named, and nothing "
        "changes. Units, hosts and the like are passed over, and so are people who have an "
        "address of this server. Who sees them is said by the domain's zimbraGalMode: ldap (them "
        "alone), zimbra (none of them), both, as without one.",
    ),
)

_RIGHTS = tuple(
    command(
        word,
        short,
        summary,
        Parameter(
            name="words",
            kind=TEXT,
            help="TARGET-TYPE [TARGET] GRANTEE-TYPE [GRANTEE] RIGHT",
            required=True,
            rest=True,
        ),
        changes=True,
        examples=(f"{short} account sales@example.com usr john@example.com sendAs",),
        note="Target types: account, dl, domain, cos, global (without a target). Grantee types: "
        f"usr, grp, dom, cos, all (without a grantee). Rights: {', '.join(RIGHTS)}.",
    )
    for word, short, summary in (
        ("grantRight", "grr", "give somebody a right on an account, a list or more"),
        ("revokeRight", "rvr", "take such a right away"),
    )
)

_REST = (
    command(
        "getGrants",
        "gg",
        "list the rights on an account, a list or more",
        Parameter(name="words", kind=TEXT, help="TARGET-TYPE [TARGET]", required=True, rest=True),
        examples=("gg account sales@example.com",),
    ),
    command(
        "flushCache",
        "fc",
        "make the daemon look at its directory anew",
        Parameter(name="-a", kind=SWITCH, help="on all servers; there is one", switch=True),
        Parameter(name="type", kind=_FLUSHED, help="what", required=True),
        Parameter(name="names", kind=TEXT, help="which", rest=True),
        examples=("fc domain example.com",),
    ),
)

COMMANDS: tuple[Command, ...] = (*_LISTS, *_CONFIG, *_ADDRESS_LIST, *_RIGHTS, *_REST)
