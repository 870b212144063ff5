"""``sync.log``: one line a request, opened anew after a rotation, harmless on a full disk."""

from pathlib import Path

import pytest

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.logs.synclog import SyncLog
from carbonio_mobile.pipeline import Served
from carbonio_mobile.testing.rig import Rig
from tests.unit.commands import asking


def served(**more: object) -> Served:
    """Give a request that was answered."""
    facts: dict[str, object] = {
        "account": "john@example.com", "device": "phone1", "command": "Sync", "version": "14.1",
        "peer": "192.0.2.1", "code": 200, "elapsed_s": 0.012, "bytes_in": 53, "bytes_out": 422,
    }  # fmt: skip
    return Served(**{**facts, **more})  # type: ignore[arg-type]


def log_at(path: Path, complaints: list[str]) -> SyncLog:
    """Open a log."""
    return SyncLog(path, clock=lambda: 1_800_000_000.25, complain=complaints.append)


def test_each_command_has_its_line(tmp_path: Path) -> None:
    """cli.md 2.5: the general sync log, in the directory of logs."""
    log = log_at(tmp_path / "sync.log", [])
    log.write(served())
    log.write(served(command="Ping", refused=Reason.DEVICE_BLOCKED, code=403, version=""))
    log.write(served(command="SendMail", fault="Unavailable: full\nforged"))
    log.write(served(command="OPTIONS"))
    log.close()
    head, sizes = "2027-01-15T08:00:00.250Z john@example.com phone1", "12 ms in 53 out 422"
    assert (tmp_path / "sync.log").read_text().splitlines() == [
        f"{head} Sync 14.1 200 {sizes} from 192.0.2.1: ok",
        f"{head} Ping - 403 {sizes} from 192.0.2.1: the device is not allowed",
        f"{head} SendMail 14.1 200 {sizes} from 192.0.2.1: Unavailable: full\\nforged",
    ]


def test_what_the_pipeline_tells_can_be_written(tmp_path: Path) -> None:
    """The log takes what requests are told as."""
    rig = Rig()
    rig.post("FolderSync", asking.folder_sync("0"))
    log = log_at(tmp_path / "sync.log", [])
    for each in rig.served:
        log.write(each)
    log.close()
    assert " phone1 FolderSync 14.1 200 " in (tmp_path / "sync.log").read_text()


def test_a_rotated_file_is_left(tmp_path: Path) -> None:
    """logrotate renames, SIGHUP follows."""
    path = tmp_path / "sync.log"
    log = log_at(path, [])
    log.write(served())
    path.rename(tmp_path / "sync.log.1")
    log.write(served())
    log.reopen()
    log.write(served())
    assert len((tmp_path / "sync.log.1").read_text().splitlines()) == 2
    assert len(path.read_text().splitlines()) == 1
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        log.reopen()
    log.write(served())  # into the one it had
    log.close()


def test_a_full_disk_is_complained_of_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request fails, and the server's log is not flooded."""
    complaints: list[str] = []
    log = log_at(tmp_path / "sync.log", complaints)

    def full(_file: int, _octets: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", full)
        log.write(served())
        log.write(served())
    assert complaints == [f"{tmp_path / 'sync.log'} cannot be written: No space left on device"]
    log.write(served())
    log.close()
