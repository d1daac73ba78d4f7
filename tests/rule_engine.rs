//! The engine around the rules: selection, ledger, overrides, ranking, the cap, hostile reviews, and time.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::Evidence;
use kneepoint::rules::{Figure, Severity};
use std::fmt::Write;
use std::time::{Duration, Instant};

const SYSTEM: &str = r#"
component = [{ id = "web" }, { id = "api" }, { id = "payments" }, { id = "search" }, { id = "mail" }]
dependency = [
  { from = "web", to = "api", mode = "sync" },
  { from = "api", to = "payments", mode = "sync" },
  { from = "api", to = "search", mode = "sync" },
  { from = "api", to = "mail", mode = "sync" },
]
flow = [
  { id = "browse", entry = "web", critical = true, value_share = 0.2, calls = [{ from = "web", to = "api" }, { from = "api", to = "search" }] },
  { id = "checkout", entry = "web", critical = true, value_share = 0.7, calls = [{ from = "web", to = "api" }, { from = "api", to = "payments" }] },
]
"#;

fn settings() -> Settings {
    Settings::new("2026-11-23".parse().unwrap())
}

fn selected(text: &str, select: &[&str], change: impl Fn(&mut Settings)) -> Analysis {
    let mut settings = settings();
    settings.select = select.iter().map(|selector| (*selector).to_owned()).collect();
    change(&mut settings);
    analyze(&parse(text).0, &Evidence::default(), &settings)
}

