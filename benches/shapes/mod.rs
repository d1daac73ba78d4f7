//! Generated reviews of the sizes that are promised, in the shapes that are hard on rules.
//!
//! Shared by the benchmarks and by tests; the same on every machine.

use std::collections::HashSet;
use std::fmt::Write as _;

/// A generator of numbers that are the same on every machine.
pub struct Random(u64);

impl Random {
    /// From 0 to before `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// How much the reviews say of their components, dependencies and flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The policies of a careful team: few rules find anything.
    Complete,
    /// Names alone, and a retry: nearly every rule fires or cannot tell.
    Names,
    /// Each key at random, with all kinds, queues, caches and ranges.
    Mixed,
}

/// Who calls whom, and which calls the flows make.
pub struct Shape {
    /// In a few words.
    pub name: &'static str,
    components: usize,
    calls: Vec<(usize, usize)>,
    flows: Vec<Vec<(usize, usize)>>,
}

/// Layers: each component calls some of the next 200, and flows walk down.
pub fn layers(components: usize, dependencies: usize, flows: usize) -> Shape {
    let mut random = Random(7);
    let mut outgoing = vec![Vec::new(); components];
    let mut calls = Vec::new();
    for _ in 0..dependencies {
        let from = random.below(components - 1);
        let to = (from + 1 + random.below(200)).min(components - 1);
        if from % 5 != 4 && !outgoing[from].contains(&to) {
            outgoing[from].push(to);
            calls.push((from, to));
        }
    }
    let walk = |_| {
        let mut at = random.below(components * 3 / 4);
        let mut walked = Vec::new();
        for _ in 0..20 {
            if outgoing[at].is_empty() {
                break;
            }
            let to = outgoing[at][random.below(outgoing[at].len())];
            walked.push((at, to));
            at = to;
        }
        walked
    };
    Shape { name: "layers", components, calls, flows: (0..flows).map(walk).collect() }
}

/// All shapes of a size, the layers in front.
pub fn all(components: usize, dependencies: usize, flows: usize) -> Vec<Shape> {
    let last = components - 1;
    let mut shapes = vec![layers(components, dependencies * 32 / 25, flows)];
    let filled = |mut calls: Vec<(usize, usize)>, least: usize| {
        let mut random = Random(11);
        let mut seen: HashSet<(usize, usize)> = calls.iter().copied().collect();
        while calls.len() < dependencies {
            let from = random.below(last);
            let to = from + 1 + random.below((last - from).min(300));
            if from >= least && seen.insert((from, to)) {
                calls.push((from, to));
            }
        }
        calls
    };
    // Everybody calls the last one, which calls a few itself.
    let called = |at: usize| last - 2 - at * 7 % (components / 10);
    let mut calls: Vec<_> = (0..last).map(|at| (at, last)).collect();
    let targets: HashSet<usize> = (0..50).map(called).collect();
    calls.extend(targets.into_iter().map(|to| (last, to)));
    shapes.push(Shape {
        name: "one called by all",
        components,
        flows: (0..flows).map(|at| vec![(at * 9 % last, last), (last, called(at % 50))]).collect(),
        calls: filled(calls, 0),
    });
    // The first one calls everybody.
    shapes.push(Shape {
        name: "one calling all",
        components,
        flows: (0..flows).map(|at| (0..20).map(|step| (0, 1 + (at * 9 + step) % last)).collect()).collect(),
        calls: filled((1..components).map(|at| (0, at)).collect(), 1),
    });
    // Half of them call the one in the middle, which calls the other half: callers × callees.
    let middle = components / 2;
    let mut calls: Vec<_> = (0..middle).map(|at| (at, middle)).collect();
    calls.extend((middle + 1..components).map(|at| (middle, at)));
    let below = |at: usize| (middle, middle + 1 + at % (components - middle - 1));
    let through = |at: usize| {
        let first = std::iter::once((at % middle, middle));
        first.chain((0..20).map(|step| below(at + step))).collect()
    };
    shapes.push(Shape {
        name: "one in the middle",
        components,
        flows: (0..flows).map(through).collect(),
        calls: filled(calls, 0),
    });
    // One chain through all, with skips; most flows take a piece of it, some the whole of it.
    let piece = |at: usize| {
        let (from, length) = if at < 5 { (0, last) } else { (at * 9 % (last - 60), 60) };
        (from..from + length).map(|step| (step, step + 1)).collect()
    };
    shapes.push(Shape {
        name: "one long chain",
        components,
        flows: (0..flows).map(piece).collect(),
        calls: filled((1..components).map(|at| (at - 1, at)).collect(), 0),
    });
    // All flows walk the same hundred calls.
    let path: Vec<_> = (0..100).map(|at| (at, at + 1)).collect();
    shapes.push(Shape {
        name: "all flows one way",
        components,
        flows: vec![path.clone(); flows],
        calls: filled(path, 0),
    });
    // Some components that all call each other.
    let ring =
        (1..=components).take_while(|ring| ring * (ring - 1) <= dependencies).last().unwrap_or(2).min(components);
    let calls = (0..ring).flat_map(|from| (0..ring).filter(move |to| *to != from).map(move |to| (from, to)));
    let round = |at: usize| (0..20).map(|step| ((at + step * 3) % ring, (at + step * 3 + 3) % ring)).collect();
    shapes.push(Shape {
        name: "dense cycle",
        components,
        flows: (0..flows).map(round).collect(),
        calls: calls.collect(),
    });
    shapes
}

