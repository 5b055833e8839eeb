"""Bodies of `multipart/form-data`, taken apart within bounds."""

from __future__ import annotations

import msgspec

from mockserver.wire.call import BadBody, Call

FORM_DATA = "multipart/form-data"
MAX_PARTS = 100


class Part(msgspec.Struct, frozen=True):
    """One part of a form: a file when it has a `filename`, else a field."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def parts_of(call: Call) -> tuple[Part, ...]:
    """The parts of a call's form in the order sent; raises `BadBody` for what is no such form.

    At most 100 parts; the parser bounds their header fields, the edge has bounded the whole.
    """
    if call.content_type != FORM_DATA:
        came = call.content_type or "nothing"
        raise BadBody(f"The body must be {FORM_DATA}; Content-Type says {came}.")
    # Only uploads need it, and every start-up would pay for it.
    from python_multipart.exceptions import MultipartParseError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(call.header("content-type") or "")
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadBody(f"Content-Type {FORM_DATA} lacks its boundary.")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.field,
                "on_header_value": reader.value,
                "on_header_end": reader.end_header,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
                "on_end": reader.finish,
            },
        )
        parser.write(call.body)
        parser.finalize()
    except MultipartParseError as error:
        raise BadBody(f"The form cannot be read: {error}.") from None
    if not reader.whole:
        raise BadBody("The form breaks off before its last boundary.")
    return tuple(_part(headers, content, parse_options_header) for headers, content in reader.parts)


def _part(headers: dict[str, bytes], content: bytes, parse: object) -> Part:
    disposition, options = parse(headers.get("content-disposition", b""))  # type: ignore[operator]
    name = options.get(b"name")
    if disposition != b"form-data" or name is None:
        raise BadBody("A part of the form lacks Content-Disposition: form-data with its name.")
    filename = options.get(b"filename")
    return Part(
        name.decode("utf-8", "replace"),
        content,
        filename.decode("utf-8", "replace") if filename is not None else None,
        headers.get("content-type", b"").decode("latin-1"),
    )


class _Reader(msgspec.Struct):
    """Collects what the parser calls out."""

    parts: list[tuple[dict[str, bytes], bytes]] = []
    whole: bool = False
    _headers: dict[str, bytes] = {}
    _name: bytes = b""
    _value: bytes = b""
    _chunks: list[bytes] = []

    def begin(self) -> None:
        if len(self.parts) == MAX_PARTS:
            raise BadBody(f"The form has more than {MAX_PARTS} parts.")
        self._headers, self._chunks = {}, []

    def field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name, self._value = b"", b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._chunks.append(data[start:end])

    def end(self) -> None:
        self.parts.append((self._headers, b"".join(self._chunks)))

    def finish(self) -> None:
        self.whole = True
