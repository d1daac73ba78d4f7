//! How much review a system deserves: TOML in; depth, reasons, and what is left out, out.

#![expect(clippy::expect_used, reason = "a test ends at the first surprise")]

use jiff::civil::date;
use kneepoint::analysis::{Analysis, Depth, Settings, Sizing, Weighs, analyze};
use kneepoint::document::parse;
use kneepoint::knowledge::{Among, Knowledge};
use kneepoint::model::Evidence;
use std::collections::BTreeSet;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");

fn analysed(text: &str) -> Analysis {
    let (review, _, _) = parse(text);
    analyze(&review, &Evidence::default(), &Settings::new(date(2026, 11, 23)))
}

fn sized(text: &str) -> Sizing {
    analysed(text).sizing
}

/// A small internal tool of which everything is known.
const TOOL: &str = "[growth]\ntraffic = 1.2\npeak = 1.5\n\
    [[slo]]\nid = 's'\nflow = 'report'\nindicator = 'availability'\nobjective = 99.0\n\
    [[component]]\nid = 'web'\nkind = 'service'\n\
    [[component]]\nid = 'db'\nkind = 'database'\nrecovery = { rpo = '24h', rto = '8h' }\n\
    [[dependency]]\nfrom = 'web'\nto = 'db'\nmode = 'sync'\ntimeout = '1s'\noperation = 'read'\n\
    [[flow]]\nid = 'report'\nentry = 'web'\nrate = '1/s'\ncritical = false\ncalls = [{ from = 'web', to = 'db' }]\n\
    [[decision]]\nid = 'd'\ntitle = 't'\nstatus = 'accepted'\ndoor = 'two-way'\n";

fn reason(sizing: &Sizing, about: &str) -> (Weighs, String) {
    let reason = sizing.reasons.iter().find(|reason| reason.about == about).expect("always the same five");
    (reason.weighs, reason.text.clone())
}

#[test]
fn what_is_known_and_small_is_a_quick_review() {
    let sizing = sized(TOOL);
    assert_eq!(sizing.depth, Depth::Quick, "{:#?}", sizing.reasons);
    assert!(sizing.reasons.iter().all(|reason| reason.weighs == Weighs::Light));
    assert_eq!(reason(&sizing, "growth").1, "traffic 1.2× × peak 1.5× = 1.8× of today's load: below 2×");
    assert_eq!(reason(&sizing, "blast radius").1, "losing web fails 1 of 1 flow (0 critical) and misses 1 SLO");
    assert!(sizing.asked.len() < 20, "{:?}", sizing.asked);
    assert_eq!(sizing.skips("caching.stampede"), Some("no cache in the review: the checklist does not apply"));
    assert_eq!(sizing.skips("cost.biggest-three"), Some("a quick review leaves it out"));
    assert_eq!(sizing.skips("failure.premortem"), Some("a quick review leaves it out"));
    assert_eq!(sizing.skips("targets.value"), None);
}

/// Each reason alone, at its threshold and below, makes the difference.
#[test]
fn each_reason_turns_a_quick_review_into_a_full_one_at_its_threshold() {
    let cases: &[(&str, &str, &str, Weighs)] = &[
        ("growth", "peak = 1.5", "peak = 1.7", Weighs::Heavy),
        ("growth", "peak = 1.5", "peak = { low = 1.0, high = 1.7 }", Weighs::Heavy),
        ("growth", "peak = 1.5", "peak = 1.66", Weighs::Light),
        ("growth", "peak = 1.5\n", "", Weighs::Unknown),
        ("growth", "traffic = 1.2\n", "", Weighs::Unknown),
        ("growth", "traffic = 1.2\npeak = 1.5", "peak = 9", Weighs::Heavy),
        ("criticality", "critical = false", "critical = true\nvalue_share = 0.1", Weighs::Heavy),
        ("criticality", "critical = false", "critical = true\nvalue_share = 0.09", Weighs::Light),
        ("criticality", "critical = false", "critical = true", Weighs::Unknown),
        ("criticality", "critical = false\n", "", Weighs::Unknown),
        ("criticality", "objective = 99.0", "objective = 99.9", Weighs::Heavy),
        ("criticality", "objective = 99.0", "objective = 99.89", Weighs::Light),
        ("one-way decisions", "door = 'two-way'", "door = 'one-way'", Weighs::Heavy),
        ("one-way decisions", "door = 'two-way'", "", Weighs::Unknown),
        (
            "one-way decisions",
            "status = 'accepted'\ndoor = 'two-way'",
            "status = 'rejected'\ndoor = 'one-way'",
            Weighs::Light,
        ),
        ("data", "recovery = { rpo = '24h', rto = '8h' }", "recovery = { rto = '8h' }", Weighs::Unknown),
        ("data", "recovery = { rpo = '24h', rto = '8h' }", "", Weighs::Unknown),
        ("data", "kind = 'service'\n", "", Weighs::Unknown),
        ("blast radius", "calls = [{ from = 'web', to = 'db' }]", "", Weighs::Light),
        ("blast radius", "entry = 'web'\n", "", Weighs::Unknown),
    ];
    for (about, from, to, weighs) in cases {
        assert!(TOOL.contains(from), "{from}");
        let sizing = sized(&TOOL.replacen(from, to, 1));
        assert_eq!(reason(&sizing, about).0, *weighs, "{about}: {to}: {:?}", reason(&sizing, about));
        let all_light = sizing.reasons.iter().all(|reason| reason.weighs == Weighs::Light);
        assert_eq!(sizing.depth == Depth::Quick, all_light, "{to}");
        if *weighs == Weighs::Unknown {
            let reason = sizing.reasons.iter().find(|reason| reason.about == *about).expect("there");
            let key = reason.missing.expect("a missing key is named");
            assert!(sizing.sentence.contains(if sizing.reasons.iter().any(|r| r.weighs == Weighs::Heavy) {
                about
            } else {
                key
            }));
        }
    }
}

