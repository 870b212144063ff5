"""What real servers answer, in their own ways of writing it, cut to what matters.

Radicale, Xandikos and Cyrus as Debian 12 has them were recorded; Zimbra, SOGo and Nextcloud are
written after their documentation and what clients report of them.
"""

from carbonio_mobile.dav.hrefs import read_url

HOME = read_url("https://dav.example.com/john@example.com/")

RADICALE = b"""<?xml version='1.0' encoding='utf-8'?>
<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"
 xmlns:CR="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"
 xmlns:ICAL="http://apple.com/ns/ical/">
<response><href>/john%40example.com/</href><propstat><prop><resourcetype><principal />
<collection /></resourcetype><owner><href>/john%40example.com/</href></owner></prop>
<status>HTTP/1.1 200 OK</status></propstat><propstat><prop><displayname /><CS:getctag /></prop>
<status>HTTP/1.1 404 Not Found</status></propstat></response>
<response><href>/john%40example.com/calendar/</href><propstat><prop><resourcetype><C:calendar />
<collection /></resourcetype><displayname>Work &amp; play</displayname>
<C:supported-calendar-component-set><C:comp name="VEVENT" /><C:comp name="VTODO" />
</C:supported-calendar-component-set><CS:getctag>"2a98"</CS:getctag>
<sync-token>http://radicale.org/ns/sync/e3b0</sync-token><supported-report-set>
<supported-report><report><sync-collection /></report></supported-report>
<supported-report><report><C:calendar-multiget /></report></supported-report>
</supported-report-set><current-user-privilege-set><privilege><read /></privilege><privilege>
<all /></privilege><privilege><write /></privilege></current-user-privilege-set>
<owner><href>/john%40example.com/</href></owner>
<ICAL:calendar-color>#ff00aaff</ICAL:calendar-color><ICAL:calendar-order>3</ICAL:calendar-order>
</prop><status>HTTP/1.1 200 OK</status></propstat><propstat><prop><C:max-resource-size /></prop>
<status>HTTP/1.1 404 Not Found</status></propstat></response></multistatus>"""

XANDIKOS = b"""<ns0:multistatus xmlns:ns0="DAV:" xmlns:ns1="urn:ietf:params:xml:ns:caldav"
 xmlns:ns2="http://calendarserver.org/ns/"><ns0:response>
<ns0:href>/john@example.com/calendars/calendar/</ns0:href><ns0:propstat>
<ns0:status>HTTP/1.1 200 OK</ns0:status><ns0:prop><ns0:resourcetype><ns0:collection />
<ns1:calendar /></ns0:resourcetype><ns0:displayname>calendar</ns0:displayname>
<ns0:supported-report-set><ns0:supported-report><ns1:calendar-multiget /></ns0:supported-report>
<ns0:supported-report><ns0:sync-collection /></ns0:supported-report></ns0:supported-report-set>
<ns0:current-user-privilege-set><ns0:privilege><ns0:all /></ns0:privilege>
</ns0:current-user-privilege-set><ns0:owner /><ns2:getctag>ae44</ns2:getctag>
<ns0:sync-token>ae44</ns0:sync-token></ns0:prop></ns0:propstat></ns0:response>
</ns0:multistatus>"""

CYRUS = b"""<?xml version="1.0" encoding="utf-8"?>
<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"
 xmlns:CS="http://calendarserver.org/ns/" xmlns:CY="http://cyrusimap.org/ns/">
<response><href>/john@example.com/mary@example.com.Default/</href><propstat><prop><resourcetype>
<collection/><C:calendar/><CS:shared/></resourcetype><displayname>Mary</displayname>
<C:max-resource-size>2147483647</C:max-resource-size><CS:getctag>1795285949-5</CS:getctag>
<sync-token>data:,1795285949-5</sync-token><current-user-privilege-set><privilege><read/>
</privilege><privilege><C:read-free-busy/></privilege><privilege><read-current-user-privilege-set/>
</privilege></current-user-privilege-set><owner><href>/dav/principals/user/mary@example.com/</href>
</owner></prop><status>HTTP/1.1 200 OK</status></propstat></response>
<response><href>/john@example.com/Inbox/</href><propstat><prop><resourcetype><collection/>
<C:schedule-inbox/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>
</multistatus>"""

