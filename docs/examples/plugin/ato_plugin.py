"""A very small ATO plugin, to be put under test: the standard library only, and one thread a request.

    MOTAR_URL=http://127.0.0.1:8600 CLIENT_ID=... CLIENT_SECRET=... PORT=3000 python ato_plugin.py

It takes the request-started webhook, exchanges the code of a user who comes back from MOTAR's sign-in page, and
reports the request as in progress.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen


class AtoPlugin(ThreadingHTTPServer):
    """Listens at once; `requests` are the documents MOTAR sent, by request ID."""

    def __init__(self, motar_url: str, client_id: str, client_secret: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.endpoints = {
            "request_endpoint": f"{self.url}/ato/requests",
            "distribution_endpoint": f"{self.url}/ato/distributions",
            "redirect_uri": f"{self.url}/callback",
        }
        self.requests: dict[str, Any] = {}
        self.motar_url = motar_url
        self.client = {"client_id": client_id, "client_secret": client_secret}
        self.basic = "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()

    def ask_motar(self, path: str, data: bytes, **headers: str) -> Any:
        """POST to MOTAR; raises `HTTPError` when it refuses."""
        with urlopen(Request(self.motar_url + path, data, headers), timeout=10) as answer:
            return json.load(answer)

    def welcome(self, query: Mapping[str, str]) -> None:
        """A user was handed over: fetch tokens, and report."""
        grant = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": self.url + "/callback"}
        tokens = self.ask_motar("/oauth/token", urlencode({**grant, **self.client}).encode())
        report = {"requestId": query["state"], "status": "in-progress", "complete": False, "cancellable": True}
        bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
        self.ask_motar("/plugin/v1/ato/status", json.dumps(report).encode(), **bearer)


class Handler(BaseHTTPRequestHandler):
    server: AtoPlugin

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not hmac.compare_digest(self.headers.get("Authorization", ""), self.server.basic):
            return self.answer(401, "not MOTAR")
        if self.path == "/ato/requests":
            self.server.requests.setdefault(document["requestId"], document)
        return self.answer(200, "thanks")

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        if "code" in query and query.get("state") in self.server.requests:
            self.server.welcome(query)
            return self.answer(200, "welcome")
        return self.answer(400, "start from MOTAR Studio")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def running_plugin(motar_url: str, client_id: str, client_secret: str) -> Iterator[AtoPlugin]:
    """The plugin in a thread of this process, on a free port, for as long as the block runs."""
    with AtoPlugin(motar_url, client_id, client_secret) as plugin:
        thread = threading.Thread(target=plugin.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield plugin
        finally:
            plugin.shutdown()
            thread.join()


if __name__ == "__main__":
    names = ("MOTAR_URL", "CLIENT_ID", "CLIENT_SECRET")
    with AtoPlugin(*(os.environ[name] for name in names), port=int(os.environ.get("PORT", "0"))) as plugin:
        print(plugin.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            plugin.serve_forever()
