//! The scorecard: TOML in, lines with what moves them out.

use jiff::civil::date;
use kneepoint::analysis::{Analysis, Check, Moves, Scale, Settings, Verdict, analyze};
use kneepoint::document::parse;
use kneepoint::knowledge::{InForce, Knowledge};
use kneepoint::model::Evidence;
use kneepoint::rules::{Severity, registry};
use std::collections::BTreeSet;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");

fn with(text: &str, change: impl FnOnce(&mut Settings)) -> Analysis {
    let (review, _, _) = parse(text);
    let mut settings = Settings::new(date(2026, 11, 23));
    change(&mut settings);
    analyze(&review, &Evidence::default(), &settings)
}

fn analysed(text: &str) -> Analysis {
    with(text, |_| {})
}

/// A method of one axis, with the rules and questions that serve it: what the counts are made of is then in sight.
fn one_axis(rules: &str, questions: &str) -> InForce {
    let axis = format!("[[axis]]\nid = 'resilient'\nrules = [{rules}]\nquestions = [{questions}]\n");
    let gone = ["predictable", "efficient", "operable"].map(|id| format!("[[axis]]\nid = '{id}'\nremove = true\n"));
    let text = axis + &gone.concat();
    let (knowledge, problems) = InForce::with_overlay(&[("catalogue/principles.toml".to_owned(), text)]);
    assert_eq!(problems, []);
    knowledge
}

/// `verdict | sentence` of the axis, with these rules and questions serving it.
fn scored(text: &str, rules: &str, questions: &str) -> String {
    let analysis = with(text, |settings| settings.knowledge = one_axis(rules, questions));
    let line = &analysis.scorecard.lines[0];
    format!("{} | {}", line.verdict.words(), line.sentence)
}

const CALLS: &str = "[[component]]\nid = 'api'\nkind = 'service'\n[[component]]\nid = 'db'\nkind = 'database'\n\
                     [[component]]\nid = 'q'\nkind = 'queue'\n\
                     [[flow]]\nid = 'buy'\nentry = 'api'\ncritical = true\nrate = '10/s'\ncalls = [{ from = 'api', to = 'db' }]\n";
const GOOD_CALL: &str = "[[dependency]]\nfrom = 'api'\nto = 'db'\nmode = 'sync'\ntimeout = '1s'\n";
const BAD_CALL: &str = "[[dependency]]\nfrom = 'api'\nto = 'db'\nmode = 'sync'\n";

#[test]
fn a_review_with_nothing_in_it_is_unknown_and_not_good() {
    for text in ["", "[review]\ntitle = 'Nothing yet'\n", "[growth]\npeak = 2.0\ntraffic = 1.5\nhorizon = '12mo'\n"] {
        let analysis = analysed(text);
        assert_eq!(analysis.scorecard.lines.len(), 10);
        for line in &analysis.scorecard.lines {
            assert_eq!(
                (line.verdict, line.sentence.as_str()),
                (Verdict::Unknown, "nothing is described yet"),
                "{text}"
            );
            assert!(line.movers.is_empty());
        }
    }
}

#[test]
fn the_axes_come_first_then_the_six_dimensions() {
    let analysis = analysed(SHOP);
    let lines: Vec<_> = analysis.scorecard.lines.iter().map(|line| (line.scale, line.id.as_str())).collect();
    assert_eq!(
        lines,
        [
            (Scale::Axis, "predictable"),
            (Scale::Axis, "resilient"),
            (Scale::Axis, "efficient"),
            (Scale::Axis, "operable"),
            (Scale::Dimension, "traffic"),
            (Scale::Dimension, "data"),
            (Scale::Dimension, "product"),
            (Scale::Dimension, "teams"),
            (Scale::Dimension, "cost"),
            (Scale::Dimension, "geography"),
        ]
    );
}

