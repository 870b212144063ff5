"""The protocol above WBXML: request lines, versions, statuses, typed requests and answers; pure."""
