"""Tell twistd of the carbonio-mobile daemon."""

from twisted.application.service import ServiceMaker

carbonio_mobile = ServiceMaker(
    "carbonio-mobile",
    "carbonio_mobile.service.tap",
    "Exchange ActiveSync for phones and Outlook.",
    "carbonio-mobile",
)
