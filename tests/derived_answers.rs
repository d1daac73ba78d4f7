//! Questions that the review answers by itself: TOML in, answers with what they cite out.

use jiff::civil::date;
use kneepoint::analysis::{Analysis, DerivedAnswer, Settings, analyze};
use kneepoint::document::parse;
use kneepoint::knowledge::{Decider, Knowledge};
use kneepoint::model::{AnswerSource, AnswerWord, Element, Evidence, Measurement, Review};
use kneepoint::rules::registry;
use std::collections::BTreeMap;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");
const FIELDS: &str = include_str!("data/whole-format.toml");
const SAAS: &str = include_str!("../examples/saas-multi-tenant/review.toml");
const INGESTION: &str = include_str!("../examples/analytics-ingestion/review.toml");
const LLM: &str = include_str!("../examples/llm-rag/review.toml");
const FEED: &str = include_str!("../examples/social-feed/review.toml");

fn measured(text: &str, measurements: Vec<Measurement>) -> (Review, Analysis) {
    let (review, _, _) = parse(text);
    let analysis = analyze(&review, &Evidence { measurements }, &Settings::new(date(2026, 11, 23)));
    (review, analysis)
}

fn analysed(text: &str) -> Analysis {
    measured(text, Vec::new()).1
}

/// `answer: says | evidence` of a question, or `-`.
fn told(analysis: &Analysis, question: &str) -> String {
    analysis
        .derived
        .get(question)
        .map_or("-".to_owned(), |answer| format!("{}: {} | {}", answer.answer.word(), answer.says, answer.evidence()))
}

/// Two services and a provider; `{}` stands in the call of the provider.
fn small(call: &str) -> String {
    format!(
        "[[component]]\nid = 'api'\nkind = 'service'\n[[component]]\nid = 'db'\nkind = 'database'\n\
         [[component]]\nid = 'payments'\nkind = 'external'\n\
         [[dependency]]\nfrom = 'api'\nto = 'db'\nmode = 'sync'\ntimeout = '200ms'\n\
         [[dependency]]\nfrom = 'api'\nto = 'payments'\nmode = 'sync'\n{call}\n\
         [[flow]]\nid = 'buy'\nentry = 'api'\nrate = '10/s'\n\
         calls = [{{ from = 'api', to = 'db' }}, {{ from = 'api', to = 'payments' }}]\n"
    )
}

#[test]
fn a_rule_that_passes_everywhere_is_a_yes_that_cites_the_values() {
    let analysis = analysed(&small("timeout = '300ms'"));
    let answer = analysis.derived.get("resilience.every-wait-ends").expect("decided");
    assert_eq!((answer.answer, answer.source, answer.draft), (AnswerWord::Yes, AnswerSource::Model, false));
    assert!(answer.says.contains("KP203 passes at 2"), "{}", answer.says);
    assert_eq!(answer.evidence(), "api -> db: timeout 200 ms; api -> payments: timeout 300 ms");
    assert!(answer.cites.iter().all(|cite| cite.entity.is_some() && cite.keys == ["timeout"]));
}

#[test]
fn a_finding_is_a_no_or_a_partly_and_is_cited_by_its_identity() {
    let partly = analysed(&small(""));
    assert_eq!(
        told(&partly, "resilience.every-wait-ends").split(" | ").last(),
        Some("KP203@api->payments"),
        "{}",
        told(&partly, "resilience.every-wait-ends")
    );
    let answer = partly.derived.get("resilience.every-wait-ends").expect("decided");
    assert_eq!(answer.answer, AnswerWord::Partly);
    let finding = &partly.findings[answer.cites[0].finding.expect("a finding")];
    assert_eq!((finding.code, finding.element.to_string().as_str()), ("KP203", "api -> payments"));
    // With no call in order it is a plain no.
    let no = analysed(&small("").replace("timeout = '200ms'\n", ""));
    assert_eq!(no.derived.get("resilience.every-wait-ends").map(|answer| answer.answer), Some(AnswerWord::No));
}

#[test]
fn a_false_positive_is_no_no_and_an_accepted_risk_stays_one() {
    let triaged = |status: &str| {
        let entry = format!("[[triage]]\nfinding = 'KP203@api->payments'\nstatus = '{status}'\nreason = 'r'\n");
        let analysis = analysed(&(small("") + &entry));
        analysis.derived.get("resilience.every-wait-ends").map(|answer| answer.answer)
    };
    assert_eq!(triaged("false-positive"), Some(AnswerWord::Yes));
    assert_eq!(triaged("accepted"), Some(AnswerWord::Partly));
}

