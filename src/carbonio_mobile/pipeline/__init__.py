"""One ActiveSync request from its octets to its answer's: gates, command, error table.

The gates stand in :data:`gates.ACCOUNT_GATES` and :data:`gates.GATES`, in order; each looks at what
is known by then and says why the request is refused, or nothing. What a refusal looks like on the
wire stands in ``eas/refusal.py``.
"""

from carbonio_mobile.pipeline.gates import ProvisioningRules
from carbonio_mobile.pipeline.pipeline import FOLDER_SYNCS_A_MINUTE, Pipeline, Served

__all__ = ["FOLDER_SYNCS_A_MINUTE", "Pipeline", "ProvisioningRules", "Served"]