fn ids(analysis: &Analysis) -> Vec<&str> {
    analysis.findings.iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn what_hurts_the_flows_of_most_value_stands_in_front() {
    let analysis = selected(SYSTEM, &["KP203"], |_| ());
    assert_eq!(ids(&analysis), ["KP203@web->api", "KP203@api->payments", "KP203@api->search", "KP203@api->mail"]);
    assert_eq!(analysis.findings[0].flows, ["checkout", "browse"]);
    assert_eq!(analysis.findings[3].flows, [""; 0]);
    assert_eq!((analysis.summary.high, analysis.summary.low), (3, 1));
}

#[test]
fn the_ledger_answers_until_it_expires() {
    let entry = |extra: &str| format!("{SYSTEM}triage = [{{ finding = \"KP203@api->payments\", {extra} }}]\n");
    let standing = |extra: &str| {
        let analysis = selected(&entry(extra), &["KP203"], |_| ());
        let finding = analysis.findings.iter().find(|finding| finding.id == "KP203@api->payments").unwrap();
        (finding.standing.word(), finding.standing.counts(), analysis.summary.high, analysis.summary.triaged)
    };
    assert_eq!(standing("status = \"accepted\""), ("accepted", false, 2, 1));
    assert_eq!(standing("status = \"accepted\", expires = 2026-11-23"), ("accepted", false, 2, 1));
    assert_eq!(standing("status = \"accepted\", expires = 2026-11-22"), ("expired", true, 3, 0));
    assert_eq!(standing("status = \"in-progress\""), ("in-progress", true, 3, 0));
    assert_eq!(standing("reason = \"says no status\""), ("in-discussion", true, 3, 0));
}

#[test]
fn an_entry_that_names_the_finding_goes_before_a_pattern() {
    let text = format!(
        "{SYSTEM}triage = [{{ finding = \"KP203@api->*\", status = \"accepted\" }}, {{ finding = \"KP203@api->mail\", status = \"in-progress\" }}]\n"
    );
    let analysis = selected(&text, &["KP203"], |_| ());
    let words: Vec<_> = analysis.findings.iter().map(|finding| finding.standing.word()).collect();
    assert_eq!(words, ["open", "accepted", "accepted", "in-progress"]);
}

#[test]
fn a_baseline_covers_what_nobody_decided_about() {
    let with = |text: &str, ids: &[&str], select: &[&str]| {
        selected(text, select, |settings| settings.baseline = ids.iter().map(|id| (*id).to_owned()).collect())
    };
    let known = ["KP203@api->payments", "KP203@api->gone", "KP204@web->api", "KP201@x", "KP000@x"];
    let analysis = with(SYSTEM, &known, &["KP203", "KP204"]);
    let words: Vec<_> = analysis.findings.iter().map(|finding| finding.standing.word()).collect();
    assert_eq!(words, ["open", "baselined", "open", "open"]);
    assert_eq!((analysis.summary.high, analysis.summary.baselined, analysis.summary.triaged), (2, 1, 0));
    let stale: Vec<_> = analysis.ratchet.stale.iter().map(|stale| stale.id.as_str()).collect();
    assert_eq!(stale, ["KP000@x", "KP203@api->gone", "KP204@web->api"], "not that of a rule that did not run");
    // A rule that cannot tell has not said that it is gone.
    let doubtful = SYSTEM.replace("to = \"api\", mode = \"sync\"", "to = \"api\", mode = \"sync\", timeout = \"1s\"");
    let analysis = with(&doubtful, &["KP204@api->payments"], &["KP204"]);
    assert_eq!((analysis.ratchet.stale.len(), analysis.cannot_tell.is_empty()), (0, false));
}

#[test]
fn selection_overrides_and_thresholds_are_the_settings_to_make() {
    let analysis = selected(SYSTEM, &["KP20", "no-such-rule"], |settings| {
        settings.ignore = vec!["missing-timeout".to_owned(), "KP205".to_owned()];
        settings.thresholds.insert("KP201.hops".to_owned(), 1.0);
        settings.severities.insert("KP201".to_owned(), Severity::Note);
    });
    assert_eq!(ids(&analysis), ["KP201@checkout:web->…->payments", "KP201@browse:web->…->search"]);
    assert_eq!(analysis.summary.note, 2);
    assert_eq!(analysis.unknown_selectors.len(), 1);
    assert_eq!(analysis.unknown_selectors[0].selector, "no-such-rule");
    assert!(analysis.findings.iter().all(|finding| finding.path.as_ref().unwrap().len() == 3));
}

#[test]
fn entries_for_rules_that_did_not_run_are_no_orphans() {
    let text = format!("{SYSTEM}triage = [{{ finding = \"KP201@gone\", status = \"accepted\" }}]\n");
    assert_eq!(ids(&selected(&text, &["KP901", "KP203"], |_| ())).len(), 4);
    assert!(ids(&selected(&text, &["KP901", "KP201"], |_| ())).contains(&"KP901@triage.KP201@gone"));
}

/// A review of many components in layers, each calling some of the next layer, with many flows.
fn large(components: usize, flows: usize) -> String {
    let mut text = String::new();
    for index in 0..components {
        writeln!(text, "[[component]]\nid = \"c{index}\"\nkind = \"service\"\nowner = \"o{}\"\nworkers = 8\nservice_time = \"2ms\"", index % 50)
            .unwrap();
    }
    let width = 50;
    for index in 0..components {
        for step in [0, 7] {
            let callee = index + width + step;
            if callee < components {
                writeln!(text, "[[dependency]]\nfrom = \"c{index}\"\nto = \"c{callee}\"\nmode = \"sync\"").unwrap();
            }
        }
    }
    for flow in 0..flows {
        write!(
            text,
            "[[flow]]\nid = \"f{flow}\"\nentry = \"c{}\"\nrate = \"10/s\"\ncritical = true\ncalls = [\n",
            flow % width
        )
        .unwrap();
        let mut at = flow % width;
        while at + width + 7 < components {
            let next = at + width + if flow % 3 == 0 { 7 } else { 0 };
            writeln!(text, "  {{ from = \"c{at}\", to = \"c{next}\" }},").unwrap();
            at = next;
        }
        text.push_str("]\n");
    }
    text
}

#[test]
fn a_flood_of_findings_is_capped_and_counted() {
    let analysis = selected(&large(600, 20), &["KP203"], |_| ());
    let listed = analysis.findings.iter().filter(|finding| !finding.id.ends_with("@more")).count();
    assert_eq!(listed, 200);
    let more = analysis.findings.last().unwrap();
    assert_eq!((more.id.as_str(), more.severity), ("KP203@more", Severity::Note));
    assert_eq!(more.evidence[0].figure, Figure::Count(893.0));
    // Those on the critical flows are among the listed.
    // Listed or not, all are counted, and a baseline can hold all.
    let summary = analysis.summary;
    assert_eq!((summary.high + summary.medium + summary.low, summary.note), (1_093, 0));
    assert_eq!(analysis.ratchet.open.len(), 1_093);
    assert!(analysis.findings[..150].iter().all(|finding| finding.severity == Severity::High));
}

#[test]
fn a_thousand_components_take_no_noticeable_time() {
    let text = large(1_000, 100);
    let (review, _, _) = parse(&text);
    let start = Instant::now();
    let analysis = analyze(&review, &Evidence::default(), &settings());
    let elapsed = start.elapsed();
    assert!(analysis.findings.len() > 200);
    // A debug build on a busy machine; a quadratic rule would take many seconds.
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
}

/// One component in the middle of everything, hundreds of flows through it, and a ledger as long.
#[test]
fn a_hub_and_a_long_ledger_are_not_quadratic() {
    let mut text = String::from("[[component]]\nid = \"hub\"\n");
    for index in 0..1_000 {
        write!(text, "[[component]]\nid = \"in{index}\"\n[[component]]\nid = \"out{index}\"\n").unwrap();
        write!(text, "[[dependency]]\nfrom = \"in{index}\"\nto = \"hub\"\ntimeout = \"1s\"\n").unwrap();
        write!(text, "[[dependency]]\nfrom = \"hub\"\nto = \"out{index}\"\n").unwrap();
        write!(
            text,
            "[[flow]]\nid = \"f{index}\"\nentry = \"in{index}\"\ncalls = [{{ from = \"in{index}\", to = \"hub\" }}, {{ from = \"hub\", to = \"out{index}\" }}]\n"
        )
        .unwrap();
        write!(text, "[[triage]]\nfinding = \"KP2*@nowhere{index}->*\"\nstatus = \"accepted\"\n").unwrap();
        write!(text, "[[slo]]\nid = \"s{index}\"\ncomponent = \"in{index}\"\nindicator = \"latency\"\n").unwrap();
    }
    let (review, _, _) = parse(&text);
    let start = Instant::now();
    let analysis = analyze(&review, &Evidence::default(), &settings());
    let elapsed = start.elapsed();
    assert!(analysis.findings.len() > 200);
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn hostile_reviews_are_judged_without_a_panic() {
    let long = "x".repeat(1_000_000);
    for text in [
        String::new(),
        "[[dependency]]\n[[flow]]\n[[component]]\n[[slo]]\n[[triage]]\n[[failure]]\n[[decision]]\n[[action]]\n".to_owned(),
        "component = [{ id = \"a\" }, { id = \"a\" }]\ndependency = [{ from = \"a\", to = \"a\" }]\nflow = [{ id = \"a\", entry = \"a\", calls = [{ from = \"a\", to = \"a\" }] }]".to_owned(),
        "component = [{ id = \"a\" }, { id = \"b\" }]\ndependency = [{ from = \"a\", to = \"b\" }, { from = \"b\", to = \"a\" }]\nflow = [{ id = \"f\", entry = \"a\", calls = [{ from = \"a\", to = \"b\" }, { from = \"b\", to = \"a\" }] }]".to_owned(),
        format!("component = [{{ id = \"{long}\" }}]\ntriage = [{{ finding = \"{long}\" }}, {{ finding = \"KP203@{long}*\" }}]\nflow = [{{ id = \"f\", entry = \"{long}\", critical = true }}]"),
        "component = [{ id = \"\\u001b[31m\", kind = \"cache\", cache = { hit_ratio = 1, ttl = \"0s\" } }]\nflow = [{ id = \"f\", entry = \"\\u001b[31m\", rate = \"1e300/s\", critical = true }]".to_owned(),
        "component = [{ id = \"a\", workers = 0, replicas = 0, service_time = \"1e300s\", availability = 1e-300, data = { shards = 0, hottest_key_share = 1 } }]\nflow = [{ id = \"f\", entry = \"a\", rate = \"1e300/s\", critical = true }]\nslo = [{ id = \"s\", flow = \"f\", indicator = \"availability\", objective = 100 }]".to_owned(),
    ] {
        let analysis = analyze(&parse(&text).0, &Evidence::default(), &settings());
        for finding in &analysis.findings {
            for fact in &finding.evidence {
                if let Figure::Seconds(v) | Figure::PerSecond(v) | Figure::Ratio(v) | Figure::Percent(v) | Figure::Count(v) = fact.figure {
                    assert!(v.is_finite(), "{}: {fact:?}", finding.id);
                }
            }
            assert!(!finding.message.contains("NaN") && !finding.message.contains("inf "), "{}", finding.message);
        }
    }
}
