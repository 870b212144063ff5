"""All commands of the administration plane, in the order in which the help lists them."""

from carbonio_mobile.admin.catalogue import (
    abq,
    addressbook,
    auth,
    config,
    devices,
    filters,
    folders,
    loggers,
    notices,
    prov,
    provisioning,
    services,
)
from carbonio_mobile.admin.declaring import Command

COMMANDS: tuple[Command, ...] = (
    *devices.COMMANDS,
    *abq.COMMANDS,
    *filters.COMMANDS,
    *loggers.COMMANDS,
    *folders.COMMANDS,
    *addressbook.COMMANDS,
    *provisioning.COMMANDS,
    *services.COMMANDS,
    *notices.COMMANDS,
    *config.COMMANDS,
    *auth.COMMANDS,
    *prov.COMMANDS,
)
