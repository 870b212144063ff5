"""``Phone``: a whole ActiveSync device, as strict as they come.

Whatever the server says is checked before it is applied, and applied before it is remembered; a
request whose answer was lost may be made again with the same arguments.

Spec: MS-ASCMD 2.2.1; 3.1.5.
"""

from carbonio_mobile.client.applying import SyncResult
from carbonio_mobile.client.composing import Message
from carbonio_mobile.client.devicemail import DeviceMail, Fetched
from carbonio_mobile.client.devicemeetings import DeviceMeetings
from carbonio_mobile.client.devicepeople import DevicePeople
from carbonio_mobile.client.devicesettings import DeviceSettings
from carbonio_mobile.client.devicesync import PingResult
from carbonio_mobile.client.mailtrees import Original
from carbonio_mobile.client.session import Retries
from carbonio_mobile.client.state import PhoneState, SyncOptions
from carbonio_mobile.client.synctrees import Wanted

__all__ = [
    "Fetched",
    "Message",
    "Original",
    "Phone",
    "PhoneState",
    "PingResult",
    "Retries",
    "SyncOptions",
    "SyncResult",
    "Wanted",
]


class Phone(DeviceMail, DeviceMeetings, DevicePeople, DeviceSettings):
    """One device of one account.

    ``on_applied`` is called each time that an answer changed the state: the place to save it.
    ``keep_contents`` keeps the whole content of items in memory, beside their summaries. Items are
    summaries: server id -> :class:`.items.Item`.

    Every method may raise Refused (with TryLater and LoginRefused), ServerFault, Unreachable.
    """
