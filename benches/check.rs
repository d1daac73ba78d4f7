//! Times `kneepoint check` as a whole process, and each rule alone on the largest review.
//!
//! `cargo bench --bench check`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "printing is what a benchmark is for")]

use kneepoint::analysis::{Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::Evidence;
use kneepoint::rules::registry;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A generator of numbers that are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// A system in layers, every fifth component a store. `complete`: with the policies of a careful team; otherwise with
/// names alone, so that everything is found.
fn review(components: usize, dependencies: usize, flows: usize, complete: bool) -> String {
    let mut random = Random(7);
    let mut text = "format = 1\n[growth]\nhorizon = \"12mo\"\ntraffic = 2.0\npeak = 3.0\n".to_owned();
    for id in 0..components {
        let store = id % 5 == 4;
        let kind = if store { "database" } else { "service" };
        writeln!(text, "[[component]]\nid = \"c{id}\"\nkind = \"{kind}\"").unwrap();
        if complete {
            writeln!(
                text,
                "owner = \"team-{}\"\nreplicas = 3\nzones = 3\nworkers = 64\nservice_time = \"2ms\"\navailability = 99.99\n\
                 signals = [\"metrics\", \"logs\", \"traces\"]\nrunbook = \"docs/c{id}.md\"\ncost_per_hour = 0.2",
                id % 40
            )
            .unwrap();
        }
    }
    let mut outgoing = vec![Vec::new(); components];
    for _ in 0..dependencies {
        let from = random.below(components - 1);
        let to = (from + 1 + random.below(200)).min(components - 1);
        if from % 5 == 4 || outgoing[from].contains(&to) {
            continue;
        }
        outgoing[from].push(to);
        writeln!(text, "[[dependency]]\nfrom = \"c{from}\"\nto = \"c{to}\"\nmode = \"sync\"").unwrap();
        if complete {
            text.push_str("timeout = \"50ms\"\ncriticality = \"hard\"\npool = { size = 20, wait = \"10ms\" }\nnetwork = \"0.5ms\"\n");
        } else {
            text.push_str("retry = { attempts = 2 }\n");
        }
    }
    for id in 0..flows {
        let mut at = random.below(components * 3 / 4);
        writeln!(text, "[[flow]]\nid = \"f{id}\"\nentry = \"c{at}\"\nrate = \"20/s\"\ncritical = true\ncalls = [")
            .unwrap();
        for _ in 0..20 {
            if outgoing[at].is_empty() {
                break;
            }
            let to = outgoing[at][random.below(outgoing[at].len())];
            writeln!(text, "  {{ from = \"c{at}\", to = \"c{to}\" }},").unwrap();
            at = to;
        }
        text.push_str("]\n");
    }
    text
}

/// The shortest time of a whole run, and the most memory of any.
fn run(file: &Path, rounds: usize) -> (Duration, u64) {
    let mut best = Duration::MAX;
    let mut most = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
            .args(["check", "--fail-on", "never"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        while child.try_wait().unwrap().is_none() {
            // The high-water mark only grows, so that the last look is as good as the largest.
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = mark.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
            most = most.max(kib.unwrap_or_default());
            std::thread::sleep(Duration::from_micros(500));
        }
        best = best.min(start.elapsed());
    }
    (best, most / 1024)
}

fn main() {
    if let Some(path) = std::env::args().skip_while(|arg| arg != "--write").nth(1) {
        std::fs::write(path, review(10_000, 64_000, 1_000, true)).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("{:<44} {:>9} {:>9}", "kneepoint check, whole process", "time", "memory");
    for (name, components, dependencies, flows, complete) in [
        ("200 components, complete", 200, 600, 20, true),
        ("200 components, names alone", 200, 600, 20, false),
        ("10,000 / 50,000 / 1,000 flows, complete", 10_000, 64_000, 1_000, true),
        ("10,000 / 50,000 / 1,000 flows, names alone", 10_000, 64_000, 1_000, false),
    ] {
        let text = review(components, dependencies, flows, complete);
        let file = folder.path().join("a.review.toml");
        std::fs::write(&file, &text).unwrap();
        let (time, memory) = run(&file, if components < 1_000 { 40 } else { 5 });
        println!("{name:<44} {:>6.1} ms {memory:>5} MiB", time.as_secs_f64() * 1e3);
        if components >= 10_000 {
            parts(&text);
        }
    }
}

/// Where the time of a large review goes.
fn parts(text: &str) {
    let start = Instant::now();
    let (review, _, _) = parse(text);
    let parsed = start.elapsed();
    let timed = |select: &str| {
        let settings = Settings { select: vec![select.to_owned()], ..Settings::new(jiff::civil::date(2026, 11, 23)) };
        let start = Instant::now();
        let analysis = analyze(&review, &Evidence::default(), &settings);
        (start.elapsed(), analysis.findings.len() + analysis.cannot_tell.len())
    };
    // A rule that has nothing to look at here: what is left is graph and capacity.
    let (base, _) = timed("KP901");
    println!(
        "  {} components, {} dependencies, {} flows; read {:.0} ms, graph and capacity {:.0} ms; rules over 5 ms:",
        review.components.len(),
        review.dependencies.len(),
        review.flows.len(),
        parsed.as_secs_f64() * 1e3,
        base.as_secs_f64() * 1e3
    );
    let mut rules: Vec<_> = registry::infos()
        .map(|info| {
            let (time, said) = timed(info.code);
            (time.saturating_sub(base), said, info.code, info.name)
        })
        .collect();
    rules.sort_by(|a, b| b.cmp(a));
    for (time, said, code, name) in rules.into_iter().filter(|rule| rule.0 > Duration::from_millis(5)) {
        println!("    {code} {name:<36} {:>6.1} ms, says {said}", time.as_secs_f64() * 1e3);
    }
}
