"""The names of the fields that log events carry; observers filter on them.

Spec: ../shared/style.md 2.7.
"""

from typing import Final

REQUEST_ID: Final = "request_id"
ACCOUNT: Final = "account"
DEVICE: Final = "device"
COMMAND: Final = "command"
VERSION: Final = "version"
FOLDER: Final = "folder"
STATUS: Final = "status"
CODE: Final = "code"
ELAPSED_MS: Final = "elapsed_ms"
BYTES_IN: Final = "bytes_in"
BYTES_OUT: Final = "bytes_out"
PEER: Final = "peer"
OUTCOME: Final = "outcome"

OF_REQUEST: Final = (
    COMMAND, CODE, ACCOUNT, DEVICE, VERSION, ELAPSED_MS, BYTES_IN, BYTES_OUT, PEER, OUTCOME,
)  # fmt: skip
"""What the one line of each request carries."""
