//! The line of scenes/line10.scene.ron as nexosim models: a machine is a model, a part and a free place are messages.
//!
//! Usage: nexosim_line MINUTES SEED. Prints one JSON line: throughput [parts/min], operations, seconds. One thread.

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const MACHINES: usize = 10;
const CAPACITY: u32 = 10;
const FIRST_FILL: u32 = 5;
static OPERATIONS: AtomicU64 = AtomicU64::new(0);
static PARTS: AtomicU64 = AtomicU64::new(0);

/// xorshift64*, enough for a throughput.
#[derive(Serialize, Deserialize, Clone)]
struct Random(u64);

impl Random {
    fn exponential(&mut self, mean: f64) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        -mean * (((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0).ln()
    }
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
enum Doing {
    Waiting,
    Working,
    UntilFailure,
    Repair,
    Blocked,
}

/// One machine with its input buffer; `places` counts what the next buffer still takes.
#[derive(Serialize, Deserialize)]
pub struct Machine {
    part: Output<()>,
    place: Output<()>,
    random: Random,
    doing: Doing,
    life: f64,
    work: f64,
    stored: u32,
    places: u32,
    is_first: bool,
    is_last: bool,
}

#[Model]
impl Machine {
    fn new(index: usize, seed: u64) -> Self {
        let mut random = Random((seed << 8 | index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..20).for_each(|_| drop(random.exponential(1.0)));
        let life = random.exponential(100.0);
        Machine {
            part: Output::default(),
            place: Output::default(),
            random,
            doing: Doing::Waiting,
            life,
            work: 0.0,
            stored: if index == 0 { 0 } else { FIRST_FILL },
            places: CAPACITY - FIRST_FILL,
            is_first: index == 0,
            is_last: index + 1 == MACHINES,
        }
    }

    fn after(&self, minutes: f64, cx: &Context<Self>) {
        let span = Duration::from_nanos(((minutes * 1e9) as u64).max(1));
        cx.schedule_event(span, schedulable!(Self::due), ()).expect("the future is ahead");
    }

    fn proceed(&mut self, cx: &Context<Self>) {
        let fails = self.life < self.work;
        self.doing = if fails { Doing::UntilFailure } else { Doing::Working };
        self.after(if fails { self.life } else { self.work }, cx);
    }

    async fn next(&mut self, cx: &Context<Self>) {
        if !self.is_first {
            if self.stored == 0 {
                self.doing = Doing::Waiting;
                return;
            }
            self.stored -= 1;
            self.place.send(()).await;
        }
        self.work = self.random.exponential(1.0);
        self.proceed(cx);
    }

    /// The run begins.
    pub async fn begin(&mut self, _: (), cx: &Context<Self>) {
        self.next(cx).await;
    }

    /// A part has come.
    pub async fn part_came(&mut self, _: (), cx: &Context<Self>) {
        self.stored += 1;
        if self.doing == Doing::Waiting {
            self.next(cx).await;
        }
    }

    /// A place behind it is free.
    pub async fn place_freed(&mut self, _: (), cx: &Context<Self>) {
        self.places += 1;
        if self.doing == Doing::Blocked {
            self.hand_on(cx).await;
        }
    }

    async fn hand_on(&mut self, cx: &Context<Self>) {
        self.places -= 1;
        self.part.send(()).await;
        self.next(cx).await;
    }

    #[nexosim(schedulable)]
    async fn due(&mut self, _: (), cx: &Context<Self>) {
        match self.doing {
            Doing::UntilFailure => {
                self.work -= self.life;
                self.doing = Doing::Repair;
                let repair = self.random.exponential(10.0);
                self.after(repair, cx);
            }
            Doing::Repair => {
                self.life = self.random.exponential(100.0);
                self.proceed(cx);
            }
            Doing::Working => {
                self.life -= self.work;
                OPERATIONS.fetch_add(1, Relaxed);
                if self.is_last {
                    PARTS.fetch_add(1, Relaxed);
                    self.next(cx).await;
                } else if self.places > 0 {
                    self.hand_on(cx).await;
                } else {
                    self.doing = Doing::Blocked;
                }
            }
            Doing::Waiting | Doing::Blocked => {}
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let minutes: f64 = args.next().and_then(|a| a.parse().ok()).expect("usage: nexosim_line MINUTES SEED");
    let seed: u64 = args.next().and_then(|a| a.parse().ok()).expect("usage: nexosim_line MINUTES SEED");
    let mut machines: Vec<Machine> = (0..MACHINES).map(|i| Machine::new(i, seed)).collect();
    let mailboxes: Vec<Mailbox<Machine>> = (0..MACHINES).map(|_| Mailbox::new()).collect();
    for i in 0..MACHINES - 1 {
        machines[i].part.connect(Machine::part_came, &mailboxes[i + 1]);
        machines[i + 1].place.connect(Machine::place_freed, &mailboxes[i]);
    }
    let mut bench = SimInit::with_num_threads(1);
    let begin: Vec<_> = mailboxes.iter().map(|m| EventSource::new().connect(Machine::begin, m).register(&mut bench)).collect();
    for (i, (machine, mailbox)) in machines.into_iter().zip(mailboxes).enumerate() {
        bench = bench.add_model(machine, mailbox, format!("machine {i}").as_str());
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("the bench is complete");
    begin.iter().for_each(|b| simulation.process_event(b, ()).expect("it begins"));
    let began = Instant::now();
    simulation.step_until(MonotonicTime::EPOCH + Duration::from_nanos((minutes * 1e9) as u64)).expect("it runs");
    let seconds = began.elapsed().as_secs_f64();
    let throughput = PARTS.load(Relaxed) as f64 / minutes;
    println!("{{\"throughput\": {throughput}, \"operations\": {}, \"seconds\": {seconds}}}", OPERATIONS.load(Relaxed));
}
