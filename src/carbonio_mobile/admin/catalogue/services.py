"""The commands that start and stop the services of the module.

Spec: ../shared/carbonio/cli.md 2.9.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import TEXT

_SERVICE = Parameter(
    name="service_name", kind=TEXT, help="the name of a service, as getServices has it",
    required=True,
)  # fmt: skip

COMMANDS = (
    Command(
        module="mobile",
        words=("getServices",),
        summary="Lists the services of the module, and whether each runs.",
        examples=("carbonio mobile getServices",),
    ),
    Command(
        module="mobile",
        words=("doStartService",),
        summary="Starts a service.",
        parameters=(_SERVICE,),
        examples=("carbonio mobile doStartService abq",),
        changes=True,
        note="What is started or stopped stays so until the daemon ends.",
    ),
    Command(
        module="mobile",
        words=("doStopService",),
        summary="Stops a service: phones that need it are put off and keep their state.",
        parameters=(_SERVICE,),
        examples=("carbonio mobile doStopService abq",),
        changes=True,
        note="What is started or stopped stays so until the daemon ends.",
    ),
    Command(
        module="mobile",
        words=("doRestartService",),
        summary="Stops a service and starts it; for anti-dos this frees whoever is in jail.",
        parameters=(_SERVICE,),
        examples=("carbonio mobile doRestartService anti-dos",),
        changes=True,
    ),
    *(
        Command(
            module="config",
            words=words,
            summary=f"The same as carbonio mobile {words[0]}.",
            parameters=() if words == ("getServices",) else (_SERVICE,),
            changes=words != ("getServices",),
        )
        for words in (
            ("getServices",), ("doStartService",), ("doStopService",), ("doRestartService",)
        )
    ),
)  # fmt: skip
