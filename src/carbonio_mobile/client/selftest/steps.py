"""The steps of a walk in their order, each with the versions that have it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from carbonio_mobile.client.selftest import beginning, items, mails, people, syncing
from carbonio_mobile.client.selftest.walk import Walk
from carbonio_mobile.eas.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One feature; ``run`` raises where it does not work as it should."""

    feature: str
    run: Callable[[Walk], Awaitable[None]]
    first: Version = Version.V2_5
    last: Version = Version.V16_1

    def exists(self, version: Version) -> bool:
        """Tell whether a version has the feature."""
        return self.first <= version <= self.last


def _from(first: Version, feature: str, run: Callable[[Walk], Awaitable[None]]) -> Step:
    return Step(feature=feature, run=run, first=first)


def _always(feature: str, run: Callable[[Walk], Awaitable[None]]) -> Step:
    return Step(feature=feature, run=run)


def _old(feature: str, run: Callable[[Walk], Awaitable[None]]) -> Step:
    return Step(feature=feature, run=run, last=Version.V12_1)


V12, V12_1, V14, V16 = Version.V12_0, Version.V12_1, Version.V14_0, Version.V16_0
FINDS = Version.V16_1

STEPS: tuple[Step, ...] = (
    _always("OPTIONS", beginning.options),
    _always("Autodiscover", beginning.autodiscover),
    _always("Provision", beginning.provision),
    _from(V12, "Settings: device information", beginning.device_information),
    _from(V12, "Settings: user information", beginning.user_information),
    _always("FolderSync", beginning.folder_sync),
    _always("FolderCreate", beginning.folder_create),
    _always("FolderUpdate", beginning.folder_update),
    _always("FolderDelete", beginning.folder_delete),
    _old("GetHierarchy", beginning.get_hierarchy),
    _always("Sync: mail", beginning.sync_mail),
    _always("Sync: other classes", beginning.sync_objects),
    _always("contact", items.contact),
    _always("event", items.appointment),
    _always("series with exceptions", items.series),
    _from(V16, "event with a file", items.event_file),
    _always("task", items.task),
    _from(V14, "note", items.note),
    _always("repeated after a lost answer", syncing.lost_answer),
    _always("conflict", syncing.conflict),
    _always("GetItemEstimate", syncing.estimate),
    _always("Ping", syncing.ping),
    _from(V12_1, "Sync that waits", syncing.waiting_sync),
    _always("Sync without news", syncing.empty_sync),
    _always("SendMail and its receipt", mails.send_mail),
    _from(V14, "SendMail after a lost answer", mails.send_again),
    _always("flags of a message", mails.flags),
    _always("message fetched", mails.fetch),
    _from(V12, "ItemOperations: attachment", mails.attachment),
    _from(V12, "ItemOperations: multipart", mails.multipart),
    _old("GetAttachment", mails.get_attachment),
    _from(V12, "Search: mailbox", mails.search),
    _from(FINDS, "Find: mailbox", mails.find),
    _always("SmartReply", mails.smart_reply),
    _always("SmartForward", mails.smart_forward),
    _always("message deleted", mails.delete),
    _always("MoveItems", mails.move_items),
    _from(V12, "EmptyFolderContents", mails.empty_folder),
    _from(V16, "draft", mails.drafts),
    _from(V16, "draft sent", mails.send_draft),
    _from(V14, "SMS", mails.sms),
    _always("Search: GAL", people.gal),
    _from(FINDS, "Find: GAL", people.find_people),
    _always("ResolveRecipients", people.resolve),
    _always("ResolveRecipients: certificates", people.resolve_certificates),
    _always("ValidateCert", people.validate_certificate),
    _from(V12, "Settings: out of office", people.out_of_office),
    _always("MeetingResponse", people.meeting_response),
)
