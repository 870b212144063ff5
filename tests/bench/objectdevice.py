"""A device for measurements: HTTP and WBXML, nothing held but keys."""

import http.client
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    FolderHierarchy,
    Provision,
    Settings,
)

_WBXML = "application/vnd.ms-sync.wbxml"
_POLICY = "MS-EAS-Provisioning-WBXML"


def cpu_s(pid: int) -> float:
    """Give the CPU time of a process' threads so far, in seconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class BenchDevice:
    """One device of an account, on one connection. ``octets`` counts what answers were long."""

    def __init__(self, url: str, user: str, password: str, device: str, version: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        self.path, self.version = parts.path, version
        self.query = {"User": user, "DeviceId": device, "DeviceType": "Bench"}
        self.authorization = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self.policy_key = "0"
        self.octets = 0
        self.keys: dict[str, str] = {}

    def post(self, command: str, document: Element) -> Element | None:
        """Send a command, provisioning where that is asked for."""
        for _ in range(2):
            code, octets = self._send(command, encode(document))
            if code == 449:
                self._provision()
                continue
            assert code == 200, (command, code, octets[:200])
            answer = decode(octets) if octets else None
            status = answer.children[0].string if answer is not None and answer.children else ""
            if status not in ("142", "143", "144"):
                return answer
            self._provision()
        raise AssertionError(f"{command} wants a policy again and again")

    def _send(self, command: str, body: bytes) -> tuple[int, bytes]:
        self.connection.request(
            "POST",
            f"{self.path}?{urlencode({'Cmd': command, **self.query})}",
            body,
            {
                "Authorization": self.authorization,
                "MS-ASProtocolVersion": self.version,
                "X-MS-PolicyKey": self.policy_key,
                "User-Agent": "bench/1",
                "Content-Type": _WBXML,
            },
        )
        response = self.connection.getresponse()
        octets = response.read()
        self.octets += len(octets)
        return response.status, octets

    def _provision(self) -> None:
        words = [Element(Settings.Model, "bench"), Element(Settings.UserAgent, "bench/1")]
        told = Element(Settings.DeviceInformation, [Element(Settings.Set, words)])
        self.policy_key = "0"
        self._policy(told)
        self._policy(
            None, Element(Provision.PolicyKey, self.policy_key), Element(Provision.Status, "1")
        )

    def _policy(self, told: Element | None, *more: Element) -> None:
        policy = Element(Provision.Policy, [Element(Provision.PolicyType, _POLICY), *more])
        asked = Element(Provision.Provision, [told, Element(Provision.Policies, [policy])])
        code, octets = self._send("Provision", encode(asked))
        assert code == 200, octets[:200]
        waiting = [decode(octets)]
        while waiting:
            one = waiting.pop()
            if one.tag is Provision.PolicyKey:
                self.policy_key = one.string
            waiting += one.children

    def folders(self) -> dict[int, str]:
        """Give the folders by type."""
        key = Element(FolderHierarchy.SyncKey, "0")
        answer = self.post("FolderSync", Element(FolderHierarchy.FolderSync, [key]))
        assert answer is not None
        changes = answer.find(FolderHierarchy.Changes)
        assert changes is not None
        return {
            int(one.value(FolderHierarchy.Type, "0")): one.value(FolderHierarchy.ServerId, "")
            for one in changes
            if one.tag is FolderHierarchy.Add
        }

    def sync(self, folder: str, *content: Element) -> Element | None:
        """Sync one folder; gives its Collection, None for an empty answer."""
        key = Element(AirSync.SyncKey, self.keys.get(folder, "0"))
        named = Element(AirSync.CollectionId, folder)
        collection = Element(AirSync.Collection, [key, named, *content])
        listed = Element(AirSync.Collections, [collection])
        answer = self.post("Sync", Element(AirSync.Sync, [listed]))
        if answer is None:
            return None
        found = answer.find(AirSync.Collections)
        assert found is not None, answer
        (told,) = found.children
        assert told.value(AirSync.Status) == "1", told.value(AirSync.Status)
        self.keys[folder] = told.value(AirSync.SyncKey, "")
        return told

    def page(self, folder: str, window: int = 100) -> tuple[list[Element], bool]:
        """Sync once, HTML bodies cut at 32 KiB; gives the commands and whether there is more."""
        preference = [
            Element(AirSyncBase.Type, "2"),
            Element(AirSyncBase.TruncationSize, "32768"),
        ]
        wanted = Element(AirSync.Options, [Element(AirSyncBase.BodyPreference, preference)])
        told = self.sync(folder, Element(AirSync.WindowSize, str(window)), wanted)
        if told is None:
            return [], False
        commands = told.find(AirSync.Commands)
        return list(commands or ()), told.has(AirSync.MoreAvailable)

    def initial(self, folder: str) -> tuple[list[Element], float, float]:
        """Sync a folder from the start; gives all Adds, seconds to the first page and to all."""
        begin = time.perf_counter()
        self.sync(folder)
        found, more = self.page(folder)
        first = time.perf_counter() - begin
        while more:
            commands, more = self.page(folder)
            found += commands
        return found, first, time.perf_counter() - begin
