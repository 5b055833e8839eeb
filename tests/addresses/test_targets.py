"""Which URL is really called, and when being in a container explains that nobody is there."""

from __future__ import annotations

import pytest

from mockserver.delivery.targets import Targets, in_container
from mockserver.errors import Invalid

DOCKER = "localhost=host.docker.internal"


@pytest.mark.parametrize(
    ("rules", "url", "reached"),
    [
        ([], "http://localhost:3000/a?b=c", "http://localhost:3000/a?b=c"),
        ([DOCKER], "http://localhost:3000/a?b=c", "http://host.docker.internal:3000/a?b=c"),
        ([DOCKER], "http://LOCALHOST/a", "http://host.docker.internal/a"),
        ([DOCKER], "https://localhost/a", "https://host.docker.internal/a"),
        ([DOCKER], "http://user:pw@localhost:1/", "http://user:pw@host.docker.internal:1/"),
        ([DOCKER], "http://127.0.0.1:3000/a", "http://127.0.0.1:3000/a"),
        ([DOCKER], "http://localhost.test:3000/a", "http://localhost.test:3000/a"),
        (["localhost:3000=plugin"], "http://localhost:3000/a", "http://plugin:3000/a"),
        (["localhost:3000=plugin"], "http://localhost:3001/a", "http://localhost:3001/a"),
        (["localhost:3000=plugin:80"], "http://localhost:3000/a", "http://plugin:80/a"),
        (["localhost:80=plugin:8080"], "http://localhost/a", "http://plugin:8080/a"),
        (["localhost:443=plugin:8443"], "https://localhost/a", "https://plugin:8443/a"),
        (["localhost:3000=a", "localhost=b"], "http://localhost:3000/", "http://a:3000/"),
        (["localhost:3000=a", "localhost=b"], "http://localhost:4000/", "http://b:4000/"),
        (["[::1]=[2001:db8::1]"], "http://[::1]:3000/a", "http://[2001:db8::1]:3000/a"),
        (["a=b", "b=c"], "http://a/", "http://b/"),
        ([DOCKER], "", ""),
        ([DOCKER], "nonsense", "nonsense"),
        ([DOCKER], "http://localhost:port/", "http://localhost:port/"),
        ([DOCKER], "http://[broken/", "http://[broken/"),
    ],
)
def test_the_first_rule_that_fits_rewrites_the_host_and_nothing_else(rules, url, reached):
    assert Targets(rules).reach(url) == reached


@pytest.mark.parametrize(
    "rule", ["", "localhost", "localhost=", "=b", "http://a=b", "a=b/c", "a:x=b", "a=b:0", "a=b:70000", "a b=c", "[a=b"]
)
def test_a_rule_that_is_none_is_told(rule):
    with pytest.raises(Invalid, match="such as localhost=host"):
        Targets([rule])


@pytest.mark.parametrize(
    ("url", "contained", "advised"),
    [
        ("http://localhost:3000/a", True, True),
        ("http://127.0.0.1:3000/a", True, True),
        ("http://[::1]:3000/a", True, True),
        ("http://plugin.localhost:3000/a", True, True),
        ("http://localhost:3000/a", False, False),
        ("http://plugin:3000/a", True, False),
        ("http://10.0.0.1:3000/a", True, False),
        ("nonsense", True, False),
    ],
)
def test_only_loopback_in_a_container_gets_advice(url, contained, advised):
    advice = Targets(contained=lambda: contained).advice(url)
    assert (advice is not None) == advised
    if advice is not None:
        assert "--map-host" in advice
        assert "=host.docker.internal" in advice


@pytest.mark.parametrize(
    ("file", "content", "environment", "contained"),
    [
        (None, "", {}, False),
        (".dockerenv", "", {}, True),
        ("run/.containerenv", "", {}, True),
        ("proc/1/cgroup", "0::/init.scope\n", {}, False),
        ("proc/1/cgroup", "1:name=systemd:/docker/0123abc\n", {}, True),
        ("proc/1/cgroup", "0::/kubepods.slice/kubepods-pod1.slice\n", {}, True),
        (None, "", {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, True),
    ],
)
def test_a_container_is_known_by_its_marks(tmp_path, file, content, environment, contained):
    if file is not None:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content)
    assert in_container(tmp_path, environment) is contained
