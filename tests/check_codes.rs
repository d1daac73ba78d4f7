//! What a run of `check` comes to: exit codes, several reviews at once, colour, readers that go away, and the story of a
//! pull request.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/place.rs"]
mod place;
#[path = "check/samples.rs"]
mod samples;
#[path = "check/xml.rs"]
mod xml;

use kneepoint::assets::EXAMPLES;
use place::Place;
use samples::{VARIED, many, sarif};
use serde_json::Value;
use std::fmt::Write;

const FORMATS: [&str; 6] = ["text", "json", "sarif", "junit", "github", "markdown"];

#[test]
fn exit_codes_are_never_a_count() {
    let place = Place::new();
    for count in [255, 256, 257, 512] {
        place.write("x.review.toml", many(count));
        for format in FORMATS {
            let ran = place.run(&["check", "x.review.toml", "--select", "KP203", "--format", format]);
            assert_eq!(ran.code, 1, "{count} findings, {format}");
            if format == "json" {
                let json: Value = serde_json::from_str(&ran.out).unwrap();
                assert_eq!(json["summary"]["high"], count);
                assert_eq!(json["findings"].as_array().unwrap().len(), count);
            }
        }
    }
}

#[test]
fn what_cannot_be_read_comes_before_findings_and_findings_before_doubt() {
    let place = Place::new();
    place.write("found.review.toml", VARIED);
    place.write("doubt.review.toml", VARIED.replace("timeout = \"1s\"", "timeout = \"1h\""));
    place.write("broken.review.toml", "format = 1\n[[component]\n");
    place.write("fine.review.toml", "format = 1\n[[component]]\nid = \"a\"\n");
    let code = |arguments: &[&str]| place.run(&[&["check"], arguments].concat()).code;
    let unknown = "--fail-on-unknown";
    assert_eq!(code(&["found.review.toml", "--select", "KP203"]), 1);
    assert_eq!(code(&["found.review.toml", "--select", "KP203", "--fail-on", "never"]), 0);
    assert_eq!(code(&["doubt.review.toml", "--select", "KP204", unknown]), 3);
    assert_eq!(code(&["doubt.review.toml", "--select", "KP204", unknown, "--fail-on", "never"]), 3);
    assert_eq!(code(&["doubt.review.toml", "found.review.toml", "--select", "KP203,KP204", unknown]), 1);
    assert_eq!(code(&["fine.review.toml", "--select", "KP203", unknown]), 0);
    assert_eq!(code(&["broken.review.toml", "found.review.toml", "--select", "KP203"]), 2);
    assert_eq!(code(&["no.toml", "doubt.review.toml", "--select", "KP204", unknown]), 2);
    assert_eq!(code(&["found.review.toml", "--format", "xml"]), 2);
}

#[test]
fn several_reviews_are_one_result_in_every_format() {
    let place = Place::new();
    place.write("a.review.toml", VARIED);
    place.write("b.review.toml", many(3));
    for format in FORMATS {
        let ran = place.run(&["check", "a.review.toml", "b.review.toml", "--select", "KP203", "--format", format]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        assert!(ran.out.contains("a.review.toml") && ran.out.contains("b.review.toml"), "{format}: {}", ran.out);
        match format {
            "json" => assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["summary"]["high"], 4),
            "sarif" => assert_eq!(sarif(&ran.out)["runs"][0]["results"].as_array().map(Vec::len), Some(4)),
            "junit" => assert_eq!(xml::read(&ran.out)[0].attribute("failures"), "4"),
            "text" => assert!(ran.out.ends_with("4 high · 2 files.\n"), "{}", ran.out),
            _ => {}
        }
        // No colour where nobody asked for it, and to a file as to stdout.
        assert!(!ran.out.contains('\u{1b}'));
        let out = format!("{format}.out");
        let again = place.run_on(
            &["check", "a.review.toml", "b.review.toml", "--select", "KP203", "--format", format, "--out", &out],
            "",
        );
        assert_eq!((again.code, again.out.as_str(), again.err.as_str()), (1, "", format!("wrote {out}\n").as_str()));
        assert_eq!(place.read(&out), ran.out);
    }
}

