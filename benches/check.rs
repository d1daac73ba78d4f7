//! Times `kneepoint check` as a whole process, and each rule alone on the largest review.
//!
//! `cargo bench --bench check`; `-- --parts "dense cycle"` for the rules on another shape, `-- --write FOLDER` for the
//! reviews as files.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "printing is what a benchmark is for")]

mod shapes;

use kneepoint::analysis::{Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::Evidence;
use kneepoint::rules::registry;
use shapes::Said;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
    let said = [(Said::Complete, "complete"), (Said::Names, "names alone"), (Said::Mixed, "mixed")];
    if let Some(folder) = std::env::args().skip_while(|arg| arg != "--write").nth(1) {
        for shape in shapes::all(10_000, 50_000, 1_000) {
            for (said, name) in said {
                let file = format!("{}-{name}.review.toml", shape.name).replace(' ', "-");
                std::fs::write(Path::new(&folder).join(file), shape.review(said)).unwrap();
            }
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.review.toml");
    println!("{:<44} {:>9} {:>9}", "kneepoint check, whole process", "time", "memory");
    let measured = |shape: &shapes::Shape, size: &str, rounds: usize| {
        for (said, name) in said {
            std::fs::write(&file, shape.review(said)).unwrap();
            let (time, memory) = run(&file, rounds);
            let name = format!("{size}, {}, {name}", shape.name);
            println!("{name:<44} {:>6.1} ms {memory:>5} MiB", time.as_secs_f64() * 1e3);
        }
    };
    measured(&shapes::layers(200, 600, 20), "200", 40);
    let large = shapes::all(10_000, 50_000, 1_000);
    for shape in &large {
        measured(shape, "10,000", 3);
    }
    let parts_of = std::env::args().skip_while(|arg| arg != "--parts").nth(1);
    for shape in large.iter().filter(|shape| parts_of.as_deref().unwrap_or("layers") == shape.name) {
        for (said, name) in said {
            println!("{}, {name}", shape.name);
            parts(&shape.review(said));
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
