"""Whole commands side by side: a full dump, real minidumps and a folder of a thousand of them.

Started by peers.py with --bench. Prints medians and ratios; nothing is asserted.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

ROUNDS = 9
COPIES = (100, 1000, 5000)
TRIAGE_ROUNDS = 3


def bench(tools, dumps, minidumps):
    scenario, dump = ("spinlock-hog", dumps["spinlock-hog"]) if "spinlock-hog" in dumps else next(iter(dumps.items()))
    size = dump.stat().st_size / 2**20
    beside(tools, f"{scenario}, a dump of {size:.0f} MiB", {
        "stopcode analyze": tools.ours(dump),
        "ntoseye !analyze -v": tools.ntoseye(dump),
        "volatility3 windows.crashinfo": tools.volatility(dump, "windows.crashinfo"),
    })
    if minidumps is None:
        print("\nminidumps: not measured, no folder was given by --minidumps")
        return
    files = sorted(minidumps.glob("**/*.dmp"))
    for file in files:
        size = file.stat().st_size / 2**20
        beside(tools, f"{file.name}, a minidump of {size:.1f} MiB", {
            "stopcode analyze": tools.ours(file, minidumps),
            "ntoseye !analyze -v": tools.ntoseye(file),
            "volatility3 windows.crashinfo": tools.volatility(file, "windows.crashinfo"),
        })
    if files:
        triage(tools, files, minidumps)


def beside(tools, title, commands):
    """Prints one row a command; the commands take turns, and the first round only fills caches."""
    results = {name: [] for name in commands}
    failed = {}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            if name in failed:
                continue
            seconds, cpu, mebibytes, exit_code = measured(command, tools.env)
            if exit_code != 0:
                failed[name] = exit_code
            elif number:
                results[name].append((seconds, cpu, mebibytes))
    ours = next(iter(commands))
    if ours in failed:
        sys.exit(f"ci/peers: {ours} ends with exit code {failed[ours]}: {title}")
    print(f"\n{title}; whole commands, {ROUNDS} rounds in turn, medians")
    print(f"{'':32} {'seconds':>8} {'min':>7} {'max':>7} {'CPU s':>7} {'peak MiB':>9} {'times ours':>11}")
    for name, runs in results.items():
        if name in failed:
            print(f"{name:32} does not read it: exit code {failed[name]}")
            continue
        seconds = [run[0] for run in runs]
        ratio = statistics.median(run[0] / own[0] for run, own in zip(runs, results[ours]))
        cpu, peak = (statistics.median(run[index] for run in runs) for index in (1, 2))
        print(f"{name:32} {statistics.median(seconds):8.3f} {min(seconds):7.3f} {max(seconds):7.3f} "
              f"{cpu:7.3f} {peak:9.1f} {ratio:11.1f}")


def triage(tools, files, symbols):
    """Folders of copies, each with other bytes; `cat` of the same files is the floor."""
    folder = tools.work / "triage"
    print(f"\nstopcode triage of copies with changed bytes, 2 jobs, {TRIAGE_ROUNDS} rounds, medians")
    print(f"{'files':>6} {'MiB':>7} {'seconds':>8} {'min':>7} {'max':>7} {'files/s':>8} {'peak MiB':>9} {'times cat':>10}")
    for count in COPIES:
        shutil.rmtree(folder, ignore_errors=True)
        total = copies(files, count, folder)
        names = sorted(str(file) for file in folder.iterdir())
        runs = []
        for _ in range(TRIAGE_ROUNDS):
            floor, *_ = measured(["cat", *names], tools.env)
            seconds, _, peak, exit_code = measured(tools.triage(folder, symbols), tools.env)
            if exit_code != 0:
                sys.exit(f"ci/peers: stopcode triage ends with exit code {exit_code}")
            runs.append((seconds, peak, seconds / floor))
        seconds = [run[0] for run in runs]
        median, peak, ratio = (statistics.median(run[index] for run in runs) for index in range(3))
        print(f"{count:6} {total / 2**20:7.0f} {median:8.3f} {min(seconds):7.3f} {max(seconds):7.3f} "
              f"{count / median:8.0f} {peak:9.1f} {ratio:10.1f}")
    shutil.rmtree(folder)


def copies(files, count, folder):
    """Writes `count` copies of the files in turn, each with its number in the first parameter of the stop.

    Returns the bytes written. The parameter stands at offset 0x40 of a 64-bit dump's header.
    """
    folder.mkdir(parents=True)
    total = 0
    for number in range(count):
        data = bytearray(files[number % len(files)].read_bytes())
        data[0x40:0x44] = number.to_bytes(4, "little")
        (folder / f"{number:05}.dmp").write_bytes(data)
        total += len(data)
    return total


def measured(command, env):
    """(seconds, seconds of processor time, peak resident MiB, exit code) of a whole command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - start, cpu, usage.ru_maxrss / 1024, child.returncode
