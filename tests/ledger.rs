//! What becomes of a finding: actions, decisions, triage, one key each, and lists of what stands how.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;
use jiff::civil::date;
use kneepoint::analysis::{Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::{ActionKind, ActionStatus, DecisionStatus, Evidence, TriageStatus};
use kneepoint::rules::FailedRule;
use kneepoint::workbench::{Done, Msg, Place};

/// A call without a timeout (medium or worse), a cache without invalidation, owners for some.
const TEXT: &str = r#"format = 1

[[component]]
id = "api"
kind = "service"
owner = "team-shop"   # they

[[component]]
id = "pay"
kind = "external"

[[component]]
id = "notes"
kind = "cache"
cache = { pattern = "cache-aside", ttl = "5m", invalidation = "none" }

[[dependency]]
from = "api"
to = "pay"
mode = "sync"

[[dependency]]
from = "api"
to = "notes"
mode = "sync"
timeout = "50ms"

[[flow]]
id = "buy"
entry = "api"
rate = "9/s"
critical = true
calls = [{ from = "api", to = "pay" }, { from = "api", to = "notes" }]

[[slo]]
id = "buy-fast"
flow = "buy"
indicator = "latency"
objective = 99.0
threshold = "1s"
window = "28d"
"#;
const TIMEOUT: &str = "KP203@api->pay";

fn findings(bench: &Bench) -> Vec<(String, String)> {
    let analysis = bench.bench.session().analysis.clone().unwrap();
    analysis.findings.iter().map(|finding| (finding.id.clone(), finding.standing.word().to_owned())).collect()
}

/// The workbench with the cursor on a finding of the open ones.
fn on(text: &str, id: &str) -> Bench {
    let mut bench = Bench::open(text);
    bench.keys("f");
    let analysis = bench.bench.session().analysis.clone().unwrap();
    let mut open = analysis.findings.iter().filter(|finding| finding.standing.counts());
    let row = open.position(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}: {:?}", findings(&bench)));
    for _ in 0..row {
        bench.keys("down");
    }
    bench
}

fn standing(bench: &Bench, id: &str) -> String {
    findings(bench).into_iter().find(|(found, _)| found == id).map_or_else(String::new, |(_, standing)| standing)
}

#[test]
fn one_key_makes_an_action_of_a_finding_and_the_next_one_goes_there() {
    let mut bench = on(TEXT, TIMEOUT);
    bench.keys("A");
    assert_eq!(bench.bench.place(), Place::Findings, "one goes on with the list");
    let (review, _, problems) = parse(bench.text());
    assert!(problems.is_empty(), "{problems:?}");
    let action = &review.actions[0];
    assert_eq!(
        (action.id(), action.owner.as_deref(), action.from.as_deref()),
        ("a1", Some("team-shop"), Some(TIMEOUT))
    );
    assert_eq!((action.status, action.kind), (Some(ActionStatus::Open), Some(ActionKind::Fix)));
    assert_eq!(action.created, Some(date(2026, 11, 23)));
    assert!(action.due > action.created && action.done_when.as_deref().unwrap().contains(TIMEOUT));
    assert!(!action.title.as_deref().unwrap().contains(". "), "one clause: {:?}", action.title);
    assert!(bench.screen().contains("A action a1: open, team-shop"), "{}", bench.screen());
    // A second time: no second action, but the first one's form.
    let once = bench.text().to_owned();
    bench.keys("A");
    assert_eq!(bench.text(), once);
    assert!(matches!(bench.bench.place(), Place::Form(entity) if entity.kind.table() == "action"));
    bench.keys("esc u");
    assert_eq!(bench.text(), TEXT);
}

#[test]
fn the_sooner_the_more_it_hurts() {
    let mut due = Vec::new();
    for id in [TIMEOUT, "KP303@notes"] {
        let mut bench = on(TEXT, id);
        let analysis = bench.bench.session().analysis.clone().unwrap();
        let severity = analysis.findings.iter().find(|finding| finding.id == id).unwrap().severity;
        bench.keys("A");
        due.push((severity, parse(bench.text()).0.actions[0].due.unwrap()));
    }
    due.sort();
    assert!(due[0].0 < due[1].0 && due[0].1 > due[1].1, "{due:?}");
}

#[test]
fn one_key_proposes_a_decision_with_what_the_catalogue_knows() {
    let mut bench = on(TEXT, TIMEOUT);
    bench.keys("v");
    let (review, _, problems) = parse(bench.text());
    assert!(problems.is_empty(), "{problems:?}");
    let decision = &review.decisions[0];
    assert_eq!(decision.status, Some(DecisionStatus::Proposed));
    assert_eq!(decision.id(), "missing-timeout-api-pay");
    assert_eq!(decision.findings.as_ref().unwrap()[0].as_str(), TIMEOUT);
    let message = |id: &str| {
        let analysis = bench.bench.session().analysis.clone().unwrap();
        analysis.findings.iter().find(|finding| finding.id == id).unwrap().message.clone()
    };
    assert_eq!(decision.constraint.as_deref(), Some(message(TIMEOUT).as_str()));
    let analysis = analyze(&review, &Evidence::default(), &Settings::new(date(2026, 11, 23)));
    assert!(analysis.problems.is_empty(), "{:?}", analysis.problems);
    let knowledge = kneepoint::knowledge::Knowledge::embedded();
    let fitting: Vec<_> =
        knowledge.patterns().iter().filter(|pattern| pattern.rules.iter().any(|code| code == "KP203")).collect();
    match fitting.as_slice() {
        [] => assert_eq!(decision.pattern, None),
        [only] => {
            assert_eq!(decision.pattern.as_ref().unwrap().as_str(), only.id);
            assert_eq!(decision.fails_first.as_ref(), Some(&only.fails_first));
        }
        several => assert_eq!(decision.options.as_ref().unwrap().len(), several.len().min(5)),
    }
    let once = bench.text().to_owned();
    bench.keys("v");
    assert_eq!(bench.text(), once);
    assert!(matches!(bench.bench.place(), Place::Form(entity) if entity.kind.table() == "decision"));
    bench.keys("esc u");
    assert_eq!(bench.text(), TEXT);
}

#[test]
fn an_acceptance_needs_a_reason_and_has_an_end() {
    let mut bench = on(TEXT, TIMEOUT);
    bench.keys("t a enter");
    assert!(bench.bench.has_overlay(), "a reason is needed");
    bench.keys("enter enter");
    assert_eq!(bench.text(), TEXT);
    bench.keys(r#""the SDK gives up after 2 s" enter enter enter enter enter"#);
    assert!(!bench.bench.has_overlay(), "{}", bench.screen());
    let (review, _, problems) = parse(bench.text());
    assert!(problems.is_empty(), "{problems:?}");
    let entry = &review.triage[0];
    assert_eq!((entry.finding(), entry.status), (TIMEOUT, Some(TriageStatus::Accepted)));
    assert_eq!(entry.by.as_deref(), Some("team-shop"));
    assert_eq!(entry.date, Some(date(2026, 11, 23)));
    assert!(entry.expires > entry.date);
    assert_eq!(standing(&bench, TIMEOUT), "accepted");
    bench.keys("u");
    assert_eq!(bench.text(), TEXT);
}

#[test]
fn a_decided_finding_is_decided_again_in_its_own_entry_and_opened_again() {
    let text = format!(
        "{TEXT}\n[[triage]]   # ours\nfinding = \"KP203@*->pay\"\nstatus = \"in-progress\"\n\n[[triage]]\nfinding = \"missing-timeout@api -> pay\"\nstatus = \"in-discussion\"\nticket = \"X-1\"\n"
    );
    let mut bench = on(&text, TIMEOUT);
    bench.keys("t");
    assert!(bench.screen().contains("Now in-discussion"), "{}", bench.screen());
    // The reason first, then by, date, expires; the ticket is emptied.
    bench.keys(r#"m "merged" enter enter enter enter ctrl-u enter"#);
    let (review, _, _) = parse(bench.text());
    assert_eq!(review.triage.len(), 2);
    assert_eq!((review.triage[1].status, review.triage[1].ticket.as_deref()), (Some(TriageStatus::Mitigated), None));
    assert_eq!(review.triage[1].finding(), "missing-timeout@api -> pay", "written as it was");
    assert_eq!(standing(&bench, TIMEOUT), "mitigated");
    // Take the entry away: the pattern answers again, and says so.
    bench.keys("f tab");
    let mut bench = on(&text, TIMEOUT);
    bench.keys("t o");
    assert_eq!(parse(bench.text()).0.triage.len(), 1);
    assert_eq!(standing(&bench, TIMEOUT), "in-progress");
    bench.keys("t");
    assert!(bench.screen().contains("by the pattern KP203@*->pay"), "{}", bench.screen());
    // Deciding about one finding does not change the pattern.
    bench.keys("d enter enter enter enter enter");
    let (review, _, _) = parse(bench.text());
    assert_eq!((review.triage.len(), review.triage[0].status), (2, Some(TriageStatus::InProgress)));
    assert_eq!(standing(&bench, TIMEOUT), "in-discussion");
}

/// The rows of the findings that are on screen, in the part of this name.
fn part(bench: &mut Bench, name: &str) -> String {
    bench.keys("f shift-tab home");
    for _ in 0..20 {
        let screen = bench.screen();
        if screen.lines().any(|line| line.to_lowercase().contains(&format!("▸ {}", name.to_lowercase()))) {
            return screen;
        }
        bench.keys("down");
    }
    panic!("no part {name}: {}", bench.screen());
}

#[test]
fn findings_are_listed_by_what_became_of_them() {
    let entry = |id: &str, rest: &str| format!("\n[[triage]]\nfinding = \"{id}\"\ndate = 2026-11-01\n{rest}\n");
    let text = format!(
        "{TEXT}{}{}{}",
        entry(TIMEOUT, "status = \"mitigated\"\nreason = \"done\""),
        entry("KP303@notes", "status = \"accepted\"\nreason = \"old is fine\"\nexpires = 2026-11-02"),
        entry("KP502@review", "status = \"false-positive\""),
    );
    let mut bench = Bench::open(&text);
    let verify = part(&mut bench, "Not verified");
    assert!(verify.contains("mitigated") && verify.contains("KP906"), "{verify}");
    let expired = part(&mut bench, "expired");
    assert!(expired.contains("KP303") && !expired.contains("mitigated "), "{expired}");
    let accepted = part(&mut bench, "accepted");
    assert!(accepted.contains("Findings that are accepted · 0"), "the entry has run out: {accepted}");
}

#[test]
fn findings_are_put_into_groups_and_the_cursor_stays() {
    let mut bench = on(TEXT, "KP303@notes");
    let ids = |bench: &mut Bench| {
        let screen = bench.screen();
        screen.lines().filter(|line| line.contains("KP")).count()
    };
    let all = ids(&mut bench);
    for word in ["by severity", "by rule", "by element", "by status"] {
        bench.keys("b");
        let screen = bench.screen();
        assert!(screen.contains(&format!(" · {word}")), "{screen}");
        assert!(screen.contains("finding") && screen.contains("── "), "{screen}");
        assert!(screen.contains("KP303 cache-without-invalidation"), "the same one is selected: {screen}");
    }
    assert!(ids(&mut bench) >= all);
    bench.keys("b");
    assert_eq!(ids(&mut bench), all);
    // On a heading nothing can be done, and it is said or nothing happens.
    bench.keys("b b home F A esc v t x d enter");
    assert_eq!(bench.text(), TEXT);
}

#[test]
fn a_rule_that_failed_is_said_and_stands_in_the_list() {
    let mut bench = Bench::open(TEXT);
    let mut analysis = analyze(&parse(TEXT).0, &Evidence::default(), &Settings::new(date(2026, 11, 23)));
    analysis.failed_rules =
        vec![FailedRule { code: "KP299", name: "always-fails", message: "index 7 of 3".to_owned() }];
    let revision = bench.bench.session().document.revision();
    bench.send(Msg::Done(Done::Analysed { revision, analysis: Box::new(analysis) }));
    assert!(bench.bench.message().unwrap().contains("KP299 stopped"), "{:?}", bench.bench.message());
    bench.keys("f");
    let screen = bench.screen();
    assert!(screen.contains("1 rule failed"), "{screen}");
    assert!(screen.contains("KP299 always-fails stopped and answered nothing: index 7 of 3"), "{screen}");
    bench.resize(80, 24);
    assert!(bench.screen().contains("KP299 always-fails"), "{}", bench.screen());
}

#[test]
fn unanswered_questions_lead_to_the_first_of_them() {
    let text = TEXT.replace("format = 1\n", "format = 1\nreview = { status = \"in-review\", date = 2026-11-20 }\n");
    let mut bench = on(&text, "KP903@step.failure");
    bench.keys("enter");
    assert_eq!(bench.bench.place(), Place::Step(3));
    bench.keys("enter y");
    let answers = parse(bench.text()).0.answers;
    assert!(answers[0].question().starts_with("failure."), "{answers:?}");
}

// What was measured, and when, decides about fixes and about the age of a review.

fn said(text: &str, measured: &[(&str, &str)]) -> Vec<String> {
    let (review, _, problems) = parse(text);
    assert!(problems.is_empty(), "{problems:?}");
    let measurements = measured.iter().map(|(at, day)| {
        let day: jiff::civil::Date = day.parse().unwrap();
        let moment = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        kneepoint::model::Measurement {
            element: review.element(at).unwrap(),
            signal: "p99".to_owned(),
            value: Some(0.2),
            at: moment.as_second() as f64,
        }
    });
    let evidence = Evidence { measurements: measurements.collect() };
    let analysis = analyze(&review, &evidence, &Settings::new(date(2026, 11, 23)));
    let mine = |code: &str| ["KP901", "KP906", "KP907"].contains(&code);
    let found = analysis.findings.iter().filter(|finding| mine(finding.code)).map(|finding| finding.id.clone());
    let unknown = analysis.cannot_tell.iter().filter(|unknown| mine(unknown.code));
    found.chain(unknown.map(|unknown| format!("{} ? {}", unknown.code, unknown.missing))).collect()
}

#[test]
fn a_measurement_after_the_change_verifies_a_fix_and_one_before_it_does_not() {
    let text = TEXT.replace("to = \"pay\"\nmode", "to = \"pay\"\ntimeout = \"200ms\"\nmode")
        + "\n[[triage]]\nfinding = \"KP203@api->pay\"\nstatus = \"mitigated\"\ndate = 2026-11-01\n";
    assert_eq!(said(&text, &[]), ["KP906 ? failure.tested"]);
    assert_eq!(said(&text, &[("api -> pay", "2026-10-31")]), ["KP906@triage.KP203@api->pay"]);
    assert_eq!(said(&text, &[("api -> pay", "2026-10-31"), ("buy", "2026-11-01")]), ["KP901@triage.KP203@api->pay"]);
    assert_eq!(said(&text, &[("notes", "2026-11-02")]), ["KP906 ? failure.tested"], "about something else");
}

#[test]
fn a_review_is_stale_once_what_was_measured_is_a_month_newer() {
    let text = TEXT.replace("format = 1\n", "format = 1\nreview = { date = 2026-10-01 }\n");
    assert_eq!(said(&text, &[("api", "2026-10-30")]), [""; 0]);
    assert_eq!(said(&text, &[("api", "2026-10-31")]), ["KP907@review"]);
    assert_eq!(said(&text, &[("api", "2026-12-31")]), [""; 0], "a clock that is wrong is no news");
}
