"""The command line as a client of a running server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click
import httpx2
import msgspec

from mockserver.cli.docs import pointer
from mockserver.errors import Unreachable


class Problem(Exception):
    """The server said no; `body` is its problem document."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("detail", f"HTTP {status}"))
        self.status = status
        self.body = body

    def lines(self) -> Iterator[str]:
        """What the server said, for a person."""
        yield str(self)
        for each in self.body.get("problems", ()):
            file = f"{self.body['source']}:" if self.body.get("source") else ""
            where = f"{file}{each['line']}:{each['column']}: " if each.get("line") else ""
            meant = f" (did you mean {each['did_you_mean']!r}?)" if each.get("did_you_mean") else ""
            yield f"  {where}{each['path']}: expected {each['expected']}, got {each['got']}{meant}"
        if hint := self.body.get("hint"):
            yield f"  {hint}"


class Control:
    """The control API of one server. Raises `Unreachable` when nobody answers, `Problem` when it says no."""

    def __init__(self, server: str, token: str | None = None) -> None:
        self._server = server.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(base_url=f"{self._server}/_mock/", headers=headers, trust_env=False, timeout=30)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call an endpoint below `/_mock/`; answers the JSON it gave, or None."""
        try:
            answer = (
                self._http.request(method, path, json=body) if body is not None else self._http.request(method, path)
            )
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from None
        return self._read(answer.status_code, answer.content)

    def stream(self, path: str, body: object) -> Iterator[dict[str, Any]]:
        """POST and yield the JSON documents of the answer, a line each, as they come."""
        try:
            with self._http.stream(
                "POST", path, json=body, headers={"accept": "application/x-ndjson"}, timeout=None
            ) as answer:
                if answer.status_code >= 400:
                    self._read(answer.status_code, answer.read())
                for line in answer.iter_lines():
                    yield msgspec.json.decode(line)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from None

    def _read(self, status: int, content: bytes) -> Any:
        try:
            data = msgspec.json.decode(content) if content else None
        except msgspec.DecodeError:
            raise Unreachable(f"{self._server} answered {status}, but not as a mockserver does.") from None
        if status >= 400:
            raise Problem(status, data if isinstance(data, dict) else {})
        return data

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"No mockserver answers at {self._server} ({error}).",
            hint="Start one with `mockserver serve`, or give --server.",
        )


def refuse(problem: Problem, code: int = 1) -> None:
    """Print what the server said and which page helps, and exit."""
    first, *rest = problem.lines()
    click.secho("error: ", fg="red", nl=False, err=True)
    click.echo(first, err=True)
    for line in rest:
        click.echo(line, err=True)
    context = click.get_current_context(silent=True)
    click.secho(pointer(context.find_root().invoked_subcommand if context else None), dim=True, err=True)
    sys.exit(code)
