"""When a message that could not be delivered is tried again, and when it is given up.

Spec: RFC 5321 4.5.4.1.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySchedule:
    """``delays_s`` before the second, third, … attempt; the last one holds for all after it.

    A message is given up ``give_up_s`` after it was taken.
    """

    delays_s: tuple[float, ...] = (60, 300, 900, 1800, 3600, 7200, 14_400)
    give_up_s: float = 5 * 86_400.0

    def next_at(self, now: float, attempts: int, taken_at: float) -> float | None:
        """Give the time of the next attempt after ``attempts`` of them; None: give up.

        The last attempt is made when the time is up, not before.
        """
        last = taken_at + self.give_up_s
        if now >= last:
            return None
        return min(now + self.delay_s(attempts), last)

    def delay_s(self, attempts: int) -> float:
        """Give the pause after so many attempts."""
        return self.delays_s[min(attempts, len(self.delays_s)) - 1]
