"""A rig whose traffic is watched, as the pipeline has it watched."""

from pathlib import Path

from twisted.internet.defer import Deferred

from carbonio_mobile.directory.loggers import Level, LoggerWish
from carbonio_mobile.eas import requestline
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.traffic import Heard, Told
from carbonio_mobile.logs.accountloggers import AccountLoggers, LoggerOptions
from carbonio_mobile.testing.rig import Rig


def loggers_below(*directories: Path, bytes_max: int = 1 << 24, **more: object) -> AccountLoggers:
    """Give loggers that may write below these directories."""
    options = LoggerOptions(directories=directories, bytes_max=bytes_max, **more)  # type: ignore[arg-type]
    return AccountLoggers(
        options=options, clock=lambda: 1_800_000_000.25, random_bytes=lambda count: b"k" * count
    )


class WatchedRig(Rig):
    """Tells the loggers of each request of john's."""

    def __init__(self, loggers: AccountLoggers) -> None:
        super().__init__()
        self.loggers = loggers
        self._respond = self.pipeline.respond
        self.pipeline.respond = self._watched  # type: ignore[method-assign]

    def wish(self, level: Level, file: str = "john.log", **more: object) -> LoggerWish:
        """Give the wish for a logger of john's."""
        return LoggerWish(account=self.account, name=self.ADDRESS, level=level, file=file, **more)  # type: ignore[arg-type]

    async def _watched(self, request: HttpRequest) -> HttpResponse:
        number = 0
        if self.loggers.wants(self.account):
            line = requestline.parse(request.query, request.headers)
            heard = Heard(account=self.account, name=self.ADDRESS, request=request, line=line)
            number = self.loggers.request(heard)
        response = await self._respond(request)
        if number:
            served = self.served[-1]
            told = Told(
                account=self.account,
                name=served.account,
                response=response,
                command=served.command,
                device=served.device,
                version=served.version,
                peer=served.peer,
                bytes_in=served.bytes_in,
                elapsed_s=served.elapsed_s,
                refused=served.refused.name if served.refused is not None else "",
                fault=served.fault,
            )
            self.loggers.response(number, told)
        return response


def answer_of(deferred: "Deferred[HttpResponse]") -> HttpResponse:
    """Give an answer that is there."""
    found: list[HttpResponse] = []
    deferred.addCallback(found.append)
    assert found
    return found[0]
