"""The certificate authority: made once, kept, shared by processes, and never replaced behind anybody's back."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mockserver import tls
from mockserver.errors import Invalid, MockserverError
from mockserver.settings import Settings


def test_it_is_made_once_and_found_again(state):
    first, second = tls.Authority.open(state), tls.Authority.open(state)
    assert first.certificate == second.certificate == first.path.read_bytes()
    assert first.path == state / "ca" / "certificate.pem"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_its_key_is_for_its_owner_only_and_its_certificate_for_everybody(state):
    folder = tls.Authority.open(state).path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert (modes["key.pem"], modes["ca"]) == (0o600, 0o755)
    assert modes["certificate.pem"] & 0o400


def test_of_processes_that_make_one_at_the_same_time_all_end_with_the_same(state):
    code = "import sys; from pathlib import Path; from mockserver.tls import Authority; "
    code += "sys.stdin.read(1); print(Authority.open(Path(sys.argv[1])).certificate.decode())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    shown = {process.communicate(timeout=30)[0] for process in started}
    assert len(shown) == 1
    assert "BEGIN CERTIFICATE" in shown.pop()
    assert [path.name for path in state.iterdir()] == ["ca"]


def test_one_that_appears_while_another_is_made_wins(state, monkeypatch):
    theirs = tls.Authority.open(state / "theirs")
    rename = os.rename

    def slower(source, target):
        rename(state / "theirs" / "ca", target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", slower)
    ours = tls.Authority.open(state / "ours")
    assert ours.certificate == theirs.certificate


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("certificate.pem", b"", "cannot be read"),
        ("certificate.pem", b"rubbish", "cannot be read"),
        ("key.pem", b"rubbish", "cannot be read"),
        ("key.pem", None, "cannot be kept"),
    ],
)
def test_a_damaged_one_is_told_and_left_alone(state, file, content, told):
    path = tls.Authority.open(state).path.parent / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(MockserverError, match=told) as caught:
        tls.Authority.open(state)
    assert str(state) in str(caught.value)
    assert content is None or path.read_bytes() == content


def test_a_key_that_belongs_to_another_certificate_is_told(state):
    one, other = tls.Authority.open(state / "one"), tls.Authority.open(state / "other")
    one.path.with_name("key.pem").write_bytes(other.path.with_name("key.pem").read_bytes())
    with pytest.raises(MockserverError, match="belongs to another certificate"):
        tls.Authority.open(state / "one")


def test_an_expired_one_is_told_because_its_successor_must_be_trusted_anew(state):
    tls.Authority.open(state)
    with pytest.raises(MockserverError, match=r"expired on 3000-01-01\. Move it away"):
        tls.Authority.open(state, now=lambda: datetime(3000, 1, 2, tzinfo=UTC))


def test_where_it_cannot_be_kept_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MockserverError, match="--tls-dir DIR"):
        tls.Authority.open(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(tls_dir="/a", data="/b"), Path("/a")),
        (Settings(data="/b"), Path("/b/tls")),
        (Settings(), Path("/state/motar-mockserver/tls")),
    ],
)
def test_it_is_kept_where_the_settings_say(monkeypatch, settings, expected):
    monkeypatch.setattr(tls, "_state_directory", lambda platform, environment: Path("/state"))
    assert tls.directory(settings) == expected


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_STATE_HOME": "/x"}, Path("/x")),
        ("linux", {}, Path("/home/me/.local/state")),
        ("darwin", {"XDG_STATE_HOME": "/x"}, Path("/home/me/Library/Application Support")),
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l")),
        ("win32", {}, Path("/home/me/AppData/Local")),
    ],
)
def test_each_system_has_its_own_place_for_a_users_state(monkeypatch, platform, environment, expected):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    assert tls._state_directory(platform, environment) == expected


def test_a_user_without_a_home_is_told_what_to_do(monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(MockserverError, match="--tls-dir DIR"):
        tls._state_directory("linux", {})


@pytest.mark.parametrize(
    ("settings", "hosts", "more"),
    [
        (Settings(), (), set()),
        (Settings(), ("api.motar.io", "{tenant}.getos1.com"), {"api.motar.io", "*.getos1.com"}),
        (Settings(host="0.0.0.0"), (), set()),
        (Settings(host="::"), (), set()),
        (Settings(host="192.0.2.1"), (), {"192.0.2.1"}),
        (Settings(public_url="https://Mock.test:8443/x"), (), {"mock.test"}),
        (Settings(tls_host=("emulator", "2001:db8::1")), (), {"emulator", "2001:db8::1"}),
    ],
)
def test_the_names_are_ours_the_vendors_and_those_it_was_given(settings, hosts, more):
    own = {"localhost", "127.0.0.1", "::1", "*.localhost", "host.docker.internal"}
    assert set(tls.names(settings, hosts)) == own | more


@pytest.mark.parametrize("name", ["", "https://x.test", "x.test:1", "a b", "-x", "x..y", "*", "x" * 64, "*.*.x"])
def test_a_name_that_is_none_is_told(name):
    with pytest.raises(Invalid, match="is no host name and no address"):
        tls.names(Settings(tls_host=(name,)), ())