#[test]
fn a_component_that_takes_several_critical_flows_along_asks_for_a_full_review() {
    let second = |critical: bool| {
        format!(
            "[[flow]]\nid = 'two'\nentry = 'web'\ncritical = {critical}\nvalue_share = 0.01\ncalls = [{{ from = 'web', to = 'db' }}]\n"
        )
    };
    let first = TOOL.replace("critical = false", "critical = true\nvalue_share = 0.01");
    let both = sized(&(first.clone() + &second(true)));
    assert_eq!(
        reason(&both, "blast radius"),
        (Weighs::Heavy, "losing web fails 2 of 2 flows (2 critical) and misses 1 SLO".to_owned())
    );
    assert_eq!(reason(&sized(&(first + &second(false))), "blast radius").0, Weighs::Light);
    // Five flows that matter little each matter together.
    let more = (2..=5).map(|number| format!("[[flow]]\nid = 'f{number}'\nentry = 'web'\ncritical = false\n"));
    let five = std::iter::once(TOOL.to_owned()).chain(more).collect::<String>();
    assert_eq!(reason(&sized(&five), "blast radius").0, Weighs::Heavy);
    // A soft call takes nothing along: only the entry counts then.
    let soft = TOOL.replace("operation = 'read'", "operation = 'read'\ncriticality = 'soft'");
    assert!(reason(&sized(&soft), "blast radius").1.starts_with("losing web fails"));
}

#[test]
fn three_stores_ask_for_a_full_review_and_two_do_not() {
    let store =
        |id: &str| format!("[[component]]\nid = '{id}'\nkind = 'search'\nrecovery = {{ rpo = '1h', rto = '1h' }}\n");
    assert_eq!(reason(&sized(&(TOOL.to_owned() + &store("a"))), "data").0, Weighs::Light);
    let three = sized(&(TOOL.to_owned() + &store("a") + &store("b")));
    assert_eq!(
        reason(&three, "data"),
        (Weighs::Heavy, "3 stores of record, 0 without a stated loss and recovery time".to_owned())
    );
}

#[test]
fn nothing_described_is_no_reason_to_skip_anything() {
    for text in ["", "[review]\ntitle = 't'\n", "not toml ["] {
        let sizing = sized(text);
        assert_eq!(sizing.depth, Depth::Full);
        assert_eq!(sizing.skipped, []);
        assert_eq!(sizing.asked.len(), Knowledge::embedded().questions().count());
        assert_eq!(sizing.sentence, "Full review: nothing is described yet, so nothing argues for less.");
        assert!(sizing.reasons.iter().all(|reason| reason.weighs != Weighs::Heavy));
    }
}