#[test]
fn what_a_rule_cannot_tell_is_unknown_and_names_the_key() {
    let text = "[[component]]\nid = 'w'\nkind = 'worker'\n[[component]]\nid = 'q'\nkind = 'queue'\n\
                [[dependency]]\nfrom = 'q'\nto = 'w'\n";
    let analysis = analysed(text);
    let answer = analysis.derived.get("queues.poison").expect("decided");
    assert_eq!(answer.answer, AnswerWord::Unknown);
    assert_eq!(answer.evidence(), "missing: component.broker.dead_letter of q");
}

#[test]
fn a_question_is_open_where_a_rule_that_decides_it_did_not_run() {
    let (review, _, _) = parse(&small("timeout = '300ms'"));
    let settings = Settings { ignore: vec!["KP204".to_owned()], ..Settings::new(date(2026, 11, 23)) };
    let analysis = analyze(&review, &Evidence::default(), &settings);
    assert_eq!(told(&analysis, "resilience.every-wait-ends"), "-", "half of what decides it is not a yes");
    // What was found stays found.
    let (review, _, _) = parse(&small(""));
    let analysis = analyze(&review, &Evidence::default(), &settings);
    assert!(told(&analysis, "resilience.every-wait-ends").starts_with("partly: KP203 finds 1"));
}

#[test]
fn statements_of_the_file_are_yes_partly_or_unknown() {
    let store = |more: &str| format!("[[component]]\nid = 'a'\nkind = 'database'\n{more}\n");
    let told = |text: &str| told(&analysed(text), "data.two-numbers");
    assert_eq!(
        told(&store("recovery = { rpo = '5m', rto = '1h' }")),
        "yes: component.recovery.rpo at 1 of 1; component.recovery.rto at 1 of 1 | a: recovery.rpo 5 min; a: recovery.rto 60 min"
    );
    assert_eq!(
        told(&store("")),
        "unknown: component.recovery.rpo at 0 of 1; component.recovery.rto at 0 of 1 | \
         missing: component.recovery.rpo of a, component.recovery.rto of a"
    );
    let two = store("recovery = { rpo = '5m', rto = '1h' }") + "[[component]]\nid = 'b'\nkind = 'search'\n";
    assert!(told(&two).starts_with("partly: component.recovery.rpo at 1 of 2"), "{}", told(&two));
    assert!(
        told(&two).ends_with("missing: component.recovery.rpo of b, component.recovery.rto of b"),
        "{}",
        told(&two)
    );
    // No store: nothing to answer.
    assert_eq!(told("[[component]]\nid = 'a'\nkind = 'service'\n"), "-");
    // A component that does not say what it is may be one.
    assert_eq!(
        told("[[component]]\nid = 'a'\n"),
        "unknown: component.kind is not said at 1 | \
         missing: component.kind of a"
    );
}

#[test]
fn a_day_counts_up_to_its_last_and_not_before_it_comes() {
    let told = |day: &str| {
        let text = format!("[[component]]\nid = 'a'\nkind = 'database'\nrecovery = {{ last_drill = {day} }}\n");
        analysed(&text).derived.get("data.restored").map(|answer| answer.answer)
    };
    assert_eq!(told("2026-11-23"), Some(AnswerWord::Yes));
    assert_eq!(told("2026-05-27"), Some(AnswerWord::Yes), "180 days ago");
    assert_eq!(told("2026-05-26"), Some(AnswerWord::No), "181 days ago");
    assert_eq!(told("2027-01-01"), Some(AnswerWord::Unknown), "it was not done yet");
}

#[test]
fn one_load_test_of_a_level_is_enough_and_none_is_not_a_no() {
    let told = |tests: &str| told(&analysed(&(small("") + tests)), "capacity-planning.service-level");
    let test = |level: &str| format!("[[load_test]]\nflow = 'buy'\n{level}\n");
    assert!(told(&(test("level = 'component'") + &test("level = 'service'"))).starts_with("yes: "));
    assert!(told(&test("level = 'component'")).starts_with("no: load_test.level = service at none of 1 | load_test 1"));
    assert!(told(&test("")).starts_with("unknown: "));
    assert_eq!(told(""), "unknown: no load test in the review | missing: load_test");
}

