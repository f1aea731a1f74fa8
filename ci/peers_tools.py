"""How the three tools are started, each on the same dump; used by peers.py and peers_bench.py."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")
LIMIT = 300  # seconds that a tool may take


class Tools:
    """The three tools, each with its own home so that nothing of the user's is read or written."""

    def __init__(self, options):
        self.work = options.work.resolve()
        self.venv = options.venv.resolve()
        self.symbols = options.symbols.resolve()
        self.stopcode = str(options.stopcode.resolve())
        home = self.work / "home"
        home.mkdir(parents=True, exist_ok=True)
        # ntoseye has no switch to stay offline: a proxy that is not there refuses at once.
        proxy = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
        self.env = {**os.environ, **proxy, "HOME": str(home), "NO_COLOR": "1"}

    def ours(self, dump, symbols=None):
        return [self.stopcode, "analyze", str(dump), "--offline", "--symbols", str(symbols or self.symbols),
                "--message-format", "json"]

    def triage(self, folder, symbols):
        return [self.stopcode, "triage", str(folder), "--offline", "--symbols", str(symbols), "--jobs", "2",
                "--message-format", "json"]

    def ntoseye(self, dump, commands="!analyze -v"):
        return [
            str(self.venv / "bin/ntoseye"), "--dump", str(dump), "--sympath-append", str(self.symbols),
            "--batch", "-c", commands,
        ]

    def volatility(self, dump, plugin, renderer="quick"):
        return [
            str(self.venv / "bin/vol"), "--offline", "-q", "-r", renderer,
            "--cache-path", str(self.work / "cache"), "-s", str(self.work / "isf"), "-f", str(dump), plugin,
        ]

    def run(self, command):
        """(exit code, standard output, standard error)"""
        try:
            done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=LIMIT,
                                  stdin=subprocess.DEVNULL, errors="replace")
        except subprocess.TimeoutExpired:
            return None, "", f"no end within {LIMIT} s"
        return done.returncode, ANSI.sub("", done.stdout), ANSI.sub("", done.stderr)

    def convert_symbols(self):
        """Our kernel's PDB as volatility3's symbol table, by its own pdbconv."""
        import volatility3
        pdbconv = Path(volatility3.__file__).parent / "framework/symbols/windows/pdbconv.py"
        # Not the name under which volatility3 would store a download: a failed one removes the file.
        table = self.work / "isf/windows/tinynt.json.xz"
        # volatility3 remembers which file holds which symbols, also when the file has changed.
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        (self.work / "cache").mkdir()
        table.parent.mkdir(parents=True, exist_ok=True)
        pdb = self.symbols / "tinynt/symbols/ntkrnlmp.pdb"
        code, _, error = self.run([sys.executable, str(pdbconv), "-f", str(pdb), "-p", pdb.name, "-o", str(table)])
        return None if code == 0 else (error.strip().splitlines() or ["no reason given"])[-1]

    def versions(self):
        from importlib.metadata import version
        return {name: version(name) for name in ("ntoseye", "volatility3")}
