"""A phone that checks every answer against the published schema and the tags of its version."""

from pathlib import Path

from carbonio_mobile.commands.context import Services
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.sync import poison
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import AirSync, Notes
from tests.unit.commands.phone import Phone

SCHEMAS = Path(__file__).resolve().parents[3] / "../shared/protocol/schemas"
VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")
ALL_VERSIONS = ("2.5", "12.0", *VERSIONS)


def check(answer: Element, command: str, version: str) -> None:
    """Assert that an answer follows the schema of its command and holds tags of its version only.

    Without the schemas, which are no part of the project, the tags alone are looked at.
    """
    check_versions(answer, version)
    if SCHEMAS.exists():
        validate(_as_schemas_have_it(answer), command, folder=SCHEMAS)


def _as_schemas_have_it(answer: Element) -> Element:
    """Leave out what the schemas are too old for, while the tags are checked all the same.

    That is what a Change of 16.x tells of new attachments (MS-ASAIRS R1082, MS-ASCMD R6234), what
    a Fetch tells of notes, of which they only forgot (MS-ASCMD R6298), and the class of a text
    message that is added (MS-ASCMD R941, R944).
    """
    if answer.tag is AirSync.Change and answer.has(AirSync.Status):
        children = [child for child in answer if child.tag is not AirSync.ApplicationData]
    elif answer.tag is AirSync.Add and not answer.has(AirSync.Status):
        children = [child for child in answer if child.tag is not AirSync.Class]
    elif answer.tag is AirSync.Fetch:
        children = [_without_notes(child) for child in answer]
    else:
        children = [_as_schemas_have_it(child) for child in answer.children]
    return Element(answer.tag, children or answer.text)


def _without_notes(content: Element) -> Element:
    left = [child for child in content if child.tag.page != Notes.Subject.page]
    return Element(content.tag, left or content.text)


class CheckedPhone(Phone):
    """A phone of a rig; whatever it posts is checked."""

    def post(self, command: str, document: Element | None = None) -> Element | None:
        answer = super().post(command, document)
        if answer is not None:
            check(answer, command, self.version)
        return answer

    def ask(self, command: str, document: Element | None = None) -> Element:
        """Post a command that is answered with a document."""
        answer = self.post(command, document)
        assert answer is not None, f"{command} was answered with nothing"
        return answer

    def send(
        self,
        command: str,
        document: Element | None = None,
        *,
        body: bytes | None = None,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Send a command that is answered at once, with whatever status of HTTP."""
        response: HttpResponse = now(
            self.rig.send(
                command,
                document,
                version=self.version,
                device=self.device,
                body=body,
                query=query,
                headers=headers,
            )
        )
        return response

    def told(self, response: HttpResponse, command: str) -> Element:
        """Give the document of a response with code 200, checked."""
        assert response.code == 200, response
        answer = decode(response.body)
        check(answer, command, self.version)
        return answer

    def poisoned(self) -> list[tuple[str, str]]:
        """Give what the server could not convert for this device: (server id, reason)."""
        key = DeviceKey(self.rig.account, DeviceId(self.device))
        services: Services = self.rig.services
        documents = now(services.states.load(key, [poison.DOCUMENT]))
        return list(poison.PoisonList.from_text(documents.get(poison.DOCUMENT), ""))


def checked_phone(rig: Rig, version: str) -> CheckedPhone:
    """Give a phone of that version, a device of its own."""
    return CheckedPhone(rig, version=version, device="phone" + version.replace(".", ""))
