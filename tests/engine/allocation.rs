//! Allocation on random plants: conservation on every island, priorities and merits exactly, load shedding exactly, material
//! lines against a maximum flow.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Intervention, Mode, Model, Script, State, Until};
use plantcast::time::{Span, Time};
use proptest::prelude::*;

/// One island of power, with at most one chiller that turns power into cooling on an island of its own (two of them in merit
/// order behind one short supply do not settle freely: see the header of `sim::services`).
#[derive(Debug, Clone)]
struct Net {
    /// Capacity, merit.
    givers: Vec<(u16, u8)>,
    /// Amount, priority; all derate.
    loads: Vec<(u16, u8)>,
    /// Capacity of cooling, power per unit [%].
    chillers: Vec<(u16, u8)>,
    /// Amount, priority of cooled loads.
    cooled: Vec<(u16, u8)>,
}

fn net() -> impl Strategy<Value = Net> {
    let list = |n: std::ops::Range<usize>| proptest::collection::vec((1u16..200, 0u8..4), n);
    // a passage stops below 5 % of what is asked of it: supply stays above that here
    (proptest::collection::vec((100u16..200, 0u8..4), 1..4), list(1..6), proptest::collection::vec((1u16..80, 10u8..90), 0..2), list(1..4))
        .prop_map(|(givers, loads, chillers, cooled)| Net { givers, loads, chillers, cooled })
}

struct Island {
    givers: Vec<AssetId>,
    loads: Vec<AssetId>,
    chillers: Vec<AssetId>,
    cooled: Vec<AssetId>,
}

/// Builds the islands side by side: no link joins them, though all share the media.
fn build(nets: &[Net]) -> (Build, MediumId, MediumId, Vec<Island>) {
    let mut b = Build::new();
    let (power, cooling) = (b.service("power"), b.service("cooling"));
    let mut islands = Vec::new();
    for (n, net) in nets.iter().enumerate() {
        let bus = b.add(&format!("BUS-{n}"), |_| ());
        let manifold = b.add(&format!("MAN-{n}"), |_| ());
        let mut island = Island { givers: Vec::new(), loads: Vec::new(), chillers: Vec::new(), cooled: Vec::new() };
        for (i, (capacity, merit)) in net.givers.iter().enumerate() {
            let id = b.add(&format!("G-{n}-{i}"), |a| {
                a.gives = vec![Give { medium: power, capacity: f64::from(*capacity), merit: *merit, from: Vec::new() }];
                a.reliability = vec![failing(4.0, 1.0, false)];
            });
            b.link(id, bus, power);
            island.givers.push(id);
        }
        for (i, (amount, priority)) in net.loads.iter().enumerate() {
            let id = b.add(&format!("L-{n}-{i}"), |a| a.needs = vec![need(power, f64::from(*amount), *priority, OnShort::Derate)]);
            b.link(bus, id, power);
            island.loads.push(id);
        }
        for (i, (capacity, percent)) in net.chillers.iter().enumerate() {
            let from = vec![Input { medium: power, per_unit: f64::from(*percent) / 100.0, priority: 2 }];
            let id = b.add(&format!("C-{n}-{i}"), |a| {
                a.gives = vec![Give { medium: cooling, capacity: f64::from(*capacity), merit: i as u8, from }];
                a.reliability = vec![failing(6.0, 1.0, false)];
            });
            b.link(bus, id, power);
            b.link(id, manifold, cooling);
            island.chillers.push(id);
        }
        for (i, (amount, priority)) in net.cooled.iter().enumerate().filter(|_| !net.chillers.is_empty()) {
            let id = b.add(&format!("K-{n}-{i}"), |a| a.needs = vec![need(cooling, f64::from(*amount), *priority, OnShort::Derate)]);
            b.link(manifold, id, cooling);
            island.cooled.push(id);
        }
        islands.push(island);
    }
    (b, power, cooling, islands)
}

fn sum(ids: &[AssetId], f: impl Fn(AssetId) -> f64) -> f64 {
    ids.iter().map(|id| f(*id)).sum()
}

