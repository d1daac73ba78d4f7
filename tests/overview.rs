//! The overview and the answers of the model, by key scripts.

#![expect(clippy::panic, reason = "a test ends at the first surprise")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::{Bench, SMALL};
use kneepoint::document::parse;
use kneepoint::model::{AnswerSource, AnswerWord};
use kneepoint::workbench::{Msg, Place};

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");

/// A service that waits for a database without a time limit, and one with.
const CALLS: &str = "format = 1\n\n[[component]]\nid = \"api\"\nkind = \"service\"\n\n[[component]]\nid = \"db\"\nkind = \"database\"\n\n\
    [[dependency]]\nfrom = \"api\"\nto = \"db\"\nmode = \"sync\"\ntimeout = \"1s\" # by hand\n\n\
    [[flow]]\nid = \"buy\"\nentry = \"api\"\ncalls = [{ from = \"api\", to = \"db\" }]\n";

/// Keys to the part of the overview with a title, then into the work.
fn to_part(bench: &mut Bench, title: &str) -> String {
    bench.keys("0 shift-tab home");
    for _ in 0..20 {
        let screen = bench.screen();
        if screen.lines().any(|line| line.contains(&format!("▸ {title}"))) {
            bench.keys("tab");
            return bench.screen();
        }
        bench.keys("down");
    }
    panic!("no part {title}\n{}", bench.screen());
}

#[test]
fn the_overview_shows_each_line_in_words_and_counts() {
    let mut bench = Bench::open(SHOP);
    let screen = bench.keys("0").screen();
    assert!(screen.contains("▸ Overview"), "{screen}");
    for line in [
        "Predictable",
        "Resilient",
        "Efficient",
        "Operable",
        "Traffic",
        "Data",
        "Product",
        "Teams",
        "Cost",
        "Geography",
    ] {
        assert!(screen.contains(line), "{line}\n{screen}");
    }
    assert!(screen.contains("!! at risk"), "{screen}");
    assert!(screen.contains("checks fail; ") && screen.contains("cannot tell"), "{screen}");
    // On the small terminal the same.
    let small = bench.resize(80, 24).screen();
    assert!(small.contains("!! at risk") && small.contains("Resilient"), "{small}");
}

#[test]
fn a_line_leads_to_its_checks_and_a_check_to_its_finding() {
    let mut bench = Bench::open(SHOP);
    bench.keys("0 down enter");
    let screen = bench.screen();
    assert!(screen.contains("Resilient: !! at risk"), "{screen}");
    assert!(screen.contains("▼ pulls down") && screen.contains("KP203"), "{screen}");
    // The row of KP203 leads to the dependency without a time limit, on its key.
    let row = screen
        .lines()
        .filter(|line| line.contains("pulls down"))
        .position(|line| line.contains("KP203"))
        .expect("there");
    bench.keys(&"down ".repeat(row));
    bench.keys("enter");
    let entity = match bench.bench.place() {
        Place::Form(entity) => entity,
        place => panic!("{place:?}"),
    };
    assert_eq!(bench.bench.session().name_of(entity), "checkout-api -> fraud");
    // Back to the line, and back to the card.
    bench.keys("esc");
    assert!(bench.screen().contains("Resilient: !! at risk"));
}

#[test]
fn an_unknown_check_leads_to_the_key_that_would_tell() {
    let mut bench = Bench::open("[[component]]\nid = 'a'\nkind = 'service'\n[[component]]\nid = 'q'\nkind = 'queue'\n");
    let screen = to_part(&mut bench, "Resilient");
    let row = screen
        .lines()
        .filter(|line| line.contains("unknown ") || line.contains("pulls down"))
        .position(|line| line.contains("KP313"));
    bench.keys(&"down ".repeat(row.expect("KP313 cannot tell")));
    bench.keys("enter \"true\" enter");
    assert!(
        bench.text().contains("broker = { dead_letter = true }") || bench.text().contains("dead_letter = true"),
        "{}",
        bench.text()
    );
}

#[test]
fn the_size_says_why_and_what_is_left_out_and_an_answer_brings_it_back() {
    let mut bench = Bench::open(SHOP);
    let size = to_part(&mut bench, "Size");
    assert!(size.contains("full is proposed") && size.contains("= 9× of today's load"), "{size}");
    let left = to_part(&mut bench, "Left out");
    assert!(left.contains("checklist: Many tenants") && left.contains("no tenancy in the review"), "{left}");
    // Enter goes to the checklist, where the items are marked as left out.
    let row = left
        .lines()
        .filter(|line| line.contains("checklist: "))
        .position(|line| line.contains("Many tenants"))
        .expect("there");
    bench.keys(&"down ".repeat(row));
    bench.keys("enter");
    assert_eq!(bench.bench.place(), Place::Checklists);
    let list = bench.screen();
    assert!(list.contains("– left out") && list.contains("Left out: no tenancy in the review"), "{list}");
    // One answer brings the list back.
    bench.keys("enter n");
    let list = bench.screen();
    assert!(!list.contains("– left out") && list.contains("✗ no"), "{list}");
}

