"""Lets ``easload.py`` deliver mail by IMAP APPEND to a daemon that takes it by LMTP.

It knows LOGIN and APPEND with a literal, as imaplib sends them, and answers OK once LMTP has.
"""

import smtplib
import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._user = ""
        self.wfile.write(b"* OK bridge\r\n")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().partition(b" ")
            command = rest.split(b" ")[0].upper()
            if command == b"LOGIN":
                self._user = rest.split(b" ")[1].strip(b'"').decode()
                self._done(tag)
            elif command == b"APPEND":
                size = int(rest.rpartition(b"{")[2].rstrip(b"}+"))
                self.wfile.write(b"+ go on\r\n")
                message = self.rfile.read(size)
                self.rfile.readline()
                self._deliver(message)
                self._done(tag)
            elif command == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
                self._done(tag)
            else:
                self._done(tag)

    def _done(self, tag: bytes) -> None:
        self.wfile.write(tag + b" OK done\r\n")

    def _deliver(self, message: bytes) -> None:
        host, port = self.server.lmtp  # type: ignore[attr-defined]  # set in serve()
        with smtplib.LMTP(host, port, local_hostname="bench") as client:
            client.sendmail("load@example.net", [self._user], message)


def serve(lmtp: tuple[str, int]) -> socketserver.ThreadingTCPServer:
    """Start a bridge on a free loopback port; ``server_address`` tells which."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
    server.daemon_threads = True
    server.lmtp = lmtp  # type: ignore[attr-defined]  # read by the sessions
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
