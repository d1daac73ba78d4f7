//! What is left out because it is too much is what stands last: nothing else changes with how much is listed.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "../benches/shapes/mod.rs"]
mod shapes;

use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::Evidence;
use kneepoint::rules::{CannotTell, Finding, Severity};
use shapes::Said;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

fn analysed(text: &str, most: usize, change: impl Fn(&mut Settings)) -> Analysis {
    let mut settings = Settings { most, ..Settings::new("2026-11-23".parse().unwrap()) };
    change(&mut settings);
    analyze(&parse(text).0, &Evidence::default(), &settings)
}

/// The findings that may be listed, and how many of each rule may not.
fn limited(whole: &[Finding], most: usize) -> (Vec<&Finding>, BTreeMap<&'static str, usize>) {
    let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let (mut listed, mut left_out) = (Vec::new(), BTreeMap::new());
    for finding in whole {
        let counts = finding.standing.counts();
        let count = seen.entry((finding.code, counts)).or_default();
        *count += 1;
        if *count <= most {
            listed.push(finding);
        } else if counts {
            *left_out.entry(finding.code).or_default() += 1;
        }
    }
    (listed, left_out)
}

fn first_doubts(whole: &[CannotTell], most: usize) -> Vec<&CannotTell> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let first = |doubt: &&CannotTell| {
        let count = seen.entry(doubt.code).or_default();
        *count += 1;
        *count <= most
    };
    whole.iter().filter(first).collect()
}

/// Every fourth finding is in the ledger, by its id or as a pattern, with each of the statuses; every fifth of the rest
/// is in the baseline, with ids that are not found.
fn decided(text: &str, whole: &Analysis) -> (String, BTreeSet<String>) {
    let mut text = text.to_owned();
    let statuses = ["accepted", "false-positive", "mitigated", "in-discussion", "in-progress"];
    let mut ids: Vec<&str> = whole.findings.iter().map(|finding| finding.id.as_str()).collect();
    ids.sort_unstable();
    let plain = |id: &&str| !id.contains(['"', '…', ' ', '.']);
    for (place, id) in ids.iter().filter(|id| plain(id)).step_by(4).enumerate() {
        let (status, day) = (statuses[place % statuses.len()], ["2026-11-22", "2026-12-24"][place % 2]);
        let id = if place % 7 == 3 { id.replace("c1", "c*") } else { (*id).to_owned() };
        writeln!(text, "[[triage]]\nfinding = \"{id}\"\nstatus = \"{status}\"\nexpires = {day}").unwrap();
    }
    let baseline = ids.iter().skip(1).step_by(5).map(|id| (*id).to_owned());
    let doubts = whole.cannot_tell.iter().step_by(3).map(|doubt| format!("{}@{}", doubt.code, doubt.element.compact()));
    (text, baseline.chain(doubts).chain(["KP203@x->y".to_owned(), "KP401@c1->gone".to_owned()]).collect())
}

#[test]
fn what_is_not_listed_is_what_stands_last() {
    for (place, shape) in shapes::all(120, 320, 16).iter().enumerate() {
        for said in [Said::Names, Said::Mixed] {
            let mut text = shape.review(said);
            // Flows of different weight: shares of the value, and some that are not critical.
            for (flow, share) in [(1, 0.3), (2, 0.05), (5, 0.3)] {
                text =
                    text.replace(&format!("id = \"f{flow}\"\n"), &format!("id = \"f{flow}\"\nvalue_share = {share}\n"));
            }
            let (text, baseline) = decided(&text, &analysed(&text, usize::MAX, |_| ()));
            let change = |settings: &mut Settings| {
                settings.baseline.clone_from(&baseline);
                settings.severities = [("KP203", Severity::Low), ("KP401", Severity::High), ("KP404", Severity::Note)]
                    .map(|(code, severity)| (code.to_owned(), severity))
                    .into();
            };
            let whole = analysed(&text, usize::MAX, change);
            assert!(whole.failed_rules.is_empty(), "{:?}", whole.failed_rules);
            assert!(whole.cannot_tell_left_out().is_empty() && whole.findings.len() > 100);
            for most in [0, 1, 6] {
                let at = format!("{}, {said:?}, {most}", shape.name);
                let some = analysed(&text, most, change);
                let (listed, left_out) = limited(&whole.findings, most);
                let found = &some.findings[..listed.len()];
                for (found, wanted) in found.iter().zip(&listed) {
                    assert_eq!(found, *wanted, "{at}");
                }
                let notes: BTreeMap<_, _> = some.findings[listed.len()..]
                    .iter()
                    .map(|note| (note.code, note.message.split(' ').next().unwrap().parse().unwrap()))
                    .collect();
                assert_eq!((notes, some.findings.len() - listed.len()), (left_out.clone(), left_out.len()), "{at}");
                let doubts = first_doubts(&whole.cannot_tell, most);
                assert_eq!(some.cannot_tell.iter().collect::<Vec<_>>(), doubts, "{at}");
                let undecided = some.cannot_tell_left_out().values().sum::<usize>() + doubts.len();
                assert_eq!((undecided, some.summary), (whole.cannot_tell.len(), whole.summary), "{at}");
                assert_eq!((&some.ratchet, &some.per_rule), (&whole.ratchet, &whole.per_rule), "{at}");
            }
            // Who wants no baseline gets no ids; all else stays.
            if place == 0 {
                let without = analysed(&text, 4, |settings| settings.ids = false);
                let with = analysed(&text, 4, |_| ());
                assert!(without.ratchet.open.is_empty() && !with.ratchet.open.is_empty());
                assert_eq!((without.findings, without.summary), (with.findings, with.summary));
            }
        }
    }
}
