"""The examples in the README's section on the network print what it says they print."""

import re
import subprocess
import sys
from pathlib import Path

import vtloop

README = Path(vtloop.__file__).parents[1] / "README.md"
SECTION = README.read_text("utf-8").partition("\n### The network\n")[2].partition("\n## ")[0]
FIRST, SECOND = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


def test_a_connection_between_two_hosts_takes_as_long_as_it_says(capsys):
    exec(compile(FIRST, "<README.md>", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out == f"{FIRST.rstrip().rpartition('# ')[2]}\n"


def test_a_client_of_httpx_gets_through_a_partition_from_a_server_of_aiohttp(tmp_path):
    (tmp_path / "bank.py").write_text(SECOND)
    (console,) = re.findall(r"```console\n\$ vtloop (.*?)\n(.*?)```", SECTION, re.DOTALL)
    command = [sys.executable, "-m", "vtloop", *console[0].split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (console[1], "")