#[test]
fn the_worst_that_is_known_decides_and_the_unknown_is_neither() {
    let both = format!("{CALLS}{GOOD_CALL}");
    let rules = "'KP203', 'KP313', 'KP501'";
    assert_eq!(scored(&both, "'KP203'", ""), "holds | 1 of 1 check holds");
    // The queue says nothing of a dead letter: unknown beside one that holds is not a "holds".
    assert_eq!(scored(&both, "'KP203', 'KP313'", ""), "mostly unknown | 1 of 2 checks holds; 1 cannot tell");
    assert_eq!(
        scored(&both, "'KP203', 'KP313', 'KP204'", ""),
        "holds as far as known | 2 of 3 checks hold; 1 cannot tell"
    );
    assert_eq!(scored(&both, "'KP313'", ""), "unknown | 1 check, and none can tell");
    // A rule with nothing to look at is no check.
    assert_eq!(scored(&both, "'KP401'", ""), "unknown | no check has anything to look at");
    // One that fails decides, whatever else holds.
    let bad = format!("{CALLS}{BAD_CALL}");
    assert_eq!(scored(&bad, rules, "").split(" | ").next(), Some("at risk"));
    assert!(scored(&bad, rules, "").contains("1 of 3 checks fails; 2 cannot tell"), "{}", scored(&bad, rules, ""));
}

#[test]
fn severity_decides_between_at_risk_weak_and_mostly_holds() {
    let bad = format!("{CALLS}{BAD_CALL}");
    let as_severity = |severity| {
        let analysis = with(&bad, |settings| {
            settings.knowledge = one_axis("'KP203'", "");
            settings.severities.insert("KP203".to_owned(), severity);
        });
        analysis.scorecard.lines[0].verdict
    };
    assert_eq!(as_severity(Severity::High), Verdict::AtRisk);
    assert_eq!(as_severity(Severity::Medium), Verdict::Weak);
    assert_eq!(as_severity(Severity::Low), Verdict::MostlyHolds);
    assert_eq!(as_severity(Severity::Note), Verdict::Unknown, "a note pulls nothing down, and nothing passes");
}

#[test]
fn what_the_ledger_accepts_is_decided_about_and_a_false_positive_is_nothing() {
    let triaged = |status: &str| {
        let entry = format!("[[triage]]\nfinding = 'KP203@api->db'\nstatus = '{status}'\nreason = 'r'\n");
        scored(&format!("{CALLS}{BAD_CALL}{entry}"), "'KP203', 'KP204'", "")
    };
    assert_eq!(triaged("accepted"), "holds | nothing is open; 1 decided about");
    assert_eq!(triaged("false-positive"), "unknown | no check has anything to look at");
    assert!(triaged("in-progress").starts_with("at risk"), "{}", triaged("in-progress"));
    // An acceptance that has run out pulls down again.
    let expired = "[[triage]]\nfinding = 'KP203@api->db'\nstatus = 'accepted'\nreason = 'r'\nexpires = 2026-01-01\n";
    assert!(scored(&format!("{CALLS}{BAD_CALL}{expired}"), "'KP203'", "").starts_with("at risk"));
}

#[test]
fn answers_of_people_move_the_lines_their_questions_serve() {
    let said = |word: &str| {
        let answer =
            format!("[[answer]]\nquestion = 'resilience.health-means-health'\nanswer = '{word}'\nreason = 'r'\n");
        scored(&format!("{CALLS}{GOOD_CALL}{answer}"), "'KP203'", "")
    };
    // The question serves the axis through its checklist; no rule checks it.
    assert_eq!(said("yes"), "holds | 2 of 2 checks hold");
    assert_eq!(said("no"), "weak | 1 of 2 checks fails");
    assert_eq!(said("partly"), "mostly holds | 1 of 2 checks fails");
    assert_eq!(said("unknown"), "mostly unknown | 1 of 2 checks holds; 1 cannot tell");
    assert_eq!(said("not-applicable"), "holds | 1 of 1 check holds");
    // A question that the axis names and nobody answered is unknown.
    let named = scored(&format!("{CALLS}{GOOD_CALL}"), "'KP203'", "'failure.down'");
    assert_eq!(named, "mostly unknown | 1 of 2 checks holds; 1 cannot tell");
}

