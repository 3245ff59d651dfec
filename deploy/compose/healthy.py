"""Asked by the container's engine: does the web server answer? Over TLS where it holds a certificate. A worker or a
sweeper has no port; of those it is enough that they run, and `/readyz` tells what they leave undone."""

import http.client
import os
import ssl
import sys
from pathlib import Path

WEB = b"zhiben\0web"


def main() -> int:
    if WEB not in Path("/proc/1/cmdline").read_bytes():
        return 0
    port = int(os.environ["ZHIBEN_PORT"])
    if (Path(os.environ["ZHIBEN_DATA"]) / "tls/server.pem").exists() and os.environ.get("ZHIBEN_HTTPS") == "1":
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        asked: http.client.HTTPConnection = http.client.HTTPSConnection("127.0.0.1", port, timeout=4, context=anyone)
    else:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    asked.request("GET", "/healthz")
    return 0 if asked.getresponse().status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