#[test]
fn what_does_not_apply_is_left_out_with_its_reason_and_only_where_it_is_certain() {
    let full = TOOL.replace("peak = 1.5", "peak = 5.0");
    let sizing = sized(&full);
    let skipped: Vec<_> =
        sizing.skipped.iter().filter(|one| one.checklist).map(|one| (one.id.as_str(), one.reason.as_str())).collect();
    for (id, reason) in [
        ("queues", "no queue or stream in the review: the checklist does not apply"),
        ("llm", "no inference model in the review: the checklist does not apply"),
        ("tenancy", "no tenancy in the review: the checklist does not apply"),
        ("write-path-list", "no call that writes in the review: the checklist does not apply"),
    ] {
        assert!(skipped.contains(&(id, reason)), "{id}: {skipped:?}");
    }
    assert_eq!(sizing.skips("bottleneck.scaling-lag"), Some("no autoscaled component in the review"));
    assert_eq!(sizing.skips("targets.ramp"), Some("no autoscaled component and no queue or stream in the review"));
    // A component that does not say what it is may be the queue.
    let unsure = full.replace("kind = 'service'\n", "");
    assert!(!sized(&unsure).skipped.iter().any(|one| one.id == "queues"));
    // A call that does not say what it does may be the write.
    let unsure = full.replace("operation = 'read'\n", "");
    assert!(!sized(&unsure).skipped.iter().any(|one| one.id == "write-path-list"));
    // With a queue the list applies.
    let queue = full + "[[component]]\nid = 'q'\nkind = 'queue'\n";
    assert!(sized(&queue).checklists.iter().any(|id| id == "queues"));
}

#[test]
fn an_answer_of_a_person_counts_whatever_was_proposed() {
    let answer = |question: &str, word: &str| {
        format!("{TOOL}[[answer]]\nquestion = '{question}'\nanswer = '{word}'\nreason = 'we decided so'\n")
    };
    // An item of a list that does not apply brings the list back.
    assert!(sized(TOOL).skipped.iter().any(|one| one.id == "tenancy"));
    let back = sized(&answer("tenancy.fair", "no"));
    assert!(back.checklists.iter().any(|id| id == "tenancy") && back.skips("tenancy.fair").is_none());
    // A quick review goes through a question that somebody answered.
    assert!(sized(TOOL).skips("failure.premortem").is_some());
    assert_eq!(sized(&answer("failure.premortem", "yes")).skips("failure.premortem"), None);
    // What somebody says is not applicable is left out for that reason, and does not bring its list back.
    let not = sized(&answer("targets.value", "not-applicable"));
    assert_eq!(not.skips("targets.value"), Some("answered not applicable, because we decided so"));
    assert!(!not.asked.contains(&"targets.value".to_owned()));
    assert!(sized(&answer("tenancy.fair", "not-applicable")).skipped.iter().any(|one| one.id == "tenancy"));
}

#[test]
fn every_question_is_asked_answered_decided_or_left_out() {
    let text = SHOP;
    let analysis = analysed(text);
    let (review, _, _) = parse(text);
    let answered: BTreeSet<&str> = review.answers.iter().map(kneepoint::model::Answer::question).collect();
    for question in Knowledge::embedded().questions() {
        let id = question.id.as_str();
        let asked = analysis.sizing.asked.iter().any(|one| one == id);
        let skipped = analysis.sizing.skips(id).is_some();
        let decided = analysis.derived.get(id).is_some();
        assert!(asked || skipped || decided || answered.contains(id), "{id} is nowhere");
        assert!(!(asked && skipped), "{id} is asked and left out");
    }
    assert_eq!(analysis.sizing.depth, Depth::Full);
    assert_eq!(
        reason(&analysis.sizing, "growth"),
        (Weighs::Heavy, "traffic 1.5× × peak 6× = 9× of today's load: 2× or more".to_owned())
    );
    assert!(reason(&analysis.sizing, "criticality").1.contains("80 % of the value"));
}

#[test]
fn every_step_has_a_question_that_a_quick_review_asks() {
    for step in Knowledge::embedded().steps() {
        assert!(step.questions.iter().any(|question| question.quick), "{}", step.id);
    }
    for list in Knowledge::embedded().checklists() {
        for word in list.applies.iter().chain(list.items.iter().flat_map(|item| &item.applies)) {
            assert!(Among::parse(word).is_some(), "{}: {word}", list.id);
        }
    }
}

#[test]
fn hostile_numbers_and_names_are_sized_without_a_panic() {
    let text = "[growth]\npeak = 1e300\ntraffic = 1e300\n[[component]]\nid = 'a'\n[[component]]\nid = 'a'\nkind = 'database'\n\
                [[flow]]\nid = 'f'\nentry = 'a'\ncritical = true\nvalue_share = 1\n[[flow]]\nid = 'g'\nentry = 'ghost'\n\
                [[decision]]\n[[decision]]\ndoor = 'one-way'\n[[answer]]\nquestion = ''\n";
    let sizing = sized(text);
    assert_eq!(sizing.depth, Depth::Full);
    assert!(
        sizing.reasons.iter().all(|reason| !reason.text.contains("inf") && reason.text.len() < 400),
        "{:?}",
        sizing.reasons
    );
}
