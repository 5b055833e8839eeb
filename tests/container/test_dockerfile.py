"""The image is built where there is an engine; here its instructions are carried out one by one without any."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]


def _of(name: str) -> list[str]:
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


def test_the_last_stage_is_slim_runs_as_nobody_and_says_how_it_is():
    stages = _of("FROM")
    assert len(stages) == 2
    assert all("-slim" in stage for stage in stages)
    assert _of("USER")[-1].isdigit()
    assert _of("USER")[-1] != "0"
    assert _of("VOLUME") == ["/data"]
    assert "8600" in _of("EXPOSE")[0].split()
    assert "org.opencontainers.image.title" in _of("LABEL")[0]
    assert "mockserver" in _of("HEALTHCHECK")[0]


def test_nothing_is_copied_that_the_ignore_file_leaves_out():
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [word for rest in _of("COPY") if not rest.startswith("--") for word in rest.split()[:-1]]
    assert set(copied) <= set(kept)
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.timeout(300)
def test_the_build_stage_and_the_health_check_work_in_a_clean_environment(tmp_path):
    """COPY and RUN of the build stage in an empty folder, then CMD and HEALTHCHECK with what it installed."""
    source, target = tmp_path / "src", tmp_path / "mockserver"
    source.mkdir()
    for rest in _of("COPY")[:5]:
        *names, _ = rest.split()
        for name in names:
            origin = ROOT / name
            if origin.is_dir():
                shutil.copytree(origin, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, source / name)
    command = (
        _of("RUN")[0].replace("/opt/mockserver", str(target)).replace("python -m venv", f"{sys.executable} -m venv")
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_FIND_LINKS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    subprocess.run(["sh", "-ec", command], cwd=source, env=environment, check=True, timeout=240)

    data, ready = tmp_path / "data", tmp_path / "ready"
    data.mkdir()
    environment = {
        "PATH": f"{target / 'bin'}:{os.environ['PATH']}",
        "MOTAR_MOCK_DATA": str(data),
        "MOTAR_MOCK_HOST": "0.0.0.0",
        "MOTAR_MOCK_PORT": "0",
        "MOTAR_MOCK_READY_FILE": str(ready),
    }
    [entry] = [json.loads(rest) for rest in _of("ENTRYPOINT")]
    [arguments] = [json.loads(rest) for rest in _of("CMD")]
    process = subprocess.Popen([*entry, *arguments], cwd=data, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("mockserver ready: "):
                break
        url = line.split()[-1]
        check = json.loads(re.search(r"CMD (\[.*\])", _of("HEALTHCHECK")[0])[1])  # type: ignore[index]
        check[check.index("--url") + 1] = url
        health = subprocess.run(check, env=environment, capture_output=True, text=True, timeout=50)
    finally:
        process.terminate()
        process.communicate(timeout=50)
    assert health.returncode == 0, health.stderr
    assert process.returncode == 0


def test_hadolint_has_nothing_to_say():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_compose_file_speaks_of_options_that_exist():
    from mockserver.checking import yaml
    from mockserver.settings import ENVIRONMENT_PREFIX, Settings

    value = yaml.read((ROOT / "compose.yaml").read_text(), "compose.yaml").value
    assert isinstance(value, dict)
    variables = value["services"]["mockserver"]["environment"]
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.__struct_fields__}
    assert set(variables) <= known
    plugin = value["services"]["plugin"]
    shown = subprocess.run(
        [sys.executable, "-m", plugin["entrypoint"][2], "--help"], capture_output=True, text=True, check=True
    ).stdout
    for flag in shlex.split(" ".join(plugin["command"])):
        assert not flag.startswith("--") or flag in shown
    for variable in plugin["environment"]:
        assert variable in shown or "--" + variable.removeprefix("PLUGIN_").lower().replace("_", "-") in shown
