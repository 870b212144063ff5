"""Keep intents in memory, for tests and trials."""

from zope.interface import implementer

from carbonio_mobile.ids import OperationId
from carbonio_mobile.interfaces import IIntents
from carbonio_mobile.sync.intents import REMEMBERED_S, Intent


@implementer(IIntents)
class MemoryIntents:
    """Intents in a mapping, which end with the process."""

    def __init__(self) -> None:
        self._intents: dict[OperationId, Intent] = {}

    async def find(self, operation: OperationId) -> Intent | None:
        """See :meth:`IIntents.find`."""
        return self._intents.get(operation)

    async def put(self, intent: Intent) -> None:
        """See :meth:`IIntents.put`."""
        oldest = intent.at - REMEMBERED_S
        self._intents = {name: one for name, one in self._intents.items() if one.at >= oldest}
        self._intents[intent.operation] = intent

    async def drop(self, operation: OperationId) -> None:
        """See :meth:`IIntents.drop`."""
        self._intents.pop(operation, None)