impl Shape {
    /// The review as a file.
    pub fn review(&self, said: Said) -> String {
        let mut random = Random(5);
        let mut text = "format = 1\n[growth]\nhorizon = \"12mo\"\ntraffic = 2.0\npeak = 3.0\n".to_owned();
        let mixed = said == Said::Mixed;
        for id in 0..self.components {
            let kinds = ["service", "database", "cache", "queue", "external", "worker", "gateway", "stream", "search"];
            let kind = match said {
                Said::Mixed => kinds[if random.below(3) == 0 { random.below(kinds.len()) } else { 0 }],
                _ if id % 5 == 4 => "database",
                _ => "service",
            };
            let _ = writeln!(text, "[[component]]\nid = \"c{id}\"\nkind = \"{kind}\"");
            if said == Said::Complete {
                let _ = writeln!(
                    text,
                    "owner = \"team-{}\"\nreplicas = 3\nzones = 3\nworkers = 64\nservice_time = \"2ms\"\navailability = 99.99\n\
                     signals = [\"metrics\", \"logs\", \"traces\"]\nrunbook = \"docs/c{id}.md\"\ncost_per_hour = 0.2",
                    id % 40
                );
            }
            if mixed {
                let lines = [
                    "replicas = 3",
                    "replicas = 1",
                    "zones = 2",
                    "workers = 16",
                    "cores = 4",
                    "service_time = { mean = \"4ms\", cv = 1.5 }",
                    "availability = 99.9",
                    "queue = { limit = 100, wait = \"2s\", overflow = \"reject\" }",
                    "cost_per_hour = 0.2",
                    "regions = [\"eu\", \"us\"]",
                    "rate_limit = \"200/s\"",
                    "stateless = false",
                    "autoscale = { min = 2, max = 8 }",
                    "data = { model = \"oltp\", max_connections = 100, size = \"2TB\", size_limit = \"3TB\", read_replicas = 2, replication = \"async\" }",
                    "cache = { hit_ratio = \"80%..95%\", pattern = \"cache-aside\", ttl = \"10s\" }",
                    "broker = { partitions = 8, max_attempts = 5, visibility_timeout = \"30s\" }",
                    "recovery = { rpo = \"5m\", rto = \"1h\" }",
                    "owner = \"a\"",
                    "deploys_with = \"unit\"",
                ];
                let mut keys = HashSet::new();
                for line in lines.iter().filter(|_| random.below(3) == 0) {
                    if keys.insert(line.split(' ').next()) {
                        let _ = writeln!(text, "{line}");
                    }
                }
            }
        }
        for (from, to) in &self.calls {
            let _ = writeln!(text, "[[dependency]]\nfrom = \"c{from}\"\nto = \"c{to}\"");
            match said {
                Said::Complete => text.push_str(
                    "mode = \"sync\"\ntimeout = \"50ms\"\ncriticality = \"hard\"\npool = { size = 20, wait = \"10ms\" }\nnetwork = \"0.5ms\"\n",
                ),
                Said::Names => text.push_str("mode = \"sync\"\nretry = { attempts = 2 }\n"),
                Said::Mixed => {
                    let lines = [
                        "mode = \"sync\"\n",
                        "timeout = \"80ms..120ms\"\n",
                        "retry = { attempts = 2, backoff = \"exponential\", base = \"10ms\" }\n",
                        "operation = \"write\"\n",
                        "fallback = \"c1\"\non_failure = \"fallback\"\n",
                        "criticality = \"hard\"\n",
                        "pool = { size = 20, wait = \"200ms\" }\n",
                        "network = \"0.5ms\"\n",
                        "breaker = { error_ratio = 0.5 }\n",
                        "timeout = \"1s\"\n",
                        "criticality = \"soft\"\n",
                        "pool = { size = 300 }\n",
                        "mode = \"async\"\n",
                    ];
                    let mut keys = HashSet::new();
                    for line in lines.iter().filter(|_| random.below(2) == 0) {
                        if keys.insert(line.split(' ').next()) {
                            text.push_str(line);
                        }
                    }
                }
            }
        }
        for (id, calls) in self.flows.iter().enumerate() {
            let entry = calls.first().map_or(id, |call| call.0);
            let rate = if mixed && random.below(5) == 0 { "" } else { "rate = \"20/s\"\n" };
            let critical = !mixed || random.below(2) == 0;
            let _ = writeln!(
                text,
                "[[flow]]\nid = \"f{id}\"\nentry = \"c{entry}\"\n{rate}critical = {critical}\ncalls = ["
            );
            for (from, to) in calls {
                let _ = writeln!(text, "  {{ from = \"c{from}\", to = \"c{to}\" }},");
            }
            text.push_str("]\n");
            if mixed && random.below(2) == 0 {
                let _ = writeln!(
                    text,
                    "[[slo]]\nid = \"s{id}\"\nflow = \"f{id}\"\nindicator = \"latency\"\nobjective = 99\nthreshold = \"300ms\""
                );
                let _ = writeln!(
                    text,
                    "[[slo]]\nid = \"a{id}\"\nflow = \"f{id}\"\nindicator = \"availability\"\nobjective = 99.9"
                );
            }
        }
        text
    }
}
