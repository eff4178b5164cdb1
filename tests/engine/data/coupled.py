"""Reference values of tests/engine/coupled.rs: the same equations solved independently (scipy DOP853, rtol 1e-12).

Run: pip install scipy && python3 tests/engine/data/coupled.py
"""
import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm


def solve(f, y0, t_end, events=None):
    return solve_ivp(f, (0.0, t_end), y0, method="DOP853", rtol=1e-12, atol=1e-13, events=events, dense_output=True)


def show(name, values):
    print(name, ", ".join(f"{v:.13g}" for v in values))


# two tanks: source 3 m3/h -> T-1 (linear 0.8/h) -> T-2 (linear 0.5/h) -> out, from 5 and 1 m3; exact: matrix exponential
A = np.array([[-0.8, 0.0], [0.8, -0.5]])
b = np.array([3.0, 0.0])
x0 = np.array([5.0, 1.0])
rest = -np.linalg.solve(A, b)
for t in (1.0, 4.0, 12.0):
    show(f"two linear tanks t={t}", rest + expm(A * t) @ (x0 - rest))

# three tanks with Torricelli drains: source 2 -> 6*sqrt(x/10) -> 5*sqrt(y/10) -> 4*sqrt(z/10) -> out, from 8, 2, 1
def torricelli(t, x):
    q = [6 * np.sqrt(x[0] / 10), 5 * np.sqrt(x[1] / 10), 4 * np.sqrt(x[2] / 10)]
    return [2 - q[0], q[0] - q[1], q[1] - q[2]]
s = solve(torricelli, [8.0, 2.0, 1.0], 12.0)
for t in (1.0, 4.0, 12.0):
    show(f"three Torricelli tanks t={t}", s.sol(t))
up = lambda t, x: x[2] - 4.0
up.direction = 1
s = solve(torricelli, [8.0, 2.0, 1.0], 12.0, events=[up])
show("z passes 4 at", s.t_events[0])

# heated chain: source 2 m3/h of 12 degC -> T-1 (linear 0.5/h, heater 40 kW) -> T-2 (Torricelli 4*sqrt(L/10)) -> out,
# c = 4180 kJ/K per m3, ambient loss 0.05 kW/K on T-2, exchange 1.5 kW/K between them; levels 6 and 3, 12 and 60 degC
C = 4180.0
def heated(t, y):
    l1, l2, t1, t2 = y
    q1, q2 = 0.5 * l1, 4 * np.sqrt(l2 / 10)
    d1 = (C * 2 * (12 - t1) + 3600 * (40 + 1.5 * (t2 - t1))) / (C * l1)
    d2 = (C * q1 * (t1 - t2) + 3600 * (1.5 * (t1 - t2) - 0.05 * (t2 - 20))) / (C * l2)
    return [2 - q1, q1 - q2, d1, d2]
s = solve(heated, [6.0, 3.0, 12.0, 60.0], 24.0)
for t in (0.5, 3.0, 24.0):
    show(f"heated chain t={t}", s.sol(t))

# heat exchanger pair: 4000 and 9000 kJ/K, 90 and 20 degC, UA 3 kW/K, losses 0.2 and 0.1 kW/K to 20 degC
Cp = np.array([4000.0, 9000.0]) / 3600.0
M = np.array([[-(3 + 0.2) / Cp[0], 3 / Cp[0]], [3 / Cp[1], -(3 + 0.1) / Cp[1]]])
for t in (0.25, 1.0, 6.0):
    show(f"exchanger t={t}", 20 + expm(M * t) @ np.array([70.0, 0.0]))

# shared loop: three machines of 500 kJ/K with 30, 20, 10 kW and UA 2 kW/K each into a loop of 8000 kJ/K that is held at
# 25 degC by at most 70 kW; at t = 2 h cooling falls to 40 kW. Machines start at 25 degC.
def loop(cooling):
    def f(t, y):
        m, w = y[:3], y[3]
        heat = np.array([30.0, 20.0, 10.0])
        into = 2 * (m - w)
        load = into.sum()
        cool = min(load, cooling) if w <= 25.0 else cooling
        return list((heat - into) * 3600 / 500) + [(load - cool) * 3600 / 8000]
    return f
s = solve(loop(70.0), [25.0] * 4, 2.0)
show("loop held t=0.5", s.sol(0.5))
show("loop held t=2", s.sol(2.0))
s2 = solve(loop(40.0), s.sol(2.0), 2.0)
show("loop short t=4", s2.sol(2.0))
hot = lambda t, y: y[3] - 35.0
s2 = solve(loop(40.0), s.sol(2.0), 2.0, events=[hot])
show("loop passes 35 degC at 2 h +", s2.t_events[0])
