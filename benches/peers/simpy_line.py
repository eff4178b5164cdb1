"""The line of scenes/line10.scene.ron in SimPy: ten machines with exponential cycles (mean 1 min), failures by working time
(mean 100 min, the part in hand is resumed) and exponential repairs (mean 10 min); nine buffers of ten that begin with five
parts; blocking after service; the first machine is never starved, the last never blocked.

Usage: simpy_line.py MINUTES SEED. Prints one JSON line: throughput [parts/min], operations, seconds of CPU time."""
import json
import random
import sys
import time

import simpy

MACHINES, CAPACITY, FIRST_FILL, MTTF, MTTR = 10, 10, 5, 100.0, 10.0


def machine(env, draw, source, sink, made, index):
    life = draw(1.0 / MTTF)
    while True:
        if source is not None:
            yield source.get()
        work = draw(1.0)
        while life < work:  # fails before the part is finished
            work -= life
            yield env.timeout(life)
            yield env.timeout(draw(1.0 / MTTR))
            life = draw(1.0 / MTTF)
        life -= work
        yield env.timeout(work)
        made[index] += 1
        if sink is not None:
            yield sink.put(None)


def main():
    minutes, seed = float(sys.argv[1]), int(sys.argv[2])
    env, draw, made = simpy.Environment(), random.Random(seed).expovariate, [0] * MACHINES
    buffers = [simpy.Store(env, capacity=CAPACITY) for _ in range(MACHINES - 1)]
    for b in buffers:
        b.items.extend([None] * FIRST_FILL)
    for i in range(MACHINES):
        env.process(machine(env, draw, buffers[i - 1] if i else None, buffers[i] if i < MACHINES - 1 else None, made, i))
    began = time.process_time()
    env.run(until=minutes)
    print(json.dumps({"throughput": made[-1] / minutes, "operations": sum(made), "seconds": time.process_time() - began}))


main()
