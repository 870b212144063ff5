"""Transactions on the embedded directory, with the library's exceptions turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, SQLAlchemyError

from carbonio_mobile.accounts.database import for_writing
from carbonio_mobile.accounts.edits import raise_generation
from carbonio_mobile.errors import Conflict, Corrupt, Unavailable


class Transactions:
    """Begins transactions; each is committed, durably, when its block ends without an exception."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing_engine = for_writing(engine)

    def close(self) -> None:
        """Let all connections go."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin one that reads a single state of the directory. Raises: Unavailable, Corrupt."""
        with _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin one that writes what no reader sees. Raises: Conflict, Unavailable, Corrupt."""
        with _translated(), self._writing_engine.begin() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Begin one that changes what readers see, and tells them. Raises: as ``writing``."""
        with self.writing() as connection:
            yield connection
            raise_generation(connection)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as exc:
        raise Conflict("the directory holds something of that name already") from exc
    except OperationalError as exc:
        raise Unavailable(f"the directory cannot be used now: {exc.orig}") from exc
    except DatabaseError as exc:
        raise Corrupt(f"the directory's database cannot be read: {exc.orig}") from exc
    except SQLAlchemyError as exc:
        raise Unavailable(f"the directory cannot be used now: {type(exc).__name__}") from exc
