"""An LDAP directory together with what of ours stands beside it: mobile passwords, configuration.

Spec: issue 6, section 2.
"""

from carbonio_mobile.accounts.ldapdirectory.mobile import LdapCredentials, MobilePasswords
from carbonio_mobile.accounts.ldapdirectory.opening import LdapDirectory
from carbonio_mobile.accounts.ldapdirectory.ownsurroundings import OwnSurroundings
from carbonio_mobile.accounts.limited import LimitedConfiguration, LimitedProvisioning, of_ldap
from carbonio_mobile.accounts.opening import EmbeddedDirectory


def mobile_passwords(own: EmbeddedDirectory) -> MobilePasswords:
    """Give what checks the mobile passwords that are kept in our database."""
    insides = own.insides
    return MobilePasswords(
        insides.transactions,
        insides.passwords,
        version=insides.version,
        lane=insides.lookups,
        slow_lane=insides.checks,
    )


def own_surroundings(own: EmbeddedDirectory) -> OwnSurroundings:
    """Give domains, COS and global attributes of our database."""
    return OwnSurroundings(own.insides.transactions, lane=own.insides.lookups)


class WholeLdapDirectory:
    """Accounts and people of ``ldap``; all else of ``own``, as far as it does not stand there.

    It has what :class:`EmbeddedDirectory` has.
    """

    def __init__(
        self, own: EmbeddedDirectory, ldap: LdapDirectory, *, has_surroundings: bool
    ) -> None:
        self._own = own
        self._ldap = ldap
        elsewhere = of_ldap(has_surroundings=has_surroundings)
        self.store = own.store
        self.accounts = ldap.accounts
        self.people = ldap.people
        self.credentials = LdapCredentials(
            accounts=ldap.accounts,
            transactions=own.insides.transactions,
            passwords=own.insides.passwords,
            clock=own.insides.clock,
            lane=own.insides.changes,
        )
        self.configuration = LimitedConfiguration(own.configuration, elsewhere=elsewhere)
        self.provisioning = LimitedProvisioning(
            own.provisioning, own.provisioning, accounts=ldap.accounts, elsewhere=elsewhere
        )

    def start(self) -> None:
        """Begin to answer."""
        self._own.start()
        self._ldap.start()

    async def stop(self) -> None:
        """Close the connections, and let our database go."""
        self._ldap.stop()
        await self._own.stop()