/// What was given by those who give is what was drawn by those who draw, on each side of each island.
fn conserved(model: &Model, s: &State, power: MediumId, cooling: MediumId, islands: &[Island]) -> Result<(), TestCaseError> {
    for island in islands {
        let given = sum(&island.givers, |g| s.given(model, g, power));
        let drawn = sum(&island.loads, |l| s.drawn(model, l, power)) + sum(&island.chillers, |c| s.drawn(model, c, power));
        prop_assert!((given - drawn).abs() <= 1e-9 * given.max(drawn).max(1e-3), "power {given} {drawn}");
        let cold = sum(&island.chillers, |c| s.given(model, c, cooling));
        let used = sum(&island.cooled, |k| s.drawn(model, k, cooling));
        prop_assert!((cold - used).abs() <= 1e-9 * cold.max(used).max(1e-3), "cooling {cold} {used}");
        for id in &island.givers {
            let capacity = model.plant().asset(*id).gives[0].capacity;
            prop_assert!(s.given(model, *id, power) <= capacity * (1.0 + 1e-12));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn every_island_is_conserved_at_every_event(nets in proptest::collection::vec(net(), 1..4), seed in 0u64..1000) {
        let (b, power, cooling, islands) = build(&nets);
        let model = b.model();
        let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(seed, 0));
        conserved(&model, engine.state(), power, cooling, &islands)?;
        while engine.next_event() < Time::from_h(20.0) {
            let next = engine.next_event();
            engine.run_until(next).unwrap();
            conserved(&model, engine.state(), power, cooling, &islands)?;
        }
    }

    #[test]
    fn priorities_shares_and_merits_are_exact(mut one in net()) {
        one.chillers.clear();
        let (b, power, _, islands) = build(std::slice::from_ref(&one));
        let model = b.model();
        let (s, island) = (State::nominal(&model), &islands[0]);
        let mut left: f64 = one.givers.iter().map(|g| f64::from(g.0)).sum();
        let mut served = 0.0;
        for level in 0..4u8 {
            let wanted: f64 = one.loads.iter().filter(|l| l.1 == level).map(|l| f64::from(l.0)).sum();
            let share = if wanted > 0.0 { (left / wanted).min(1.0) } else { 1.0 };
            for (load, id) in one.loads.iter().zip(&island.loads).filter(|(l, _)| l.1 == level) {
                let exact = f64::from(load.0) * share;
                prop_assert!((s.drawn(&model, *id, power) - exact).abs() <= 1e-9 * (1.0 + exact));
                served += exact;
            }
            left -= wanted * share;
        }
        for level in 0..4u8 {
            let able: f64 = one.givers.iter().filter(|g| g.1 == level).map(|g| f64::from(g.0)).sum();
            let part = served.min(able);
            for (giver, id) in one.givers.iter().zip(&island.givers).filter(|(g, _)| g.1 == level) {
                let exact = part * f64::from(giver.0) / able;
                prop_assert!((s.given(&model, *id, power) - exact).abs() <= 1e-9 * (1.0 + exact));
            }
            served -= part;
        }
    }
}

#[test]
fn loads_are_shed_last_in_priority_first_and_return_in_order() {
    // 100 kW for 40 (priority 0), 30 (1), 20 (2), 10 (2): all served. Half the supply: 40 stays, 30 does not fit into 10,
    // and of the priority behind it the 10 does not survive either: 20 goes first, then nothing is left for it
    let mut b = Build::new();
    let power = b.service("power");
    let grid = b.add("GRID", |a| a.gives = vec![give(power, 100.0)]);
    let mut loads = Vec::new();
    for (i, (amount, priority)) in [(40.0, 0), (30.0, 1), (20.0, 2), (10.0, 2)].into_iter().enumerate() {
        let id = b.add(&format!("L-{i}"), |a| a.needs = vec![need(power, amount, priority, OnShort::Stop { below: 0.95 })]);
        b.link(grid, id, power);
        loads.push(id);
    }
    let model = b.model();
    let weak = |to: f64| {
        let script = Script(vec![(Time::from_h(1.0), Intervention::Degrade { asset: grid, to, until: Until::For(Span::from_h(2.0)) })]);
        let during = run(&model, &script, 1, 0, 2.0).end;
        let after = run(&model, &script, 1, 0, 6.0).end;
        let up = |s: &State| loads.iter().map(|l| s.mode(*l) == Mode::Running).collect::<Vec<_>>();
        assert_eq!(up(&after), [true; 4], "all return after {to}");
        up(&during)
    };
    assert_eq!(weak(0.95), [true, true, true, false], "95: the last of the last priority goes");
    assert_eq!(weak(0.9), [true, true, true, false]);
    assert_eq!(weak(0.75), [true, true, false, false], "75: 70 for the first two, 5 is no use to the others");
    assert_eq!(weak(0.45), [true, false, false, false]);
    assert_eq!(weak(0.3), [false, true, false, false], "30: the first does not fit, the second does");
}

/// Maximum flow by augmenting shortest paths (Edmonds & Karp 1972) on a small dense graph.
fn max_flow(mut capacity: Vec<Vec<f64>>, source: usize, sink: usize) -> f64 {
    let n = capacity.len();
    let mut total = 0.0;
    loop {
        let mut parent = vec![usize::MAX; n];
        parent[source] = source;
        let mut queue = std::collections::VecDeque::from([source]);
        while let Some(u) = queue.pop_front() {
            for v in 0..n {
                if parent[v] == usize::MAX && capacity[u][v] > 1e-9 {
                    parent[v] = u;
                    queue.push_back(v);
                }
            }
        }
        if parent[sink] == usize::MAX {
            return total;
        }
        let mut least = f64::INFINITY;
        let mut v = sink;
        while v != source {
            least = least.min(capacity[parent[v]][v]);
            v = parent[v];
        }
        let mut v = sink;
        while v != source {
            capacity[parent[v]][v] -= least;
            capacity[v][parent[v]] += least;
            v = parent[v];
        }
        total += least;
    }
}

/// Layers of processes with their rates; links between neighbouring layers by bits; storages sit empty between some.
#[derive(Debug, Clone)]
struct Web {
    layers: Vec<Vec<u16>>,
    bits: Vec<u32>,
}

impl Web {
    fn linked(&self, layer: usize, i: usize, j: usize) -> bool {
        let (n, m) = (self.layers[layer].len(), self.layers[layer + 1].len());
        // everyone has at least one neighbour on each side
        j == i % m || i == j % n || self.bits[layer] >> (i * 5 + j) & 1 == 1
    }
}

fn web() -> impl Strategy<Value = Web> {
    (proptest::collection::vec(proptest::collection::vec(1u16..60, 1..5), 2..5), proptest::collection::vec(any::<u32>(), 4))
        .prop_map(|(layers, bits)| Web { layers, bits })
}

/// Throughput of the engine and the maximum flow.
fn throughput(w: &Web) -> (f64, f64) {
    let mut b = Build::new();
    let m = b.material("m");
    let last = w.layers.len() - 1;
    let mut ids: Vec<Vec<AssetId>> = Vec::new();
    for (k, layer) in w.layers.iter().enumerate() {
        let row = layer.iter().enumerate().map(|(i, rate)| {
            let inputs: &[MediumId] = if k > 0 { &[m] } else { &[] };
            let outputs: &[MediumId] = if k < last { &[m] } else { &[] };
            b.add(&format!("P-{k}-{i}"), |a| a.process = Some(process(f64::from(*rate), inputs, outputs)))
        });
        ids.push(row.collect());
    }
    let total: usize = w.layers.iter().map(Vec::len).sum();
    let first: Vec<usize> = w
        .layers
        .iter()
        .scan(0, |at, l| {
            let was = *at;
            *at += l.len();
            Some(was)
        })
        .collect();
    let n = 2 * total + 2;
    let mut capacity = vec![vec![0.0; n]; n];
    for (k, layer) in w.layers.iter().enumerate() {
        for (i, rate) in layer.iter().enumerate() {
            let node = first[k] + i;
            capacity[2 * node][2 * node + 1] = f64::from(*rate);
            if k == 0 {
                capacity[n - 2][2 * node] = f64::from(*rate);
            }
            if k == last {
                capacity[2 * node + 1][n - 1] = f64::from(*rate);
                continue;
            }
            for j in 0..w.layers[k + 1].len() {
                if w.linked(k, i, j) {
                    b.link(ids[k][i], ids[k + 1][j], m);
                    capacity[2 * node + 1][2 * (first[k + 1] + j)] = 1e6;
                }
            }
        }
    }
    let model = b.model();
    let s = State::nominal(&model);
    (ids[last].iter().map(|id| s.rate_per_h(*id)).sum(), max_flow(capacity, n - 2, n - 1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_line_never_moves_more_than_a_maximum_flow_and_no_less(w in web()) {
        let (got, most) = throughput(&w);
        prop_assert!(got <= most * (1.0 + 1e-9), "{got} is more than possible, {most}");
        prop_assert!(got >= most * (1.0 - 1e-6), "{got} of {most}: {w:?}");
    }
}
