//! Edits that findings offer: looked at, applied with one key, taken back byte for byte.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;
use kneepoint::workbench::{Done, Effect, Msg};

/// Two calls that are repeated: one only lacks jitter (follows from the file), one backs off not at all.
const RETRIES: &str = r#"format = 1   # ours

[[component]]
id = "api"
kind = "service"

[[component]]
id = "pay"   # bought
kind = "external"

[[component]]
id = "tax"
kind = "external"

[[dependency]]   # the provider
from = "api"
to   = "pay"
mode = "sync"
timeout = "200ms"
idempotency = "key"
retry = { attempts = 2, backoff = "exponential", base = "20ms", cap = "1s" }   # twice

[[dependency]]
from = "api"
to   = "tax"
mode = "sync"
timeout = "200ms"
idempotency = "natural"
retry = { attempts = 2, cap = "1s" }
"#;

/// The workbench with the cursor on a finding.
fn on(text: &str, id: &str) -> Bench {
    let mut bench = Bench::open(text);
    bench.keys("f");
    let analysis = bench.bench.session().analysis.clone().unwrap();
    let row = analysis.findings.iter().position(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}"));
    for _ in 0..row {
        bench.keys("down");
    }
    bench
}

fn has(bench: &Bench, id: &str) -> bool {
    bench.bench.session().analysis.as_ref().unwrap().findings.iter().any(|finding| finding.id == id)
}

#[test]
fn a_fix_is_shown_as_lines_of_the_file_and_applied_with_one_key() {
    let mut bench = on(RETRIES, "KP401@api->pay");
    let screen = bench.screen();
    assert!(screen.contains("F set retry.jitter = true · safe"), "{screen}");
    assert!(screen.contains("F fix"), "the line of keys: {screen}");
    bench.keys("F");
    let screen = bench.screen();
    assert!(screen.contains("Fix KP401@api->pay"), "{screen}");
    assert!(screen.contains(r#"- 21 retry = { attempts = 2, backoff = "exponential""#), "{screen}");
    assert!(screen.contains("jitter = true }  "), "{screen}");
    assert!(screen.contains("  20 idempotency = \"key\""), "a line around it: {screen}");
    assert!(screen.contains("Findings: ") && screen.contains(" → "), "{screen}");
    assert_eq!(bench.text(), RETRIES, "looking changes nothing");
    bench.keys("esc");
    assert!(!bench.bench.has_overlay());
    bench.keys("F enter");
    assert!(!bench.bench.has_overlay());
    let fixed = RETRIES.replacen(r#"cap = "1s" }   # twice"#, r#"cap = "1s", jitter = true }   # twice"#, 1);
    assert_eq!(bench.text(), fixed);
    assert!(!has(&bench, "KP401@api->pay"));
    assert!(bench.bench.message().unwrap().contains("u takes it back"));
    bench.keys("u");
    assert_eq!(bench.text(), RETRIES);
    assert!(has(&bench, "KP401@api->pay"));
}

#[test]
fn what_only_people_know_says_that_somebody_must_agree() {
    let mut bench = on(RETRIES, "KP401@api->tax");
    bench.keys("F");
    let screen = bench.screen();
    assert!(screen.contains("Somebody must agree"), "{screen}");
    bench.keys("enter");
    assert!(bench.text().contains(r#"backoff = "exponential", base = "20ms", jitter = true"#), "{}", bench.text());
    bench.keys("u");
    assert_eq!(bench.text(), RETRIES);
}

#[test]
fn a_finding_without_an_edit_says_what_else_can_be_done() {
    let text = RETRIES.replace("timeout = \"200ms\"\nidempotency = \"key\"\n", "idempotency = \"key\"\n");
    let mut bench = Bench::open(&text);
    bench.keys("f");
    let analysis = bench.bench.session().analysis.clone().unwrap();
    let row = analysis.findings.iter().position(|finding| finding.fixes.is_empty()).unwrap();
    for _ in 0..row {
        bench.keys("down");
    }
    let hints = bench.screen().lines().last().unwrap().to_owned();
    assert!(!hints.contains("F fix"), "{hints}");
    bench.keys("F");
    assert!(!bench.bench.has_overlay());
    assert!(bench.bench.message().unwrap().contains("A makes an action"), "{:?}", bench.bench.message());
    assert_eq!(bench.text(), text);
}

#[test]
fn the_fixes_about_a_row_of_a_table_are_offered_there_too() {
    let mut bench = Bench::open(RETRIES);
    bench.keys("4 F");
    assert!(bench.screen().contains("KP401@api->pay"), "{}", bench.screen());
    bench.keys("enter");
    assert!(bench.text().contains("jitter = true }   # twice"));
    // In the form of all keys as well; and where nothing was found it is said.
    bench.keys("u 4 o F");
    assert!(bench.screen().contains("Fix KP401@api->pay"), "{}", bench.screen());
    bench.keys("esc 2 F");
    assert!(!bench.bench.has_overlay());
    assert!(bench.bench.message().is_some());
}

#[test]
fn a_fix_is_never_made_in_a_later_text_than_the_one_it_is_of() {
    let mut bench = on(RETRIES, "KP401@api->pay");
    bench.keys("F");
    // Another program puts a dependency in front: positions of the offered edit are of the text before.
    let theirs = RETRIES.replacen(
        "[[dependency]]   # the provider",
        "[[dependency]]\nfrom = \"tax\"\nto = \"pay\"\n\n[[dependency]]   # the provider",
        1,
    );
    bench.send(Msg::ChangedOnDisk(theirs.clone()));
    bench.keys("enter");
    assert_eq!(bench.text(), theirs, "nothing was changed");
    assert!(bench.screen().contains("! the review has changed since this was offered"), "{}", bench.screen());
    bench.keys("esc F enter");
    assert_eq!(bench.text().matches("jitter = true").count(), 1);
    assert!(bench.text().contains("cap = \"1s\", jitter = true }   # twice"), "{}", bench.text());
}

#[test]
fn findings_of_an_older_text_offer_nothing() {
    let mut bench = on(RETRIES, "KP401@api->pay");
    // An edit whose analysis is still on its way.
    let effects = bench.bench.update(Msg::EditorReturned(Ok(format!("# first\n{RETRIES}"))));
    let (work, _): (Vec<_>, Vec<_>) = effects.into_iter().partition(|effect| matches!(effect, Effect::Work(..)));
    bench.keys("F");
    assert!(!bench.bench.has_overlay());
    assert!(bench.bench.message().unwrap().contains("in a moment"));
    for effect in work {
        let Effect::Work(_, job) = effect else { continue };
        let done: Done = job.run(&std::sync::atomic::AtomicBool::new(false)).unwrap();
        bench.send(Msg::Done(done));
    }
    bench.keys("F enter");
    assert!(bench.text().contains("jitter = true }   # twice"));
}

#[test]
fn a_small_screen_shows_the_choice_the_lines_and_the_outcome() {
    let mut bench = on(RETRIES, "KP401@api->tax");
    bench.resize(80, 24).keys("F");
    let screen = bench.screen();
    for wanted in ["wait longer each time", "+ ", "Findings: ", "agree"] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    bench.resize(60, 12);
    assert!(bench.screen().contains("wait longer"), "{}", bench.screen());
    bench.keys("pgdn pgdn pgup j k 2 esc");
    assert!(!bench.bench.has_overlay());
}
