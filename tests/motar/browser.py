"""A browser without JavaScript: reads forms as HTML says and submits them as HTML says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2


@dataclass
class Control:
    kind: str
    name: str
    value: str
    required: bool = False
    validates: bool = True
    text: str = ""


@dataclass
class Form:
    method: str
    action: str
    controls: list[Control] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._button: Control | None = None
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" or any(name.startswith("on") for name in given):
            self.scripts += 1
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._form = Form(given.get("method", "get").lower(), given.get("action", ""))
            self.forms.append(self._form)
        if self._form is None or tag not in ("input", "button"):
            return
        kind = given.get("type", "text") if tag == "input" else "button"
        control = Control(
            kind, given.get("name", ""), given.get("value", ""), "required" in given, "formnovalidate" not in given
        )
        self._form.controls.append(control)
        self._button = control if tag == "button" else self._button

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._button is not None:
            self._button.text += data


class Page:
    """What a browser shows: `status`, `text`, forms to submit, or `location` when it was sent elsewhere."""

    def __init__(self, client: httpx2.Client, answer: httpx2.Response) -> None:
        self._client = client
        self.answer = answer
        self.status = answer.status_code
        self.url = str(answer.url)
        self.location = answer.headers.get("location")
        reader = _Reader()
        reader.feed(answer.text)
        self.forms = reader.forms
        self.links = reader.links
        self.scripts = reader.scripts
        self.text = " ".join(" ".join(reader.text).split())

    @property
    def buttons(self) -> list[str]:
        return [
            " ".join(control.text.split())
            for form in self.forms
            for control in form.controls
            if control.kind == "button"
        ]

    def press(self, button: str, **fields: str) -> Page:
        """Fill in `fields` and press the first button with that text; asserts what a browser would insist on."""
        form, pressed = self._find(button)
        names = {control.name for control in form.controls}
        assert set(fields) <= names, f"the form has {names}"
        sent: list[tuple[str, str]] = []
        for control in form.controls:
            if control.kind == "button":
                continue
            value = fields.get(control.name, control.value)
            assert value or not (control.required and pressed.validates), f"{control.name} must be filled in"
            sent.append((control.name, value))
        if pressed.name:
            sent.append((pressed.name, pressed.value))
        # Browsers send every line break in a field as CR LF.
        body = httpx2.QueryParams(
            [(name, value.replace("\r\n", "\n").replace("\n", "\r\n")) for name, value in sent if name]
        )
        assert form.method == "post"
        answer = self._client.post(
            urljoin(self.url, form.action),
            content=str(body),
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "text/html,*/*;q=0.8"},
        )
        page = Page(self._client, answer)
        if page.location is not None:
            self._check_policy(page.location)
        return page

    def _find(self, button: str) -> tuple[Form, Control]:
        for form in self.forms:
            for control in form.controls:
                if control.kind == "button" and button in " ".join(control.text.split()):
                    return form, control
        raise AssertionError(f"no button {button!r} among {self.buttons}")

    def _check_policy(self, location: str) -> None:
        """Chromium holds a form's redirect against the page's form-action as well."""
        policy = self.answer.headers["content-security-policy"]
        allowed = next(part for part in policy.split("; ") if part.startswith("form-action ")).split()[1:]
        parts = urlsplit(location)
        assert {f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}:"} & set(allowed), (location, allowed)


def open_page(client: httpx2.Client, url: str) -> Page:
    """Go to a URL as somebody who typed it into a browser."""
    return Page(client, client.get(url, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}))
