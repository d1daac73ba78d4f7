//! A team takes Kneepoint up with a system that has findings already: two are decided about, the rest goes into the
//! baseline, and from then on each output shows the one flaw that an edit brings, and nothing else.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/place.rs"]
mod place;
#[path = "check/xml.rs"]
mod xml;

use place::{Place, Ran};
use serde_json::Value;
use std::fmt::Write;

const EXAMPLE: &str = include_str!("../examples/ecommerce/review.toml");
const TRIAGED: [&str; 2] = ["KP318@payments", "KP604@checkout-api"];
const NEW: &str = "KP203@checkout-api->inventory";

fn check(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["check", "shop.review.toml", "--baseline", "known", "--as-of", "2026-11-23"], arguments].concat())
}

/// The example with two more decisions in its ledger.
fn decided() -> String {
    let mut text = EXAMPLE.to_owned();
    for finding in TRIAGED {
        let _ = write!(
            text,
            "\n[[triage]]\nfinding = \"{finding}\"\nstatus = \"accepted\"\nreason = \"asked for\"\n\
             by = \"checkout lead\"\ndate = 2026-11-20\nexpires = 2027-01-31\n"
        );
    }
    text
}

/// One edit: the time limit of the call to the stock service is lost.
fn edited(text: &str) -> String {
    let call = text.find("to          = \"inventory\"\n").unwrap();
    let line = call + text[call..].find("timeout ").unwrap();
    let end = line + text[line..].find('\n').unwrap() + 1;
    [&text[..line], &text[end..]].concat()
}

/// The folder of the team, with the baseline written and the flaw not yet there.
fn taken_up() -> Place {
    let place = Place::new();
    place.write("shop.review.toml", decided());
    let ran = check(&place, &["--write-baseline"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    place
}

#[test]
fn the_rest_is_in_the_baseline_and_what_is_decided_is_not() {
    let place = taken_up();
    let known = place.read("known");
    let ids: Vec<&str> = known.lines().filter(|line| line.starts_with("KP")).collect();
    assert!(ids.len() >= 8 && ids.contains(&"KP105@checkout"), "{known}");
    assert!(TRIAGED.iter().all(|id| !ids.contains(id)), "{known}");
    let ran = check(&place, &[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.starts_with(&format!("No findings · {} baselined · 4 decided about", ids.len())), "{}", ran.out);
    for severity in ["medium", "low"] {
        assert_eq!(check(&place, &["--fail-on", severity]).code, 0, "{severity}");
    }
}

#[test]
fn every_output_shows_the_one_new_finding() {
    let place = taken_up();
    place.write("shop.review.toml", edited(&decided()));
    let [text, github, markdown, sarif, junit, json] =
        ["text", "github", "markdown", "sarif", "junit", "json"].map(|format| {
            let ran = check(&place, &["--format", format]);
            assert_eq!(ran.code, 1, "{format}: {}", ran.out);
            ran.out
        });

    let found = "checkout-api waits for inventory without a timeout";
    assert_eq!(text.matches(": high: ").count() + text.matches(": medium: ").count(), 1, "{text}");
    assert_eq!(text.matches(": low: ").count(), 0, "{text}");
    assert!(text.contains(&format!("high: KP203 missing-timeout: {found}")), "{text}");
    assert!(text.lines().last().unwrap().starts_with("1 high · "), "{text}");

    let commands: Vec<&str> = github.lines().filter(|line| !line.starts_with("::notice title=kneepoint::")).collect();
    assert_eq!(commands.len(), 1, "{github}");
    assert!(commands[0].starts_with("::error file=shop.review.toml,line=") && commands[0].contains(found), "{github}");

    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with("| **")).collect();
    assert_eq!(rows.len(), 1, "{markdown}");
    assert!(rows[0].contains(found) && markdown.contains("1 new finding"), "{markdown}");
    // The rest is folded away; with it unfolded the comment still fits one screen.
    assert!(markdown.lines().count() <= 40, "{} lines", markdown.lines().count());
    let folded = markdown.split_once("<details>").unwrap();
    assert!(folded.0.lines().count() <= 10 && folded.1.contains("</details>"), "{markdown}");

    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let shown: Vec<&Value> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["suppressions"].as_array().is_none_or(Vec::is_empty))
        .collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!((&shown[0]["ruleId"], &shown[0]["baselineState"]), (&"KP203".into(), &"new".into()));

    let suites = &xml::read(&junit)[0];
    assert_eq!(suites.attribute("failures"), "1");
    assert_eq!(junit.matches("<failure ").count(), 1, "{junit}");
    assert!(junit.contains(&format!("<failure message=\"{found}\"")), "{junit}");

    let json: Value = serde_json::from_str(&json).unwrap();
    let counting: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["counts"] == true)
        .map(|finding| finding["id"].as_str().unwrap())
        .collect();
    assert_eq!(counting, [NEW]);
}

#[test]
fn the_flaw_mended_is_quiet_again_and_a_second_write_changes_nothing() {
    let place = taken_up();
    let known = place.read("known");
    place.write("shop.review.toml", edited(&decided()));
    assert_eq!(check(&place, &[]).code, 1);
    place.write("shop.review.toml", decided());
    assert_eq!(check(&place, &[]).code, 0);
    let ran = check(&place, &["--write-baseline"]);
    assert_eq!((ran.code, place.read("known")), (0, known), "{}", ran.err);
}
