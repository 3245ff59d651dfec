"""granian, as we start it: over TLS where we hold the certificate, and following the certificate when it is renewed."""

import os
import ssl
import threading
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, SSLProtocols
from granian.server import MPServer

from zhiben.config.certificates import folder
from zhiben.config.certificates.services import serves_https

FINISHES_WITHIN = 10
"""Seconds a request may still take after the request to stop, before it is cut off."""
LOOKS_EVERY = float(os.environ.get("ZHIBEN_CERTIFICATE_SECONDS", "20"))
"""Seconds between looks at the certificate's file."""


def server(application: str, *, host: str, port: int, processes: int, threads: int, plain: bool = False) -> MPServer:
    """`plain`: without TLS, whatever certificates there are."""
    secured: dict[str, Any] = {}
    if serves_https() and not plain:
        path = folder.server_path()
        # granian offers TLS 1.3 alone by default; desktops with an old system know 1.2 at most
        secured = {"ssl_cert": path, "ssl_key": path, "ssl_protocol_min": SSLProtocols.tls12}
    made = MPServer(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=FINISHES_WITHIN,
        log_access=False,
        **secured,
    )
    if secured:
        made.on_startup(lambda: _follow(made, folder.server_path()))
    return made


def _follow(server: MPServer, path: Path) -> None:
    """Puts new processes in the place of the old, one after another, when the certificate was replaced."""
    asked_to_stop = threading.Event()
    server.on_shutdown(asked_to_stop.set)

    def look() -> None:
        known = _version(path)
        while not asked_to_stop.wait(LOOKS_EVERY):
            if (now := _version(path)) != known and _is_usable(path):
                known = now
                server.signal_handler_reload()

    threading.Thread(target=look, name="certificate", daemon=True).start()


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _is_usable(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except (OSError, ssl.SSLError):
        return False
    return True