#[test]
fn what_is_measured_is_an_answer_of_the_metrics() {
    let text = small("timeout = '300ms'").replace("rate = '10/s'", "rate = '10/s'\ncritical = true")
        + "[[measure]]\nat = 'buy'\nsignal = 'rate'\n[[measure]]\nat = 'api'\nsignal = 'errors'\n\
           [[measure]]\nat = 'buy'\nsignal = 'p99'\n";
    let question = "observability.door-to-answer";
    let without = analysed(&text);
    let answer = without.derived.get(question).expect("decided");
    assert_eq!((answer.answer, answer.source), (AnswerWord::Yes, AnswerSource::Model));
    let number = |element, signal: &str, value| Measurement { element, signal: signal.to_owned(), value, at: 0.0 };
    let (buy, api) = (Element::Flow("buy".to_owned()), Element::Component("api".to_owned()));
    let numbers = vec![
        number(buy.clone(), "rate", Some(11.0)),
        number(api, "errors", Some(0.001)),
        number(buy, "p99", Some(0.31)),
    ];
    let (_, with) = measured(&text, numbers.clone());
    let answer = with.derived.get(question).expect("decided");
    assert_eq!((answer.answer, answer.source), (AnswerWord::Yes, AnswerSource::Metrics));
    assert_eq!(answer.evidence(), "buy: rate measured 11/s; api: errors measured 0.1 %; buy: p99 measured 310 ms");
    // One that the server did not know leaves it an answer of the file.
    let mut numbers = numbers;
    numbers[2].value = Some(f64::NAN);
    let (_, with) = measured(&text, numbers);
    assert_eq!(with.derived.get(question).map(|answer| answer.source), Some(AnswerSource::Model));
}

#[test]
fn computed_answers_cite_what_they_were_computed_from() {
    let shop = analysed(SHOP);
    assert_eq!(
        told(&shop, "bottleneck.next"),
        "yes: computed from the flows and limits | rate limit of payments: full at 2.5×"
    );
    let first = shop.derived.get("capacity-planning.two-names").expect("decided");
    let resources: Vec<_> = first.cites.iter().map(|cite| cite.entity.is_some()).collect();
    assert_eq!(resources, [true, true]);
    assert!(told(&shop, "bottleneck.working-or-waiting").contains("waiting, most for payments"));
    // Without a rate there is nothing to compute, and the key is named.
    let analysis = analysed(&small("").replace("rate = '10/s'\n", ""));
    assert!(told(&analysis, "capacity-planning.envelope").contains("missing: flow.rate of buy"));
}

#[test]
fn the_component_of_every_request_is_found_and_a_flow_without_an_entry_leaves_it_open() {
    let two = small("") + "[[flow]]\nid = 'look'\nentry = 'api'\ncalls = [{ from = 'api', to = 'db' }]\n";
    assert_eq!(
        told(&analysed(&two), "bottleneck.every-request"),
        "yes: 2 components on all 2 flows | api: on all 2 flows; db: on all 2 flows"
    );
    let open = two + "[[flow]]\nid = 'odd'\n";
    let analysis = analysed(&open);
    let answer = analysis.derived.get("bottleneck.every-request").expect("decided");
    assert_eq!(answer.answer, AnswerWord::Unknown);
    assert!(answer.evidence().ends_with("missing: flow.entry of odd"), "{}", answer.evidence());
    assert_eq!(told(&analysed(&small("")), "bottleneck.every-request"), "-", "one flow alone shares nothing");
}

#[test]
fn a_person_who_says_otherwise_is_shown_beside_the_model() {
    let said = |word: &str, more: &str| {
        let text =
            small("") + &format!("[[answer]]\nquestion = 'resilience.every-wait-ends'\nanswer = '{word}'\n{more}\n");
        let all = analysed(&text).derived.contradictions;
        assert!(all.len() <= 1);
        all.first().map(|one| (one.index, one.text.clone()))
    };
    assert_eq!(said("yes", ""), Some((0, "answered yes, but the model says partly: KP203@api->payments".to_owned())));
    assert_eq!(
        said("not-applicable", "reason = 'no network'"),
        Some((0, "answered not applicable, but the model says partly: KP203@api->payments".to_owned()))
    );
    assert_eq!(
        said("yes", "source = 'model'").map(|(_, text)| text),
        Some("the model once said yes, and now says partly: KP203@api->payments".to_owned())
    );
    for agrees in ["no", "partly", "unknown"] {
        assert_eq!(said(agrees, ""), None, "{agrees}");
    }
    // The other way round.
    let text = small("timeout = '300ms'") + "[[answer]]\nquestion = 'resilience.every-wait-ends'\nanswer = 'no'\n";
    let contradictions = analysed(&text).derived.contradictions;
    assert_eq!(
        contradictions[0].text,
        "answered no, but the model says yes: api -> db: timeout 200 ms; api -> payments: timeout 300 ms"
    );
}

#[test]
fn nothing_follows_from_a_review_that_describes_nothing() {
    for text in ["", "[review]\ntitle = 't'\n", "[growth]\npeak = 3\n[[slo]]\nid = 's'\n", "[[component]\n"] {
        assert_eq!(analysed(text).derived.answers(), &[], "{text}");
    }
}

