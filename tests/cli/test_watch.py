"""`mockserver serve --scenarios --watch`, as a process whose files are written as editors and tools do."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver import resources
from tests.support import PLAIN


def text(name: str, title: str = "It starts") -> str:
    return f"name: {name}\nsteps:\n  - title: {title}\n    action: motar.start_ato_request\n"


def fixture(app: str) -> str:
    return resources.read("fixtures", "motar/quickstart").text.replace("Flight Deck Trainer", app)


class Watched:
    """A server that follows files, and what its control API says of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=f"{url}/_mock/", timeout=20, **PLAIN)

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def kept(self) -> dict[str, str]:
        listed = self.http.get("scenarios").json()["scenarios"]
        names = [each["name"] for each in listed if each["kept"] == "library"]
        answers = {name: self.http.get(f"scenarios/{name}") for name in names}
        # One may go between the list and the question.
        return {name: answer.json()["text"] for name, answer in answers.items() if answer.status_code == 200}

    def broken(self) -> dict[str, dict[str, Any]]:
        return {each["file"]: each for each in self.http.get("scenarios").json()["broken"]}

    def versions(self, name: str) -> list[int]:
        return [each["version"] for each in self.http.get(f"scenario-versions/{name}").json()["versions"]]

    def run(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.post("worlds/default/runs", json={"scenario": name}).json()
        return found

    def apps(self, world: str = "default") -> list[str]:
        documents = self.http.get(f"worlds/{world}/documents/motar.apps").json()["documents"]
        return [each["name"] for each in documents]


def soon(check: Callable[[], Any], within: float = 15) -> Any:
    deadline = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def replace(path: Path, content: str) -> None:
    """As editors save: written beside and renamed over."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(content)
    os.replace(beside, path)


def test_scenario_files_are_followed_however_they_are_written(serve: Any, tmp_path: Path) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    one, two = folder / "one.yaml", folder / "two.yaml"
    one.write_text(text("mine/one", "First"))
    (folder / "notes.txt").write_text("no scenario")
    with (
        serve("--scenarios", "flows", "--watch", "--log-format", "text", PYTHONASYNCIODEBUG="1") as served,
        Watched(served.url) as server,
    ):
        assert server.kept() == {"mine/one": text("mine/one", "First")}
        assert server.http.get("health").json()["broken_files"] == []

        replace(one, text("mine/one", "Renamed over"))
        soon(lambda: "Renamed over" in server.kept()["mine/one"])
        assert server.versions("mine/one") == [1, 2]
        os.utime(one)

        # In two writes, the first of which is no scenario yet.
        whole = text("mine/one", "In two writes")
        with one.open("w") as file:
            file.write(whole[:30])
            file.flush()
            time.sleep(0.05)
            file.write(whole[30:])
        soon(lambda: server.kept()["mine/one"] == whole)

        one.write_text(text("mine/one").replace("action", "acton"))
        broken = soon(lambda: server.broken().get("flows/one.yaml"))
        assert broken["scenario"] == "mine/one"
        assert "flows/one.yaml:3:5: $.steps[0]: expected one of the keys 'action'" in broken["problems"][0]
        assert server.kept() == {"mine/one": whole}
        assert server.http.get("health").json()["broken_files"] == ["flows/one.yaml"]
        run = server.run("mine/one")
        assert (run["outcome"], run["steps"][0]["title"]) == ("passed", "In two writes")
        assert run["warnings"][0] == "flows/one.yaml is newer and cannot be used, so this was what it was before."

        one.write_bytes(b"name: mine/one\nsummary: caf\xe9\n")
        soon(lambda: "the byte 0xe9" in server.broken()["flows/one.yaml"]["problems"][0])
        one.unlink()
        one.mkdir()
        soon(lambda: server.kept() == {} and server.broken() == {})
        (one / "inside.yaml").write_text(text("mine/inside"))
        soon(lambda: list(server.kept()) == ["mine/inside"])
        shutil.rmtree(one)
        one.write_text(text("mine/one", "Made anew"))
        soon(lambda: server.kept() == {"mine/one": text("mine/one", "Made anew")})
        assert "warnings" not in server.run("mine/one")

        two.write_text(text("mine/one", "A copy"))
        assert "flows/one.yaml has this one, got 'mine/one'" in str(soon(lambda: server.broken().get("flows/two.yaml")))
        assert "Made anew" in server.kept()["mine/one"]
        one.unlink()
        soon(lambda: "A copy" in server.kept()["mine/one"] and server.broken() == {})
        two.write_text(text("mine/other"))
        soon(lambda: list(server.kept()) == ["mine/other"])

        deep = folder / "new" / "deep"
        deep.mkdir(parents=True)
        (deep / "three.yaml").write_text(text("mine/three"))
        soon(lambda: "mine/three" in server.kept())
        (deep / "three.yaml").write_text(text("mine/three", "Once more"))
        soon(lambda: "Once more" in server.kept()["mine/three"])

        for n in range(50):
            replace(folder / f"burst-{n}.yaml", text(f"burst/n{n}"))
        soon(lambda: len([name for name in server.kept() if name.startswith("burst/")]) == 50)
        assert server.versions("burst/n7") == [1]

        shutil.rmtree(folder)
        soon(lambda: server.kept() == {})
        folder.mkdir()
        (folder / "back.yaml").write_text(text("mine/back"))
        soon(lambda: list(server.kept()) == ["mine/back"])
        (folder / "back.yaml").write_text(text("mine/back", "Followed still"))
        soon(lambda: "Followed still" in server.kept()["mine/back"])

        server.http.put("scenarios/mine/back", json={"text": text("mine/back", "By hand")}).raise_for_status()
        (folder / "back.yaml").unlink()
        (folder / "last.yaml").write_text(text("mine/last"))
        soon(lambda: "mine/last" in server.kept())
        assert "By hand" in server.kept()["mine/back"]

        began = time.monotonic()
        code, _, err = served.stop()
        took = time.monotonic() - began
    assert (code, "Traceback" in err) == (0, False), err
    assert took < 2
    assert re.search(
        r"warning flows/one\.yaml cannot be used; mine/one stays as it last was\n"
        r"    flows/one\.yaml:3:5: \$\.steps\[0\]: expected one of the keys .*did you mean 'action'\?\)\n",
        err,
    ), err
    assert re.search(r"flows/one\.yaml is gone, and mine/one with it\n", err)
    assert re.search(r"flows/two\.yaml is mine/other, version 1\n", err)


def test_a_fixture_file_is_followed_and_the_world_default_starts_over_with_it(serve: Any, tmp_path: Path) -> None:
    file = tmp_path / "yard.yaml"
    file.write_text(fixture("First"))
    with serve("--fixture", "yard.yaml", "--watch", "--log-format", "json") as served, Watched(served.url) as server:
        server.http.post("worlds", json={"name": "before"}).raise_for_status()
        assert server.apps() == ["First"]
        os.utime(file)
        replace(file, fixture("Second"))
        soon(lambda: server.apps() == ["Second"])
        assert server.apps("before") == ["First"]
        server.http.post("worlds/default/reset").raise_for_status()
        assert server.apps() == ["Second"]

        file.write_text("organizations:\n- nam: Nobody\n")
        soon(lambda: server.http.get("health").json()["broken_files"] == ["yard.yaml"])
        server.http.post("worlds", json={"name": "meanwhile"}).raise_for_status()
        assert (server.apps(), server.apps("meanwhile")) == (["Second"], ["Second"])
        file.unlink()
        server.http.post("worlds", json={"name": "without"}).raise_for_status()
        replace(file, fixture("Third"))
        soon(lambda: server.apps() == ["Third"])
        assert server.http.get("health").json()["broken_files"] == []
        _, _, err = served.stop()
    lines = [json.loads(line) for line in err.splitlines()]
    told = next(line for line in lines if line["message"] == "yard.yaml cannot be used; the last good one stays")
    assert (told["level"], told["details"][0][:15]) == ("warning", "yard.yaml:2:3: ")
    restarts = [line for line in lines if "was started over" in line["message"]]
    assert len(restarts) == 2


def test_the_workflow_of_a_fixture_is_followed_as_well(serve: Any, tmp_path: Path) -> None:
    shipped, beside = resources.shelf("fixtures") / "akana", tmp_path / "workflows"
    beside.mkdir()
    business = (shipped / "business.yaml").read_text()
    for name in ("promotion.xml", "deletion-approval.xml"):
        shutil.copy(shipped / name, beside)
        business = business.replace(name, f"workflows/{name}")
    (tmp_path / "business.yaml").write_text(business)
    promotion = (beside / "promotion.xml").read_text()
    with serve("--fixture", "business.yaml", "--watch") as served, Watched(served.url) as server:

        def step() -> str:
            versions = server.http.get("worlds/default").json()["akana"]["app_versions"]
            return str({each["step"] for each in versions})

        assert "Setup" in step()
        (beside / "promotion.xml").write_text("<workflow>")
        soon(lambda: server.http.get("health").json()["broken_files"] == ["business.yaml"])
        server.http.post("worlds", json={"name": "meanwhile"}).raise_for_status()
        assert "Setup" in step()
        (beside / "promotion.xml").write_text(promotion.replace('name="Setup"', 'name="Beginning"'))
        soon(lambda: "Beginning" in step())
        _, _, err = served.stop()
    assert "promotion.xml" in err


def test_files_make_no_versions_at_a_start_and_one_that_went_meanwhile_leaves(serve: Any, tmp_path: Path) -> None:
    folder, data = tmp_path / "flows", ("--scenarios", "flows", "--data", "data")
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / f"{name}.yaml").write_text(text(f"mine/{name}"))
    with serve(*data) as served, Watched(served.url) as server:
        server.http.post("scenarios", json={"text": text("mine/imported")}).raise_for_status()
        served.stop()
    (folder / "one.yaml").unlink()
    (folder / "two.yaml").write_text("name: [")
    with serve(*data, "--watch") as served, Watched(served.url) as server:
        assert sorted(server.kept()) == ["mine/imported", "mine/three", "mine/two"]
        assert server.versions("mine/three") == [1]
        assert server.broken()["flows/two.yaml"]["scenario"] == "mine/two"
        (folder / "three.yaml").write_text(text("mine/three", "Changed"))
        soon(lambda: server.versions("mine/three") == [1, 2])
        served.stop()


def test_what_is_mended_is_told_also_when_it_says_nothing_new(serve: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "flows" / "one.yaml", tmp_path / "flows" / "two.yaml"
    one.parent.mkdir()
    one.write_text(text("mine/one"))
    with serve("--scenarios", "flows", "--watch", "--log-format", "text") as served, Watched(served.url) as server:
        for content in (text("mine/one").replace("action", "acton"), text("mine/one")[:20], "name: ["):
            two.write_text(text("mine/one", "A copy"))
            soon(lambda: "flows/two.yaml" in server.broken())
            replace(one, content)
            soon(lambda: "flows/one.yaml" in server.broken())
            replace(one, text("mine/one"))
            soon(lambda: list(server.broken()) == ["flows/two.yaml"])
            two.unlink()
            soon(lambda: server.broken() == {})
        two.write_text("name: [")
        soon(server.broken)
        two.unlink()
        soon(lambda: server.broken() == {})
        assert server.versions("mine/one") == [1]
        _, _, err = served.stop()
    assert len(re.findall(r"flows/one\.yaml can be used again; mine/one is what it was\n", err)) == 3, err
    assert len(re.findall(r" flows/two\.yaml is gone\n", err)) == 4, err
    assert "two.yaml can be used again" not in err
    assert "watchfiles" not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scenarios", "nowhere"), "--scenarios nowhere: there is no such file or folder."),
        (("--scenarios", "broken.yaml"), "What --scenarios names cannot be used:\n  broken.yaml:1:"),
        (("--watch",), "--watch has nothing to watch. Give --scenarios PATH, or a --fixture that is a file."),
    ],
)
def test_what_cannot_be_followed_stops_the_start(mockserver: Any, tmp_path: Path, arguments: Any, told: str) -> None:
    (tmp_path / "broken.yaml").write_text("name: [")
    done = mockserver("serve", "--port", "0", *arguments)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert done.stderr.count("cannot be used") <= 1


def test_each_of_several_files_that_stop_the_start_is_told_once(mockserver: Any, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(text("mine/one"))
    (tmp_path / "same.yaml").write_text(text("mine/one", "A copy"))
    (tmp_path / "typo.yaml").write_text(text("mine/two").replace("action", "acton"))
    done = mockserver("serve", "--port", "0", "--scenarios", ".", "--data", "data")
    assert done.returncode == 2
    assert done.stderr.count("same.yaml:1:1: $.name: expected a name of its own, and one.yaml has this one") == 1
    assert done.stderr.count("typo.yaml:3:5: $.steps[0]: ") == 1
    assert "start with --watch" in done.stderr


def test_the_list_and_a_run_say_that_a_newer_file_is_broken(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(text("mine/one"))
    # As in a container, where nobody tells of changes.
    with (
        serve("--scenarios", "one.yaml", "--watch", WATCHFILES_FORCE_POLLING="1") as served,
        Watched(served.url) as server,
    ):
        file.write_text("name: mine/one\nsteps: 1\n")
        soon(server.broken)
        at = ("--server", served.url)
        listed = mockserver("scenarios", "list", *at)
        run = mockserver("run", "mine/one", *at, "--junit", "junit.xml", "--json", "runs.json")
        served.stop()
    assert "one.yaml cannot be used; mine/one is what it was before:\n  one.yaml:2:1: $.steps" in listed.stderr
    assert run.returncode == 0
    assert "one.yaml is newer and cannot be used" in run.stdout
    assert re.search(r"PASSED .*; an older version, for its file is broken$", run.stdout.splitlines()[-1]), run.stdout
    assert "one.yaml is newer and cannot be used" in (tmp_path / "junit.xml").read_text()
    assert json.loads((tmp_path / "runs.json").read_text())["runs"][0]["warnings"][1].startswith("one.yaml:2:1: ")