#[test]
fn one_key_takes_the_answer_of_the_model_with_what_it_cites() {
    let mut bench = Bench::open(CALLS);
    // Nothing stands in the file before.
    assert!(!bench.text().contains("[[answer]]"));
    bench.keys(r#"/ "resilience.every-wait-ends" enter"#);
    let screen = bench.screen();
    assert!(screen.contains("◆ yes") && screen.contains("api -> db: timeout 1 s"), "{screen}");
    bench.keys("=");
    let (review, _, problems) = parse(bench.text());
    assert!(problems.is_empty(), "{problems:?}");
    let answer = review.answers.first().expect("taken");
    assert_eq!(answer.question(), "resilience.every-wait-ends");
    assert_eq!((answer.answer, answer.source), (Some(AnswerWord::Yes), Some(AnswerSource::Model)));
    assert_eq!(answer.evidence.as_deref(), Some("api -> db: timeout 1 s"));
    assert_eq!(answer.date.map(|date| date.to_string()).as_deref(), Some("2026-11-23"));
    assert!(bench.text().starts_with(CALLS), "the rest of the file is as it was");
    bench.keys("u");
    assert_eq!(bench.text(), CALLS);
}

#[test]
fn the_menu_of_a_question_offers_the_answer_of_the_model() {
    let mut bench = Bench::open(CALLS);
    bench.keys(r#"/ "resilience.every-wait-ends" enter enter"#);
    assert!(bench.screen().contains("as the model says: yes"), "{}", bench.screen());
    bench.keys("=");
    assert_eq!(parse(bench.text()).0.answers.len(), 1);
}

#[test]
fn what_a_person_said_is_not_overwritten_and_the_contradiction_is_shown() {
    let said =
        format!("{CALLS}\n[[answer]]\nquestion = \"resilience.every-wait-ends\"\nanswer = \"no\"\nby = \"sceptic\"\n");
    let mut bench = Bench::open(&said);
    bench.keys(r#"/ "resilience.every-wait-ends" enter"#);
    let screen = bench.screen();
    assert!(screen.contains("✗ no ≠ model"), "{screen}");
    assert!(screen.contains("answered no, but the model says yes: api -> db: timeout 1 s"), "{screen}");
    bench.keys("=");
    assert_eq!(bench.text(), said);
    assert!(bench.bench.message().is_some_and(|message| message.contains("People have answered this")));
    let part = to_part(&mut bench, "Contradictions");
    assert!(part.contains("resilience.every-wait-ends"), "{part}");
    bench.keys("enter");
    assert!(bench.bench.has_overlay(), "enter asks the question again");
}

#[test]
fn a_person_who_changes_the_answer_of_the_model_makes_it_theirs() {
    let mut bench = Bench::open(CALLS);
    bench.keys(r#"/ "resilience.every-wait-ends" enter = enter n"#);
    let (review, _, _) = parse(bench.text());
    assert_eq!(review.answers.len(), 1);
    let answer = &review.answers[0];
    assert_eq!((answer.answer, answer.source), (Some(AnswerWord::No), Some(AnswerSource::People)));
    assert_eq!(answer.evidence.as_deref(), Some("instead of yes by model: api -> db: timeout 1 s"));
}

#[test]
fn what_the_model_cannot_tell_is_not_taken() {
    let mut bench = Bench::open("[[component]]\nid = 'q'\nkind = 'queue'\n");
    let before = bench.text().to_owned();
    bench.keys(r#"/ "queues.poison" enter ="#);
    assert_eq!(bench.text(), before);
    let message = bench.bench.message().unwrap_or_default();
    assert!(message.contains("cannot tell") && message.contains("component.broker.dead_letter of q"), "{message}");
    bench.keys("1 =");
    assert_eq!(bench.text(), before, "only questions have answers");
}

#[test]
fn an_empty_review_has_an_overview_that_says_what_is_missing() {
    let mut bench = Bench::new("");
    let screen = bench.keys("0").screen();
    assert!(screen.contains("? unknown") && screen.contains("nothing is described yet"), "{screen}");
    for part in ["Size", "To be asked", "Left out", "Contradictions", "Resilient"] {
        to_part(&mut bench, part);
        bench.keys("enter esc");
    }
    // The smallest terminal, and back.
    for (width, height) in [(40, 12), (20, 6), (120, 36)] {
        bench.send(Msg::Resize(width, height));
    }
    assert!(bench.keys("0").screen().contains("Overview"));
}

#[test]
fn the_lines_move_as_the_model_does() {
    let mut bench = Bench::open(SMALL);
    let before = to_part(&mut bench, "Resilient");
    assert!(before.contains("KP203"), "{before}");
    bench.keys(r#"/ "api -> db" enter"#);
    let screen = bench.screen();
    let row = screen
        .lines()
        .filter(|line| line.contains('│') || line.contains('┃'))
        .position(|line| line.contains("timeout"))
        .expect("a form");
    assert!(row > 0);
    // The form's rows are its keys in order: find the time limit by its explanation.
    for _ in 0..30 {
        if bench.screen().contains("When the caller gives up") {
            break;
        }
        bench.keys("down");
    }
    bench.keys(r#"enter "250ms" enter"#);
    assert!(bench.text().contains("timeout = \"250ms\""), "{}", bench.text());
    let after = to_part(&mut bench, "Resilient");
    assert!(
        !after.contains("KP203 ") || after.lines().any(|line| line.contains("✓ holds") && line.contains("KP203")),
        "{after}"
    );
}
