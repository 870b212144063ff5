"""The built-in texts of the messages to devices that are not let in, by language."""

from collections.abc import Mapping

from carbonio_mobile.policy.abq import AbqStatus

BLOCKED, QUARANTINED = AbqStatus.BLOCKED, AbqStatus.QUARANTINED

BUILT_IN: Mapping[tuple[AbqStatus, str], tuple[str, str]] = {
    (BLOCKED, "en"): (
        "This device may not synchronise",
        (
            "Your administrator does not allow this device to synchronise with your mailbox.\n\n"
            "Your mail, calendars and contacts are not on this device; they are unchanged on "
            "the server. Please ask your administrator if you need this device.\n"
        ),
    ),
    (QUARANTINED, "en"): (
        "This device waits for permission to synchronise",
        (
            "This device is new, and your administrator has yet to allow it to synchronise "
            "with your mailbox.\n\n"
            "There is nothing for you to do: once it is allowed, your mail, calendars and "
            "contacts come to this device by themselves.\n"
        ),
    ),
    (BLOCKED, "it"): (
        "Questo dispositivo non può sincronizzarsi",
        (
            "L'amministratore non consente a questo dispositivo di sincronizzarsi con la tua "
            "casella.\n\n"
            "Posta, calendari e contatti non si trovano su questo dispositivo e sul server "
            "sono invariati. Se ti serve questo dispositivo, rivolgiti all'amministratore.\n"
        ),
    ),
    (QUARANTINED, "it"): (
        "Questo dispositivo attende il permesso di sincronizzarsi",
        (
            "Questo dispositivo è nuovo e l'amministratore deve ancora autorizzarlo a "
            "sincronizzarsi con la tua casella.\n\n"
            "Non devi fare nulla: dopo l'autorizzazione posta, calendari e contatti "
            "arriveranno da soli su questo dispositivo.\n"
        ),
    ),
    (BLOCKED, "fr"): (
        "Cet appareil ne peut pas se synchroniser",
        (
            "Votre administrateur n'autorise pas cet appareil à se synchroniser avec votre "
            "boîte aux lettres.\n\n"
            "Vos messages, calendriers et contacts ne se trouvent pas sur cet appareil et "
            "restent inchangés sur le serveur. Si vous avez besoin de cet appareil, adressez-"
            "vous à votre administrateur.\n"
        ),
    ),
    (QUARANTINED, "fr"): (
        "Cet appareil attend l'autorisation de se synchroniser",
        (
            "Cet appareil est nouveau et votre administrateur doit encore l'autoriser à se "
            "synchroniser avec votre boîte aux lettres.\n\n"
            "Vous n'avez rien à faire : une fois l'appareil autorisé, vos messages, "
            "calendriers et contacts y arriveront d'eux-mêmes.\n"
        ),
    ),
    (BLOCKED, "de"): (
        "Dieses Gerät darf nicht synchronisieren",
        (
            "Ihr Administrator erlaubt diesem Gerät nicht, sich mit Ihrem Postfach zu "
            "synchronisieren.\n\n"
            "Ihre E-Mails, Kalender und Kontakte befinden sich nicht auf diesem Gerät; auf "
            "dem Server sind sie unverändert. Bitte wenden Sie sich an Ihren Administrator, "
            "wenn Sie dieses Gerät brauchen.\n"
        ),
    ),
    (QUARANTINED, "de"): (
        "Dieses Gerät wartet auf die Erlaubnis zu synchronisieren",
        (
            "Dieses Gerät ist neu, und Ihr Administrator muss ihm noch erlauben, sich mit "
            "Ihrem Postfach zu synchronisieren.\n\n"
            "Sie müssen nichts tun: Sobald es erlaubt ist, kommen E-Mails, Kalender und "
            "Kontakte von selbst auf dieses Gerät.\n"
        ),
    ),
    (BLOCKED, "es"): (
        "Este dispositivo no puede sincronizarse",
        (
            "El administrador no permite que este dispositivo se sincronice con su buzón.\n\n"
            "Su correo, calendarios y contactos no están en este dispositivo y siguen igual "
            "en el servidor. Si necesita este dispositivo, diríjase a su administrador.\n"
        ),
    ),
    (QUARANTINED, "es"): (
        "Este dispositivo espera permiso para sincronizarse",
        (
            "Este dispositivo es nuevo y el administrador aún debe autorizarlo a "
            "sincronizarse con su buzón.\n\n"
            "No tiene que hacer nada: una vez autorizado, su correo, calendarios y contactos "
            "llegarán por sí solos a este dispositivo.\n"
        ),
    ),
}
"""Subject and body by status and language."""
