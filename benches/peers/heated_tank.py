"""The heated-tank benchmark by direct simulation with small fixed steps: independent of the engine, slow, simple.

Two control laws: "latch" (below 6 m: pumps on, valve shut; above 8 m: pumps off, valve open; between: unchanged; Marseguerra
& Zio's law as restated by Zhang et al. 2013) and "regions" (Aldemir's: 6..8 m is P1 on, P2 off, V on; it chatters once a unit
is stuck; here every step decides anew, so the step is its hysteresis).

Run: python3 benches/peers/heated_tank.py latch|regions [runs] [step_h] [seed]
"""
import sys
import numpy as np

LAW = sys.argv[1] if len(sys.argv) > 1 else "latch"
N = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
DT = float(sys.argv[3]) if len(sys.argv) > 3 else 0.02
rng = np.random.default_rng(int(sys.argv[4]) if len(sys.argv) > 4 else 1)

RATE = np.array([1 / 438, 1 / 350, 1 / 640])  # per hour, of both stuck modes together
B1, B2, BC, BD = 3.0295, 0.7578, 0.05756, 0.2301


def factor(t):
    return (B1 * np.exp(BC * (t - 20)) + B2 * np.exp(-BD * (t - 20))) / (B1 + B2)


h = np.full(N, 7.0)
T = np.full(N, 30.9261)
on = np.tile(np.array([True, False, True]), (N, 1))  # what control wants
stuck = np.zeros((N, 3), dtype=np.int8)  # 0 healthy, 1 stuck on, 2 stuck off
counts = np.zeros((3, 11), dtype=int)  # dry-out, overflow, hot by 0, 100, .. 1000 h
steps = int(round(1000 / DT))
for step in range(steps):
    if LAW == "latch":
        low, high = h <= 6.0, h >= 8.0
        on[low] = (True, True, False)
        on[high] = (False, False, True)
    else:
        on[:, 0] = h < 8.0
        on[:, 1] = h < 6.0
        on[:, 2] = h >= 6.0
    flow = np.where(stuck == 0, on, stuck == 1)
    pumps = flow[:, 0].astype(float) + flow[:, 1]
    slope = 1.5 * (pumps - flow[:, 2])
    mid = h + 0.5 * DT * slope
    k1 = (1.5 * pumps * (15 - T) + 23.88915) / h
    Tm = T + 0.5 * DT * k1
    T = T + DT * (1.5 * pumps * (15 - Tm) + 23.88915) / mid
    h = h + DT * slope
    fails = rng.random((len(h), 3)) < -np.expm1(-RATE * DT * factor(Tm)[:, None])
    fails &= stuck == 0
    if fails.any():
        stuck[fails] = rng.integers(1, 3, fails.sum())
    dry, over, hot = h <= 4.0, h >= 10.0, T >= 100.0
    done = dry | over | hot
    if done.any():
        bin = int(np.ceil((step + 1) * DT / 100 - 1e-9))
        counts[0, bin] += dry.sum()
        counts[1, bin] += (over & ~dry).sum()
        counts[2, bin] += (hot & ~dry & ~over).sum()
        keep = ~done
        h, T, on, stuck = h[keep], T[keep], on[keep], stuck[keep]
p = counts.cumsum(axis=1) / N
print(f"law {LAW}, {N} runs, step {DT} h")
print("t [h]  dry-out  overflow  hot   (+- 1.96 standard errors)")
for i in range(1, 11):
    e = 1.96 * np.sqrt(p[:, i] * (1 - p[:, i]) / N)
    print(f"{100*i:5d}  " + "  ".join(f"{q:.4f}+-{s:.4f}" for q, s in zip(p[:, i], e)))