#[test]
fn a_hostile_review_is_answered_without_a_panic() {
    let long = "x".repeat(20_000);
    let text = format!(
        "[[component]]\nid = 'a'\nkind = 'database'\nowner = \"{long}\\u001b[31m\"\nrecovery = {{ last_drill = -0001-01-01 }}\n\
         [[component]]\nid = 'a'\nkind = 'database'\n[[component]]\nkind = 'database'\n\
         [[dependency]]\nfrom = 'a'\nto = 'a'\ntimeout = '0s'\n[[flow]]\nid = 'f'\nentry = 'a'\ncritical = true\nvalue_share = nan\n\
         calls = [{{ from = 'a', to = 'a' }}, {{ from = 'ghost', to = 'a' }}]\n[[measure]]\nat = '-> ->'\nsignal = 'p99'\n\
         [[answer]]\n[[answer]]\nquestion = 'no.such'\nanswer = 'yes'\n[[load_test]]\n[[decision]]\n[[failure]]\n[[hotspot]]\n"
    );
    let analysis = analysed(&text);
    let owner = analysis.derived.get("fast-path.owner").expect("decided");
    assert!(owner.cites.iter().all(|cite| cite.text.chars().count() < 100));
}

/// Every question that the method says how to decide is decided by the examples, or by rules still to be written.
#[test]
fn at_least_forty_questions_are_decided_and_each_cites() {
    let knowledge = Knowledge::embedded();
    let mut decided: BTreeMap<String, DerivedAnswer> = BTreeMap::new();
    for text in [SHOP, FIELDS, SAAS, INGESTION, LLM, FEED] {
        let analysis = analysed(text);
        for answer in analysis.derived.answers() {
            assert!(!answer.cites.is_empty() || !answer.missing.is_empty(), "{} cites nothing", answer.question);
            assert!(!answer.evidence().is_empty() && !answer.says.is_empty(), "{}", answer.question);
            match answer.answer {
                AnswerWord::Yes => {
                    assert!(!answer.cites.is_empty() && answer.missing.is_empty(), "{}", answer.question);
                }
                AnswerWord::No => {
                    assert!(answer.against > 0 && answer.cites.len() >= answer.against, "{}", answer.question);
                }
                AnswerWord::Partly => {
                    assert!(answer.against > 0 || !answer.missing.is_empty(), "{}: {answer:?}", answer.question);
                }
                AnswerWord::Unknown => assert!(!answer.missing.is_empty(), "{}", answer.question),
                AnswerWord::NotApplicable => panic!("{}: only people say that", answer.question),
            }
            for cite in &answer.cites {
                let finding = cite.finding.map(|at| analysis.findings[at].id.as_str());
                assert!(finding.is_none_or(|id| id == cite.text), "{}", answer.question);
                assert!(cite.entity.is_some() || cite.finding.is_some(), "{}: {}", answer.question, cite.text);
            }
            decided.entry(answer.question.clone()).or_insert_with(|| answer.clone());
        }
    }
    let may_be_decided: Vec<_> = knowledge.questions().filter(|question| !question.decided_by.is_empty()).collect();
    let waits_for_a_rule =
        |text: &String| matches!(Decider::parse(text), Some(Decider::Rule(code)) if registry::find(&code).is_none());
    let now: Vec<_> =
        may_be_decided.iter().filter(|question| !question.decided_by.iter().any(waits_for_a_rule)).collect();
    println!("decided: {:#?}", decided.keys().collect::<Vec<_>>());
    assert!(may_be_decided.len() >= 120, "{}", may_be_decided.len());
    assert!(now.len() >= 60, "{} of {}", now.len(), may_be_decided.len());
    assert!(decided.len() >= 60, "{}: {:?}", decided.len(), decided.keys());
    // What no rule decides follows from the file alone: one of the examples says it.
    let by_file = |question: &&&kneepoint::knowledge::Question| {
        !question.decided_by.iter().any(|text| matches!(Decider::parse(text), Some(Decider::Rule(_))))
    };
    let never: Vec<_> =
        now.iter().filter(|q| by_file(q)).map(|q| &q.id).filter(|id| !decided.contains_key(*id)).collect();
    assert!(never.is_empty(), "no example decides {never:?}");
}

#[test]
fn every_key_that_holds_an_answer_can_be_asked_for() {
    // A derived answer cites `fills`; each must be a path that `Review::said` follows.
    let (review, _, _) = parse(FIELDS);
    let (mut asked, mut unsaid) = (0, Vec::new());
    for question in Knowledge::embedded().questions() {
        for key in &question.fills {
            let mut keys = key.split('.');
            let kind = keys.next().and_then(kneepoint::model::EntityKind::of_table).expect("a table");
            let keys: Vec<&str> = keys.collect();
            let said = (0..review.count(kind))
                .any(|index| review.said(kneepoint::model::EntityRef::new(kind, index), &keys).is_some());
            asked += 1;
            if !said {
                unsaid.push(key);
            }
        }
    }
    // What the sample of the format leaves out; nothing else may be silent.
    unsaid.retain(|key| key.as_str() != "component.recovery.conflicts");
    assert_eq!(unsaid, Vec::<&String>::new());
    assert!(asked > 200, "{asked}");
}
