"""Print what a cached login, a cached account and a login that is checked cost. Run by hand."""

import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.passwords import FULL_COST, Passwords
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.testing.lanes import InlineLane

ACCOUNTS = 1000
ROUNDS = 20000


def finish(coroutine):
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")


def cost_us(work, rounds):
    """Give CPU microseconds a round, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for number in range(rounds):
            work(number)
        best = min(best, time.process_time() - began)
    return best / rounds * 1e6


def main() -> None:
    """Fill a directory, then measure."""
    with TemporaryDirectory() as room:
        transactions = Transactions(open_database(Path(room)))
        passwords = Passwords(FULL_COST)
        store = DirectoryStore(transactions, passwords)
        store.create_domain("example.com")
        ids = [
            store.create_account(f"user{number}@example.com", None) for number in range(ACCOUNTS)
        ]
        store.set_password(ids[0], "demo-user")
        watch = SQLiteWatch(Path(room) / FILE_NAME)
        accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=passwords,
            watch=watch,
            directory_lane=InlineLane(),
            password_lane=InlineLane(),
            clock=time.time,
            secret=b"k" * 32,
            bounds=LoginBounds(
                verified_idle_s=600,
                verified_count=100,
                wrong_count=100,
                accounts_count=ACCOUNTS,
                peer_at_once=8,
                peer_waiting=100,
            ),
        )

        def log_in(number, password="demo-user"):
            return finish(
                accounts.log_in(
                    "user0@example.com", password, host="mail.example.com", peer="10.0.0.1"
                )
            )

        passwords_tried = (f"wrong{number}" for number in count())
        checked_us = cost_us(lambda n: log_in(n, next(passwords_tried)), 10)
        print(f"login checked    {checked_us:9.1f} µs")
        log_in(0)
        print(f"login cached     {cost_us(log_in, ROUNDS):9.1f} µs")
        began = time.process_time()
        for each in ids:
            finish(accounts.account(each))
        read_us = (time.process_time() - began) / ACCOUNTS * 1e6
        print(f"account read     {read_us:9.1f} µs")
        cached_us = cost_us(lambda n: finish(accounts.account(ids[n % ACCOUNTS])), ROUNDS)
        print(f"account cached   {cached_us:9.1f} µs")
        print(f"data_version     {cost_us(lambda n: watch.version(), ROUNDS):9.1f} µs")


if __name__ == "__main__":
    main()
