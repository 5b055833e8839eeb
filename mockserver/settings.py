"""The server's settings: one typed model, filled from flags, the environment, a file, and defaults, in that order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from mockserver import checking
from mockserver.checking.bounds import FileBounds
from mockserver.errors import Invalid, InvalidFile, Problem

ENVIRONMENT_PREFIX = "MOTAR_MOCK_"
FILE = "mockserver.toml"

QUICKSTART = "motar/quickstart"


_WEB_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server runs. Every field is a flag, a `MOTAR_MOCK_…` variable and a key of `mockserver.toml`."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8600
    seed: int = 0
    data: str | None = None
    durability: Literal["os", "fsync", "none"] = "os"
    checkpoint_after: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024 * 1024
    fixture: tuple[str, ...] = (QUICKSTART,)
    scenarios: tuple[str, ...] = ()
    watch: bool = False
    clock: Literal["live", "frozen", "auto"] = "live"
    strict: bool = False
    public_url: str | None = None
    log_level: Literal["critical", "error", "warning", "info", "debug"] = "info"
    ready_file: str | None = None
    request_endpoint: str | None = None
    distribution_endpoint: str | None = None
    redirect_uri: str | None = None
    set: tuple[str, ...] = ()
    auto_worlds: bool = False
    max_body: Annotated[int, msgspec.Meta(ge=1024)] = 1024 * 1024
    allow_host: tuple[str, ...] = ()
    control_token: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    tls_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
    tls_host: tuple[str, ...] = ()
    tls_dir: str | None = None
    map_host: tuple[str, ...] = ()
    allow_target: tuple[str, ...] = ()
    max_response: Annotated[int, msgspec.Meta(ge=1024)] = 256 * 1024
    max_attempts: Annotated[int, msgspec.Meta(ge=1)] = 128
    max_attempts_per_target: Annotated[int, msgspec.Meta(ge=1)] = 16
    max_control_body: Annotated[int, msgspec.Meta(ge=1024)] = 16 * 1024 * 1024
    max_url: Annotated[int, msgspec.Meta(ge=256)] = 16 * 1024
    max_headers: Annotated[int, msgspec.Meta(ge=16)] = 100
    max_header_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024
    max_depth: Annotated[int, msgspec.Meta(ge=8, le=100)] = 100
    max_file: Annotated[int, msgspec.Meta(ge=1024)] = 1024 * 1024
    max_file_aliases: Annotated[int, msgspec.Meta(ge=0)] = 64
    max_unaddressed: Annotated[int, msgspec.Meta(ge=0)] = 1_000
    journal_exchanges: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    journal_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 32 * 1024 * 1024
    journal_server_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 128 * 1024 * 1024
    max_worlds: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    world_ttl: Annotated[float, msgspec.Meta(gt=0)] | None = None
    log_format: Literal["auto", "text", "json"] = "auto"
    extension: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.public_url is not None and not _WEB_URL.fullmatch(self.public_url):
            raise ValueError(f"public_url must be an http or https URL with a host, not {self.public_url!r}")

    @property
    def file_bounds(self) -> FileBounds:
        """What fixtures and scenarios may have."""
        return FileBounds(self.max_file, self.max_depth, self.max_file_aliases)

    def world_settings(self) -> dict[str, Any]:
        """What these settings mean for every world: by section, as `POST /_mock/worlds` takes them.

        Raises `Invalid` for a `set` that is not `section.name=value`.
        """
        values: dict[str, Any] = {}
        for name in ("request_endpoint", "distribution_endpoint", "redirect_uri"):
            if (given := getattr(self, name)) is not None:
                values.setdefault("motar", {})[name] = given
        if self.strict:
            values["core"] = {"strict": True}
        for each in self.set:
            target, equals, text = each.partition("=")
            section, dot, name = target.partition(".")
            if not (equals and dot and section and name):
                raise Invalid(f"--set {each!r} is not section.name=value, such as motar.expires_in=3600.")
            values.setdefault(section, {})[name] = plain_value(text)
        return values


SECRET = ("control_token",)

DESCRIPTIONS = {
    "host": "Address to bind; other than loopback asks for a control token.",
    "port": "Port to bind; 0 takes a free one and prints it.",
    "seed": "Seed of everything minted in worlds that name none.",
    "data": "Directory in which worlds, scenarios and runs are kept; without it they live in memory.",
    "durability": "When a change counts, with --data: os once the system has it, fsync once the disk has it, "
    "none at once.",
    "checkpoint_after": "Size of the commit log, in bytes, at which worlds are written to their files.",
    "fixture": "What worlds start with: a shipped name or a file; may be given several times.",
    "scenarios": "Scenario file, or folder of such, to put into the library at the start; may be given several times.",
    "watch": "Read fixture and scenario files again when they change; what is broken stays as it last was.",
    "clock": "Clock of the world `default` and of worlds that name none.",
    "strict": "Refuse what is otherwise only told: unknown fields, undocumented forms.",
    "public_url": "How browsers reach this server, where it differs from what they send as Host.",
    "log_level": "Least serious level that is logged.",
    "ready_file": "File to write the URL to once requests are accepted.",
    "request_endpoint": "Where your plugin takes the request-started webhook.",
    "distribution_endpoint": "Where your plugin takes the distributions-changed webhook.",
    "redirect_uri": "Your plugin's redirect URI.",
    "set": "A world setting, as section.name=value; may be given several times.",
    "auto_worlds": "Create a world when a request first names it.",
    "max_body": "Largest body of a vendor request, in bytes.",
    "allow_host": "Further Host the control API answers to; may be given several times.",
    "control_token": "Token the control API asks for; made and printed when not bound to loopback.",
    "tls_port": "Port to serve https on besides; 0 takes a free one and prints it.",
    "tls_host": "Further name or address that the https certificate is for; may be given several times.",
    "tls_dir": "Directory of the certificate authority.  [default: DATA/tls, else with your user's state]",
    "map_host": "Send webhooks for a host to another, as HOST[:PORT]=HOST[:PORT]; may be given several times.",
    "allow_target": "Link-local or metadata address, network or name webhooks may go to; may be given several times.",
    "max_response": "How much of the answer to a webhook is read, in bytes.",
    "max_attempts": "Most webhooks under way at once.",
    "max_attempts_per_target": "Most webhooks under way at once to one host and port.",
    "max_control_body": "Largest body of a request to the control API, in bytes.",
    "max_url": "Longest path and query of a vendor request, in bytes.",
    "max_headers": "Most headers of a vendor request.",
    "max_header_bytes": "Most bytes of all headers of a vendor request together.",
    "max_depth": "Deepest nesting of a JSON body, a fixture or a scenario.",
    "max_file": "Largest fixture or scenario, in bytes.",
    "max_file_aliases": "Most YAML aliases in a fixture or a scenario.",
    "max_unaddressed": "How many requests that led to no world are kept.",
    "journal_exchanges": "Most exchanges that a world's journal keeps; the oldest give way.",
    "journal_bytes": "Most bytes that a world's journal keeps, about.",
    "journal_server_bytes": "The same for all worlds together; worlds give way where nothing happened for longest.",
    "max_worlds": "Most worlds at once.",
    "world_ttl": "Drop worlds that nobody has touched for so many seconds, never `default`.  [default: never]",
    "log_format": "How the log is written: auto is text on a terminal, else json.",
    "extension": "Module, or .py file, that registers functions of yours for workflows; may be given several times.",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings, and for each where its value came from."""

    settings: Settings
    origins: dict[str, str]


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], *, directory: Path | None = None) -> Resolved:
    """Put settings together: flag over environment over `mockserver.toml` over default.

    Raises `Invalid` for a flag or variable, `InvalidFile` for the file, with every problem.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    path = (directory or Path.cwd()) / FILE
    if path.is_file():
        for name, value in _read_file(path).items():
            values[name], origins[name] = value, FILE
    for name in fields:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in environment:
            values[name], origins[name] = _from_environment(name, environment[variable]), variable
    unknown = [
        Problem(f"${each}", "a setting's name", each, None)
        for each in environment
        if each.startswith(ENVIRONMENT_PREFIX) and each.removeprefix(ENVIRONMENT_PREFIX).lower() not in (*fields, "url")
    ]
    if unknown:
        raise Invalid("The environment has settings that nobody knows.", unknown)
    for name, value in flags.items():
        if value is not None and value != ():
            values[name], origins[name] = value, f"--{name.replace('_', '-')}"
    settings = checking.convert(values, Settings, what="The settings")
    return Resolved(settings, {name: origins.get(name, "default") for name in fields})


def plain_value(text: str) -> Any:
    """A value from a command line: JSON where it is JSON, else the text itself."""
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError):
        return text


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidFile(str(path), [Problem("$", "a TOML file", str(error))]) from None
    problems = checking.find_problems(values, Settings)
    if problems:
        raise InvalidFile(str(path), problems)
    return values


def _from_environment(name: str, text: str) -> Any:
    hint = next(field for field in msgspec.structs.fields(Settings) if field.name == name).type
    if "tuple" in str(hint):
        return tuple(part for part in text.split(",") if part)
    if hint is bool and text.lower() in ("1", "true", "yes", "on", "0", "false", "no", "off", ""):
        return text.lower() in ("1", "true", "yes", "on")
    if hint is int or "int" in str(hint) or "float" in str(hint):
        return plain_value(text)
    return text
