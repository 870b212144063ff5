"""The Date of answers, and the clock it goes by."""

from twisted.trial.unittest import SynchronousTestCase

from .rig import Rig


class DateTests(SynchronousTestCase):
    """A time of day that is set, beside a clock that is not."""

    def test_date_is_the_time_of_day(self) -> None:
        """It follows the time of day, forwards and back, whatever the timers go by."""
        rig = Rig()
        for now_s, text in (
            (1_800_000_000.9, "Fri, 15 Jan 2027 08:00:00 GMT"),
            (1_799_996_400.0, "Fri, 15 Jan 2027 07:00:00 GMT"),
        ):
            rig.site.edge.time_of_day = lambda now_s=now_s: now_s
            client = rig.connect()
            client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            _, headers, _ = client.answer()
            self.assertEqual(text, headers["date"])