#[test]
fn a_question_that_the_rules_of_the_line_decide_is_counted_once() {
    let review = format!("{CALLS}{BAD_CALL}");
    let alone = scored(&review, "'KP203', 'KP204'", "");
    assert_eq!(scored(&review, "'KP203', 'KP204'", "'resilience.every-wait-ends'"), alone);
    // An answer that was taken from the model neither.
    let taken =
        format!("{review}[[answer]]\nquestion = 'resilience.every-wait-ends'\nanswer = 'no'\nsource = 'model'\n");
    assert_eq!(scored(&taken, "'KP203', 'KP204'", "'resilience.every-wait-ends'"), alone);
}

#[test]
fn a_person_whom_the_model_contradicts_lifts_nothing() {
    let answer = "[[answer]]\nquestion = 'resilience.every-wait-ends'\nanswer = 'yes'\n";
    let analysis = with(&format!("{CALLS}{BAD_CALL}{answer}"), |settings| {
        settings.knowledge = one_axis("'KP203', 'KP204'", "");
    });
    let line = &analysis.scorecard.lines[0];
    let mover =
        line.movers.iter().find(|mover| matches!(mover.check, Check::Question(_))).expect("the answer is there");
    assert_eq!(mover.moves, Moves::Unknown);
    assert!(mover.text.contains("answered yes, but the model says no: KP203@api->db"), "{}", mover.text);
}

#[test]
fn movers_lead_to_their_findings_and_say_what_lifts_the_line() {
    let analysis = analysed(SHOP);
    for line in &analysis.scorecard.lines {
        let mut last = Moves::Down;
        for mover in &line.movers {
            assert!(mover.moves >= last, "{}: in order", line.id);
            last = mover.moves;
            assert!(!mover.text.is_empty());
            match (&mover.check, mover.moves) {
                (Check::Rule(code), Moves::Down) => {
                    assert!(!mover.findings.is_empty() && !mover.lift.is_empty());
                    for index in &mover.findings {
                        let finding = &analysis.findings[*index];
                        assert!(finding.code == *code && finding.standing.counts());
                        assert!(Some(finding.severity) <= mover.severity);
                    }
                }
                (_, Moves::Down | Moves::Unknown) => assert!(!mover.lift.is_empty(), "{}: {}", line.id, mover.check),
                _ => assert!(mover.lift.is_empty()),
            }
        }
        let counts = [Moves::Down, Moves::Unknown, Moves::Decided, Moves::Holds].map(|moves| line.count(moves));
        assert_eq!(counts.iter().sum::<usize>(), line.movers.len());
        assert!(
            line.sentence.chars().any(char::is_numeric) || line.movers.is_empty(),
            "never without counts: {}",
            line.sentence
        );
    }
    let resilient = analysis.scorecard.line("resilient").expect("there");
    let down: Vec<_> = resilient.of(Moves::Down).map(|mover| mover.check.to_string()).collect();
    for code in ["KP105", "KP203", "KP204"] {
        assert!(down.iter().any(|check| check == code), "{down:?}");
    }
    assert_eq!(resilient.verdict, Verdict::AtRisk);
}

#[test]
fn mending_the_flaw_lifts_the_line() {
    let before = analysed(&format!("{CALLS}{BAD_CALL}"));
    let after = analysed(&format!("{CALLS}{GOOD_CALL}"));
    let down = |analysis: &Analysis| {
        let line = analysis.scorecard.line("resilient").expect("there");
        (line.verdict, line.of(Moves::Down).map(|mover| mover.check.to_string()).collect::<Vec<_>>())
    };
    assert!(down(&before).1.contains(&"KP203".to_owned()));
    assert!(!down(&after).1.contains(&"KP203".to_owned()));
    assert!(down(&after).1.len() < down(&before).1.len() && down(&after).0 >= down(&before).0);
}

