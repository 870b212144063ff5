"""What a device says of itself, in Settings and in Provision.

Spec: MS-ASCMD 2.2.3.44 (DeviceInformation); MS-ASPROV 2.2.2.53.
"""

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Settings

Facts = tuple[tuple[str, str], ...]
"""(element name, text) in the order sent: Model, IMEI, FriendlyName, OS …"""

MAX_VALUE_CHARS = 1024

_FIELDS = (
    Settings.Model,
    Settings.IMEI,
    Settings.FriendlyName,
    Settings.OS,
    Settings.OSLanguage,
    Settings.PhoneNumber,
    Settings.UserAgent,
    Settings.EnableOutboundSMS,
    Settings.MobileOperator,
)


def parse_facts(device_information: Element) -> Facts | None:
    """Read DeviceInformation ( Set ( … ) ); None where Set or a value is wrong.

    There must be one Set, and no value beyond ``MAX_VALUE_CHARS``.
    Elements that are not DeviceInformation's are passed over, and so is a repeated one.
    """
    sets = device_information.find_all(Settings.Set)
    if len(sets) != 1:
        return None
    facts = {}
    for child in sets[0]:
        if child.tag in _FIELDS and child.tag.name not in facts:
            if len(child.string) > MAX_VALUE_CHARS:
                return None
            facts[child.tag.name] = child.string
    return tuple(facts.items())
