"""Plantcast and its peers on the ten-machine line: interleaved rounds on one core, medians of CPU time, ratios.

Usage: compare.py [ROUNDS]. Needs `pip install simpy`, cargo and taskset. Builds what it runs. A round in which a throughput
lies outside 3 standard errors of the line's own (0.6408 parts/min) makes the whole comparison void."""
import json
import math
import pathlib
import resource
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Throughput of the line [parts/min]: the recursion of departure times in an independent program, 6 runs of 1e8 parts.
EXACT = 0.6408
# Standard error over T minutes is SIGMA / sqrt(T): the spread of 80 batches of 240,000 min (test `scenes::line10_…`).
SIGMA = 1.5


def built(arguments, folder, name):
    out = subprocess.run(["cargo", *arguments, "--message-format=json"], cwd=folder, check=True, capture_output=True, text=True)
    made = [json.loads(line) for line in out.stdout.splitlines()]
    return [m["executable"] for m in made if m.get("executable") and m["target"]["name"] == name][-1]


def cpu():
    """CPU seconds of all finished children: fair when other work shares the core."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    ours = built(["bench", "--no-run", "--no-default-features", "--bench", "line10"], ROOT, "line10")
    nexosim = built(["build", "--release"], HERE / "nexosim_line", "nexosim_line")
    engines = {  # name: command, minutes
        "plantcast": ([ours], 2_000_000),
        "simpy": ([sys.executable, str(HERE / "simpy_line.py")], 60_000),
        "nexosim": ([nexosim], 400_000),
    }
    rates = {name: [] for name in engines}
    for at in range(rounds):
        for name, (command, minutes) in engines.items():
            before = cpu()
            line = subprocess.run(["taskset", "-c", "0", *command, str(minutes), str(at + 1)], check=True, capture_output=True, text=True).stdout
            got = json.loads(line)
            error = SIGMA / math.sqrt(minutes)
            if abs(got["throughput"] - EXACT) > 3 * error:
                sys.exit(f"void: {name} makes {got['throughput']:.5f} parts/min, not {EXACT} ± {3 * error:.5f}")
            # SimPy counts its own CPU time, without the start of the interpreter
            rates[name].append(got["operations"] / (got["seconds"] if name == "simpy" else cpu() - before))
            print(f"round {at + 1} {name:10} {got['throughput']:.5f} parts/min {rates[name][-1]:14,.0f} operations/s")
    medians = {name: statistics.median(r) for name, r in rates.items()}
    for name, rate in medians.items():
        print(f"median {name:10} {rate:14,.0f} operations/s; plantcast is {medians['plantcast'] / rate:.1f} times as fast")


main()