#[test]
fn every_rule_and_every_question_serves_an_axis() {
    let knowledge = Knowledge::embedded();
    let of_axes: BTreeSet<&str> = knowledge.axes().iter().flat_map(|axis| &axis.rules).map(String::as_str).collect();
    // Every rule there is, and every rule that a question, a principle or a pattern of the method speaks of.
    let spoken_of = knowledge
        .questions()
        .flat_map(|question| &question.rules)
        .chain(knowledge.principles().iter().flat_map(|principle| &principle.rules))
        .chain(knowledge.antipatterns().iter().flat_map(|anti| &anti.rules))
        .chain(knowledge.patterns().iter().flat_map(|pattern| &pattern.rules))
        .chain(knowledge.signatures().iter().flat_map(|signature| &signature.rules))
        .map(String::as_str);
    for code in registry::infos().map(|info| info.code).chain(spoken_of) {
        assert!(
            of_axes.contains(code),
            "{code} serves no axis: add it to an axis in checklists/catalogue/principles.toml"
        );
    }
    for topic in knowledge.axes().iter().chain(knowledge.dimensions()) {
        let once: BTreeSet<&String> = topic.rules.iter().collect();
        assert_eq!(once.len(), topic.rules.len(), "{}: a rule stands twice", topic.id);
        assert!(!topic.rules.is_empty() && !topic.questions.is_empty(), "{}", topic.id);
    }
    for question in knowledge.questions() {
        let by_rule = question.rules.iter().any(|code| of_axes.contains(code.as_str()));
        let named = knowledge.axes().iter().any(|axis| axis.questions.contains(&question.id));
        let list = match &question.home {
            kneepoint::knowledge::Home::Checklist(id) => knowledge.checklist(id),
            kneepoint::knowledge::Home::Step(_) => None,
        };
        let serves = question.serves.iter().chain(list.iter().flat_map(|list| &list.serves));
        let mut serves = serves.filter(|id| knowledge.axes().iter().any(|axis| axis.id == **id));
        assert!(by_rule || named || serves.next().is_some(), "{} moves nothing", question.id);
    }
}

#[test]
fn a_rule_that_is_not_run_is_no_check() {
    let review = format!("{CALLS}{BAD_CALL}");
    let analysis = with(&review, |settings| {
        settings.knowledge = one_axis("'KP203'", "");
        settings.ignore = vec!["KP203".to_owned()];
    });
    assert_eq!(analysis.scorecard.lines[0].verdict, Verdict::Unknown);
}

#[test]
fn a_gate_does_without_the_overview_and_finds_the_same() {
    let without = with(SHOP, |settings| settings.overview = false);
    let whole = analysed(SHOP);
    assert!(without.scorecard.lines.is_empty() && without.derived.answers().is_empty());
    assert_eq!((&without.findings, &without.cannot_tell), (&whole.findings, &whole.cannot_tell));
    assert_eq!(without.per_rule, whole.per_rule);
}

#[test]
fn the_document_and_its_data_show_what_moves_each_line_and_what_is_left_out() {
    let settings = kneepoint::report::Custom::default();
    let parsed = kneepoint::document::Document::new(SHOP.to_owned());
    let today = date(2026, 11, 23);
    let document =
        kneepoint::report::document("review.toml", SHOP, parsed.parsed(), &Evidence::default(), today, &settings);
    let document = document.expect("the template works");
    let analysis = analysed(SHOP);
    for line in &analysis.scorecard.lines {
        let row = format!("| {} | **{}** | {} |", line.title, line.verdict.words(), line.sentence);
        assert!(document.contains(&row), "{row}");
        for mover in line.of(Moves::Down).take(3) {
            assert!(document.contains(&mover.check.to_string()), "{}", mover.check);
        }
    }
    assert!(document.contains(&format!("**{}**", analysis.sizing.sentence)));
    assert!(
        document.contains("| Checklist: Many tenants | 10 | no tenancy in the review: the checklist does not apply |")
    );
    // An answer of the model says so, and one that a person has to confirm says that.
    assert!(document.contains("(proof.revisit) | yes |"), "decided by the model");
    assert!(document.contains("| model, nobody has confirmed it |"));
}
