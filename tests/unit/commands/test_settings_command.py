"""Settings as devices use it, at every version."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from carbonio_mobile.commands import settings
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import (
    Conflict,
    Corrupt,
    NotAllowed,
    OverQuota,
    ProtocolError,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.mailbox.sieveclient.outofoffice import NoSieve
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import Settings as Page
from tests.unit.commands.calls import CommandTests, Rig, done

START, END = "2030-01-01T08:00:00.000Z", "2030-01-05T08:00:00.000Z"


def request(*parts: Element) -> Element:
    return Element(Page.Settings, list(parts))


def oof_get(form: str = "Text") -> Element:
    return Element(Page.Oof, [Element(Page.Get, [Element(Page.BodyType, form)])])


def oof_set(*children: Element) -> Element:
    return Element(Page.Oof, [Element(Page.Set, list(children))])


def message(tag: Tag, text: str, form: str = "Text", enabled: str = "1") -> Element:
    return Element(
        Page.OofMessage,
        [
            Element(tag),
            Element(Page.Enabled, enabled),
            Element(Page.ReplyMessage, text),
            Element(Page.BodyType, form) if form else None,
        ],
    )


def text(tag: Tag, value: str) -> Element:
    return Element(tag, value)


@contextmanager
def failing(rig: Rig, name: str, fault: StoreError) -> Iterator[None]:
    """Let one method of the mailbox fail."""

    async def fail(*_args: Any) -> None:
        raise fault

    with mock.patch.object(rig.mailbox, name, fail):
        yield


class SettingsTests(CommandTests):
    """Out of office, user, device, password, rights."""

    def settings(self, document: Element, version: Version = Version.V14_1) -> Element:
        answer = self.ask(settings.respond, self.rig.call("Settings", document, version))
        assert answer.document is not None
        return answer.document

    def part(self, tag: Tag, document: Element, version: Version = Version.V14_1) -> Element:
        answer = self.settings(document, version)
        self.assertEqual(answer.value(Page.Status), "1")
        part = answer.find(tag)
        assert part is not None
        return part

    def oof_status(self, *children: Element) -> str | None:
        return self.part(Page.Oof, request(oof_set(*children))).value(Page.Status)

    def test_out_of_office_is_set_and_got(self) -> None:
        """MS-ASCMD R3504, R826: what was set comes back, with a message for each audience."""
        for version in OFFERED[1:]:
            status = self.part(
                Page.Oof,
                request(
                    oof_set(
                        text(Page.OofState, "2"),
                        text(Page.StartTime, START),
                        text(Page.EndTime, END),
                        message(Page.AppliesToInternal, "Back soon"),
                    )
                ),
                version,
            ).value(Page.Status)
            self.assertEqual(status, "1")
            got = self.part(Page.Oof, request(oof_get()), version).find(Page.Get)
            assert got is not None
            self.assertEqual(got.value(Page.OofState), "2")
            self.assertEqual(got.value(Page.StartTime), START)
            self.assertEqual(got.value(Page.EndTime), END)
            messages = got.find_all(Page.OofMessage)
            self.assertEqual(len(messages), 3)
            self.assertEqual(messages[0].value(Page.ReplyMessage), "Back soon")
            self.assertEqual(messages[0].value(Page.BodyType), "Text")
            self.assertEqual(messages[1].value(Page.Enabled), "0")

    def test_times_are_kept_for_the_timed_state_only(self) -> None:
        """MS-ASCMD R3535, R7544: with another state they are accepted and not stored."""
        status = self.oof_status(
            text(Page.OofState, "1"), text(Page.StartTime, START), text(Page.EndTime, END)
        )
        self.assertEqual(status, "1")
        kept = done(self.rig.mailbox.out_of_office())
        self.assertEqual((kept.state, kept.start, kept.end), (OofState.ON, None, None))

    def test_a_change_leaves_other_audiences_alone(self) -> None:
        """Only what the Set names changes."""
        self.oof_status(text(Page.OofState, "1"), message(Page.AppliesToInternal, "in"))
        self.oof_status(message(Page.AppliesToExternalKnown, "out", "HTML"))
        kept = done(self.rig.mailbox.out_of_office())
        self.assertEqual(kept.state, OofState.ON)
        self.assertEqual(
            dict(kept.messages),
            {
                Audience.INTERNAL: OofMessage(enabled=True, text="in"),
                Audience.EXTERNAL_KNOWN: OofMessage(enabled=True, text="out", html=True),
            },
        )

    def test_messages_come_in_the_form_asked_for(self) -> None:
        """BodyType of a Get tells whether the device can show HTML."""
        self.oof_status(message(Page.AppliesToInternal, "<p>Back <b>soon</b></p>", "HTML"))
        got = self.part(Page.Oof, request(oof_get("TEXT"))).find(Page.Get)
        assert got is not None
        plain = got.find_all(Page.OofMessage)[0]
        self.assertEqual(plain.value(Page.ReplyMessage, "").strip(), "Back soon")
        self.assertEqual(plain.value(Page.BodyType), "Text")

    def test_what_the_mail_server_says(self) -> None:
        """MS-ASCMD 2.2.3.177.15: 4 is for a server that is away, 3 for what it does not do.

        The rest of the request is done, and its Status is 1.
        """
        facts = [Element(Page.Set, [Element(Page.Model, "Nine")])]
        change = oof_set(text(Page.OofState, "1"), message(Page.AppliesToInternal, "in"))
        for number, (fault, status) in enumerate(
            (
                (Unavailable("away"), "4"),
                (Corrupt("odd"), "4"),
                (NotAllowed("no vacation"), "3"),
                (Conflict("a script of somebody else's"), "3"),
                (OverQuota("full"), "3"),
                (TooLarge("long"), "5"),
            )
        ):
            for name, asked in (
                ("out_of_office", oof_get()),
                ("out_of_office", change),
                ("set_out_of_office", change),
            ):
                with self.subTest(name=name, fault=fault), failing(self.rig, name, fault):
                    model = f"Nine {number}"
                    facts[0].children[0] = Element(Page.Model, model)
                    answer = self.settings(request(asked, Element(Page.DeviceInformation, facts)))
                self.assertEqual(answer.value(Page.Status), "1")
                part = answer.find(Page.Oof)
                assert part is not None
                self.assertEqual(part.value(Page.Status), status)
                self.assertFalse(part.has(Page.Get))
                self.assertIn(model, dict(self.rig.device.information).values())

    def test_without_sieve(self) -> None:
        """Where no server answers for anybody, Get says off; to set it off is no fault, on is."""
        for version in OFFERED[1:]:
            self.rig.mailbox.out_of_office = self.none.out_of_office  # type: ignore[method-assign]
            self.rig.mailbox.set_out_of_office = self.none.set_out_of_office  # type: ignore[method-assign]
            got = self.part(Page.Oof, request(oof_get()), version).find(Page.Get)
            assert got is not None
            self.assertEqual(got.value(Page.OofState), "0")
            answer = message(Page.AppliesToInternal, "in")
            self.assertEqual(self.oof_status(text(Page.OofState, "0"), answer), "1")
            self.assertEqual(self.oof_status(text(Page.OofState, "1"), answer), "3")

    none = NoSieve("none is configured")

    def test_faulty_changes_are_refused_and_change_nothing(self) -> None:
        """MS-ASCMD R2272, R3992, R3526 and the statuses of MS-ASCMD 2.2.3.177.15."""
        before = done(self.rig.mailbox.out_of_office())
        twice = (message(Page.AppliesToInternal, "a"), message(Page.AppliesToInternal, "b"))
        for expected, children in (
            ("2", (text(Page.StartTime, START),)),
            ("2", (text(Page.EndTime, END),)),
            ("5", (text(Page.StartTime, "soon"), text(Page.EndTime, END))),
            ("6", (text(Page.StartTime, END), text(Page.EndTime, START))),
            ("5", (text(Page.OofState, "3"),)),
            ("5", (text(Page.OofState, ""),)),
            ("5", (text(Page.OofState, "2"),)),
            ("6", twice),
            ("2", (message(Page.AppliesToInternal, "a", ""),)),
            ("5", (message(Page.AppliesToInternal, "a", "RTF"),)),
            ("5", (message(Page.AppliesToInternal, "a", enabled="yes"),)),
            ("2", (Element(Page.OofMessage, [Element(Page.Enabled, "1")]),)),
        ):
            self.assertEqual(self.oof_status(*children), expected)
        self.assertEqual(done(self.rig.mailbox.out_of_office()), before)

    def test_user_information_up_to_14_0(self) -> None:
        """EmailAddresses alone, the primary address first."""
        for version in (Version.V12_1, Version.V14_0):
            asked = request(Element(Page.UserInformation, [Element(Page.Get)]))
            got = self.part(Page.UserInformation, asked, version).find(Page.Get)
            assert got is not None
            addresses = got.find(Page.EmailAddresses)
            assert addresses is not None
            found = [child.string for child in addresses.find_all(Page.SMTPAddress)]
            self.assertEqual(found, ["john@example.com", "jd@example.com"])

    def test_user_information_from_14_1(self) -> None:
        """MS-ASCMD R3679, R5898: one account with its primary address and no AccountId."""
        for version in (Version.V14_1, Version.V16_0, Version.V16_1):
            asked = request(Element(Page.UserInformation, [Element(Page.Get)]))
            got = self.part(Page.UserInformation, asked, version).find(Page.Get)
            assert got is not None
            accounts = got.find(Page.Accounts)
            assert accounts is not None
            (account,) = accounts
            self.assertEqual(account.value(Page.UserDisplayName), "John Doe")
            self.assertFalse(account.has(Page.AccountId))
            addresses = account.find(Page.EmailAddresses)
            assert addresses is not None
            self.assertEqual(addresses.value(Page.PrimarySmtpAddress), "john@example.com")

    def test_device_information_is_stored(self) -> None:
        """MS-ASCMD R6433: the device is described as it says, elements unknown passed over."""
        children = [text(Page.Model, "Fon"), text(Page.OS, "9"), text(Page.OofState, "1")]
        information = Element(Page.DeviceInformation, [Element(Page.Set, children)])
        part = self.part(Page.DeviceInformation, request(information), Version.V12_1)
        self.assertEqual(part.value(Page.Status), "1")
        self.assertEqual(self.rig.device.information, (("Model", "Fon"), ("OS", "9")))

    def test_device_information_without_set(self) -> None:
        """A part that cannot be read has its own status; the others are done."""
        answer = self.settings(request(Element(Page.DeviceInformation), oof_get()))
        information, oof = answer.find(Page.DeviceInformation), answer.find(Page.Oof)
        assert information is not None
        assert oof is not None
        self.assertEqual(information.value(Page.Status), "2")
        self.assertEqual(oof.value(Page.Status), "1")

    def test_device_password(self) -> None:
        """MS-ASCMD R4400, R4402: recovery is off in the permissive policy, and nothing is kept."""

        def status(*children: Element) -> str | None:
            asked = request(Element(Page.DevicePassword, [Element(Page.Set, list(children))]))
            return self.part(Page.DevicePassword, asked).value(Page.Status)

        self.assertEqual(status(text(Page.Password, "1234")), "7")
        self.assertEqual(status(text(Page.Password, "x" * 256)), "5")
        self.assertEqual(status(), "2")
        self.assertEqual(self.rig.device.recovery_password, "")

    def test_device_password_where_the_policy_allows_it(self) -> None:
        """MS-ASCMD R2184: the password is kept with the device, and no repr shows it."""
        wanted = ("devicepasswordenabled", "passwordrecoveryenabled")
        allowed = {f"zimbramobilepolicy{name}": ("TRUE",) for name in wanted}
        self.rig.account = replace(self.rig.account, attributes=allowed)
        change = Element(Page.Set, [text(Page.Password, "1234")])
        part = self.part(Page.DevicePassword, request(Element(Page.DevicePassword, [change])))
        self.assertEqual(part.value(Page.Status), "1")
        self.assertEqual(self.rig.device.recovery_password, "1234")
        self.assertNotIn("1234", repr(self.rig.device))

    def test_rights_management(self) -> None:
        """From 14.1 on there are no templates; before, no such element."""
        asked = request(Element(Page.RightsManagementInformation, [Element(Page.Get)]), oof_get())
        for version in (Version.V14_1, Version.V16_1):
            part = self.part(Page.RightsManagementInformation, asked, version)
            self.assertEqual(part.value(Page.Status), "1")
        answer = self.settings(asked, Version.V14_0)
        self.assertFalse(answer.has(Page.RightsManagementInformation))

    def test_nothing_asked_for(self) -> None:
        """A request without a part we know is a protocol error; no body at all is no request."""
        self.assertEqual(self.settings(Element(Page.Settings)).value(Page.Status), "2")
        self.fails(settings.respond, self.rig.call("Settings"), ProtocolError)