ZIMBRA = b"""<?xml version="1.0" encoding="UTF-8"?>

<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"
 xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"
 xmlns:CARDDAV="urn:ietf:params:xml:ns:carddav">
  <D:response>
    <D:href>/dav/john%40example.com/Tasks/</D:href>
    <D:propstat>
      <D:status>HTTP/1.1 200 OK</D:status>
      <D:prop>
        <D:resourcetype><D:collection/><C:calendar/></D:resourcetype>
        <D:displayname>Tasks</D:displayname>
        <C:supported-calendar-component-set><C:comp name="VTODO"/>
        </C:supported-calendar-component-set>
        <CS:getctag>1-512-512</CS:getctag>
        <D:owner><D:href>/principals/users/john%40example.com/</D:href></D:owner>
        <D:current-user-privilege-set><D:privilege><D:read/></D:privilege>
        <D:privilege><D:write-content/></D:privilege><D:privilege><D:bind/></D:privilege>
        <D:privilege><D:unbind/></D:privilege></D:current-user-privilege-set>
      </D:prop>
    </D:propstat>
    <D:propstat>
      <D:status>HTTP/1.1 404 Not Found</D:status>
      <D:prop><D:sync-token/><D:supported-report-set/></D:prop>
    </D:propstat>
  </D:response>
  <D:response>
    <D:href>/dav/john%40example.com/Contacts/</D:href>
    <D:propstat>
      <D:status>HTTP/1.1 200 OK</D:status>
      <D:prop>
        <D:resourcetype><D:collection/><CARDDAV:addressbook/></D:resourcetype>
        <D:displayname>Contacts</D:displayname>
        <CARDDAV:supported-address-data>
          <CARDDAV:address-data-type content-type="text/vcard" version="3.0"/>
        </CARDDAV:supported-address-data>
        <CARDDAV:max-resource-size>10485760</CARDDAV:max-resource-size>
      </D:prop>
    </D:propstat>
  </D:response>
</D:multistatus>"""

SOGO = b"""<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:n1="urn:ietf:params:xml:ns:carddav">
<D:response><D:href>/SOGo/dav/john/Contacts/personal/</D:href><D:propstat><D:prop>
<D:resourcetype><D:collection/><n1:addressbook/></D:resourcetype>
<D:displayname>Personal Address Book</D:displayname><D:owner>
<D:href>/SOGo/dav/john/</D:href></D:owner></D:prop><D:status>HTTP/1.1 200 OK</D:status>
</D:propstat></D:response></D:multistatus>"""

NEXTCLOUD = b"""<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"
 xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"
 xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.com/ns"
 xmlns:card="urn:ietf:params:xml:ns:carddav">
<d:response><d:href>/remote.php/dav/calendars/john/old-deleted/</d:href><d:propstat><d:prop>
<d:resourcetype><d:collection/><cal:calendar/><nc:deleted-calendar/></d:resourcetype></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/calendars/john/trashbin/</d:href><d:propstat><d:prop>
<d:resourcetype><d:collection/><nc:trash-bin/></d:resourcetype></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/addressbooks/users/john/contacts/</d:href><d:propstat><d:prop>
<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>
<d:displayname>Contacts</d:displayname><card:supported-address-data>
<card:address-data-type content-type="text/vcard" version="3.0"/>
<card:address-data-type content-type="text/vcard" version="4.0"/>
<card:address-data-type content-type="application/vcard+json" version="4.0"/>
</card:supported-address-data><d:sync-token>http://sabre.io/ns/sync/12</d:sync-token></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""
