"""Our verdicts beside those of ntoseye, and what volatility3 and ntoseye can read of TinyNT's dumps.

Started by ci/peers, which installs what this needs.
"""
import argparse
import json
import re
import sys
from pathlib import Path

from peers_bench import bench
from peers_tools import Tools


def main():
    options = arguments()
    tools = Tools(options)
    dumps = find_dumps(options.dumps)
    if not dumps:
        sys.exit(f"ci/peers: no memory.dmp below {options.dumps}")
    if options.mode == "bench":
        bench(tools, dumps, options.minidumps)
    else:
        text = table(tools, dumps)
        options.out.write_text(text)
        print(f"ci/peers: wrote {options.out}", file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["table", "bench"])
    for name in ("dumps", "stopcode", "venv", "work", "symbols", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minidumps", type=Path)
    return parser.parse_args()


def find_dumps(folder):
    """Scenario name -> its dump, from folders named `tinynt.<scenario>` as `stopcode run` keeps them."""
    dumps = {}
    for dump in sorted(folder.glob("**/memory.dmp")):
        name = re.sub(r"^[^.]+\.", "", dump.parent.name)
        scenario = next((part for part in name.split(".") if part), name)
        dumps.setdefault(scenario, dump.resolve())
    return dumps


def expected(scenario):
    """What the scenario's author says: (culprit's module, victims' modules)."""
    text = Path(f"scenarios/{scenario}.yaml").read_text()
    culprit = re.search(r"^\s*culprit:\s*\{module:\s*([^,}\s]+)", text, re.M)
    victims = re.search(r"^\s*victims:\s*\[([^\]]*)\]", text, re.M)
    names = [name.strip() for name in victims.group(1).split(",")] if victims else []
    return culprit and culprit.group(1), names


def stem(module):
    return re.sub(r"\.(sys|exe|dll)$", "", module.lower()).replace("_", "-")


def who(module, scenario, victims):
    """Whom a tool names, against what the scenario's author says."""
    culprit, also = expected(scenario)
    if module is None:
        return "nobody"
    if culprit and stem(module) == stem(culprit):
        return "**culprit**"
    if stem(module) in {stem(name) for name in (*also, *victims)}:
        return "victim"
    return "kernel" if stem(module) in ("nt", "ntoskrnl") else "other"


def ntoseye_verdict(text):
    """(bucket, culprit's module, confidence) of `!analyze -v`."""
    def field(name):
        found = re.search(rf"^\s*{name}\s\s+(\S.*?)\s*$", text, re.M)
        return found and found.group(1)
    culprit = field("culprit")
    if culprit and re.match(r"(unknown|none|-|not )", culprit):
        culprit = None
    return field("bucket"), culprit, field("confidence")


def code(text):
    return "`" + str(text).replace("|", "\\|").replace("`", "'") + "`" if text else "—"


def table(tools, dumps):
    versions = tools.versions()
    verdicts, tally = [], {"ours": 0, "ntoseye": 0}
    for scenario, dump in dumps.items():
        print(f"ci/peers: {scenario}", file=sys.stderr)
        exit_code, text, error = tools.run(tools.ours(dump))
        if exit_code != 0:
            sys.exit(f"ci/peers: stopcode analyze {dump}: {error}")
        verdict = json.loads(text)
        victims = [victim["module"] for victim in verdict["victims"] if victim["module"]]
        culprit = verdict["culprit"]
        module = culprit and culprit["module"]
        ours = who(module, scenario, victims)
        named = culprit and f"{module}!{culprit['function'] or '?'}"
        exit_code, text, error = tools.run(tools.ntoseye(dump))
        bucket, their_module, confidence = ntoseye_verdict(text)
        theirs = who(their_module, scenario, victims)
        if exit_code is None or not text.strip():
            theirs, bucket = "does not open it", (error.strip().splitlines() or ["no reason given"])[-1]
        tally["ours"] += ours == "**culprit**"
        tally["ntoseye"] += theirs == "**culprit**"
        verdicts.append([
            scenario, f"{verdict['bugcheck']['code_hex']}", code(expected(scenario)[0]),
            code(named), culprit["role"] if culprit else "—", verdict["confidence"], ours,
            code(their_module), confidence or "—", theirs, code(verdict["bucket"]), code(bucket),
        ])
    reads = readers(tools, dumps)
    total = len(verdicts)
    return PAGE.format(
        ntoseye=versions["ntoseye"], volatility=versions["volatility3"],
        who=markdown(["scenario", "stop", "to blame (scenario)", "Stopcode names", "role", "confidence", "that is",
                      "ntoseye names", "confidence", "that is"], [row[:10] for row in verdicts]),
        buckets=markdown(["scenario", "ours, as !analyze would write it", "ntoseye's"],
                         [[row[0], row[10], row[11]] for row in verdicts]),
        ours=tally["ours"], theirs=tally["ntoseye"], total=total,
        missing=missing(dumps), reads=reads,
    )


def missing(dumps):
    absent = sorted({path.stem for path in Path("scenarios").glob("*.yaml")} - set(dumps))
    if not absent:
        return ""
    return f"\nWithout a dump in this run, since its crash does not come in every run: {', '.join(absent)}.\n"


def rows(text):
    """Rows of volatility3's quick renderer: what follows the line of column names."""
    lines = [line for line in text.splitlines() if "\t" in line]
    return lines[1:]


def readers(tools, dumps):
    """What the two read of each dump, with our kernel's PDB."""
    problem = tools.convert_symbols()
    found = []
    for scenario, dump in dumps.items():
        _, text, _ = tools.run(tools.ntoseye(dump, "lm"))
        modules = len(re.findall(r"^[0-9a-f`]{16,17}\s+[0-9a-f`]{16,17}\s", text, re.M))
        _, text, _ = tools.run(tools.ntoseye(dump, "!process 0 2"))
        processes = len(re.findall(r"^PROCESS\s+[0-9a-f]{16}\b", text, re.M))
        threads = len(re.findall(r"^THREAD\s+[0-9a-f]{16}\b", text, re.M))
        row = [scenario, str(modules), str(processes), str(threads)]
        for plugin in ("windows.crashinfo", "windows.modules", "windows.pslist", "windows.threads"):
            if problem and plugin != "windows.crashinfo":
                row.append("—")
                continue
            _, text, error = tools.run(tools.volatility(dump, plugin))
            count = len(rows(text))
            row.append("opens" if count and plugin == "windows.crashinfo" else str(count))
        found.append(row)
    note = f"\nvolatility3's pdbconv does not take our PDB: {problem}\n" if problem else ""
    return note + markdown(["scenario", "ntoseye `lm`", "`!process`", "threads", "volatility3 crashinfo", "modules",
                            "pslist", "threads"], found)


def markdown(head, body):
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PAGE = """\
# Other tools on the same dumps

Written by `ci/peers`; run it to make the dumps, the comparison and this page anew. ntoseye {ntoseye} and volatility3
{volatility} from PyPI, offline, with the PDBs of TinyNT and of the test drivers. All dumps are of TinyNT, so this says how
the tools read these dumps, not how they do on Windows.

## Who is named

ntoseye is a debugger: its `!analyze -v` decodes the stop, shows the stack and names a culprit where it has one: the
module that faulted, the driver that has a power IRP, the driver that the owner of the PnP lock runs in. Who is to blame
is what the scenario's author wrote down (`expect.culprit` in `scenarios/`, which Stopcode's own tests assert); a *victim*
is a module that the scenario or the verdict lists as such, *nobody* means that no culprit is named.

{who}

The culprit's module is named by Stopcode in {ours} of {total} dumps, by ntoseye in {theirs} of {total}. The scenarios
were made for Stopcode, each with a trap, so the share says nothing about crashes in general.
{missing}
## Buckets

Ours is a guess at what WinDbg's `!analyze` would write, and never used as an identity.

{buckets}

## What they read

Lines listed by each command, with our kernel's PDB (for volatility3 through its own pdbconv). There is one process:
TinyNT has no user mode. Its registry is not laid out as Windows' is: plugins that read hives find none.

{reads}

What TinyNT's kernel image has because these tools look for it, as Windows' has it: a section `POOLCODE` with the pool
allocator's code, Microsoft's value in the first word of the DOS header, types at file scope in the PDB, `KdVersionBlock`, and the
types of Windows' PDB that volatility3 wants to exist (`_TOKEN`, `_MMVAD`, the registry's) although nothing in TinyNT uses
them.
"""


main()