#[test]
fn colour_is_for_text_only_and_only_for_those_who_ask() {
    let place = Place::new();
    place.write("a.review.toml", VARIED);
    for format in FORMATS {
        let mut forced = place.command(&["check", "a.review.toml", "--format", format, "--color", "always"]);
        let colour = String::from_utf8(forced.output().unwrap().stdout).unwrap().contains('\u{1b}');
        assert_eq!(colour, format == "text", "{format}");
        let mut never = place.command(&["check", "a.review.toml", "--format", format]);
        let ran = never.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(!String::from_utf8(ran.stdout).unwrap().contains('\u{1b}'), "{format}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure_of_ours() {
    let place = Place::new();
    place.write("a.review.toml", many(400));
    for format in FORMATS {
        let mut child = place.command(&["check", "a.review.toml", "--format", format]).spawn().unwrap();
        drop(child.stdout.take());
        let ran = child.wait_with_output().unwrap();
        assert_eq!((ran.status.code(), ran.stderr.is_empty()), (Some(1), true), "{format}");
    }
}

/// The story of a team: two decided about, the rest in a baseline, and one flaw more.
#[test]
fn a_pull_request_shows_the_one_flaw_it_adds() {
    let place = Place::new();
    let example = EXAMPLES.iter().find(|asset| asset.path.contains("ecommerce")).unwrap().text;
    place.write("shop.review.toml", example);
    let as_of = ["--as-of", "2026-11-23"];
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&["check", "shop.review.toml", "--format", "json"], &as_of[..], arguments].concat();
        serde_json::from_str(&place.run(&arguments).out).unwrap()
    };
    let open: Vec<String> = json(&[])["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["status"] == "open")
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect();
    let mut text = example.to_owned();
    for id in &open[..2] {
        let _ = write!(
            text,
            "\n[[triage]]\nfinding = {id:?}\nstatus = \"accepted\"\nreason = \"known\"\nby = \"the team\"\ndate = 2026-11-23\n"
        );
    }
    place.write("shop.review.toml", &text);
    let with = ["check", "shop.review.toml", "--baseline", "shop.baseline", "--as-of", "2026-11-23"];
    assert_eq!(place.run(&[&with[..], &["--write-baseline", "--fail-on", "low"]].concat()).code, 0);
    let flawed = text.replacen("jitter = true", "jitter = false", 1);
    assert_ne!(flawed, text);
    place.write("shop.review.toml", &flawed);
    let found = json(&["--baseline", "shop.baseline"]);
    let new: Vec<&Value> =
        found["findings"].as_array().unwrap().iter().filter(|finding| finding["counts"] == true).collect();
    let ids: Vec<&str> = new.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 1 && ids[0].starts_with("KP401@"), "{ids:?}");
    let ran = place.run(&[&with[..], &["--format", "markdown"]].concat());
    assert!(ran.out.contains("### Kneepoint: 1 new finding\n"), "{}", ran.out);
    assert_eq!(ran.out.matches("| [KP").count(), 1, "{}", ran.out);
    let seen: usize = ran.out.split("<details>").next().unwrap().lines().count();
    assert!(seen < 15, "one screen: {}", ran.out);
    // In a job of GitHub Actions the link leads to the line in this revision.
    let mut job = place.command(&[&with[..], &["--format", "markdown"]].concat());
    job.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_REPOSITORY", "o/r").env("GITHUB_SHA", "abc123");
    let ran = String::from_utf8(job.output().unwrap().stdout).unwrap();
    assert!(ran.contains("](https://github.com/o/r/blob/abc123/shop.review.toml#L"), "{ran}");
    for (format, mark) in [("github", "::warning "), ("junit", "<system-out>")] {
        let ran = place.run(&[&with[..], &["--format", format]].concat());
        assert_eq!(ran.out.matches(mark).count(), 1, "{}", ran.out);
    }
}
