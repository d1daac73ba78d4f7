//! The program from outside: arguments in, stdout, stderr and exit code out. Each test has a folder of its own and an
//! environment with nothing in it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Place(tempfile::TempDir);

struct Ran {
    out: String,
    err: String,
    code: i32,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kneepoint"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        ran(self.command(arguments).envs(variables.iter().copied()).output().unwrap())
    }

    fn run_on(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        ran(child.wait_with_output().unwrap())
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn ran(output: std::process::Output) -> Ran {
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// A call without a timeout on a critical flow, and a component that nothing is known of.
const FLAWED: &str = r#"format = 1
[review]
title = "Shop"
date = 2026-11-23

[[component]]
id = "api"
kind = "service"
workers = 8
service_time = "10ms"

[[component]]
id = "db"
kind = "database"
workers = 4
service_time = "2ms"

[[dependency]]
from = "api"
to = "db"
mode = "sync"
network = "1ms"

[[flow]]
id = "checkout"
entry = "api"
rate = "100/s"
critical = true
calls = [{ from = "api", to = "db" }]
"#;

#[test]
fn check_says_what_is_wrong_and_where() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let ran = place.run(&["check", "shop.review.toml", "--select", "KP203", "--as-of", "2026-11-23"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.is_empty(), "{}", ran.err);
    assert!(
        ran.out.starts_with(
            "api -> db\n  shop.review.toml:18:1: high: KP203 missing-timeout: api waits for db without a timeout\n    18 | [[dependency]]\n       | ^^^^^^^^^^^^^^\n    19 | from = \"api\"\n    20 | to = \"db\"\n"
        ),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\n    hurts: checkout\n") && ran.out.contains("\n    help: "), "{}", ran.out);
    assert!(ran.out.ends_with("\n1 high.\n"), "{}", ran.out);
}

#[test]
fn the_gate_decides_the_exit_code() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    place.write("fine.review.toml", "format = 1\n");
    let code = |arguments: &[&str]| place.run(&[&["check"], arguments].concat()).code;
    assert_eq!(code(&["shop.review.toml", "--select", "KP203"]), 1);
    assert_eq!(code(&["shop.review.toml", "--select", "KP203", "--fail-on", "never"]), 0);
    assert_eq!(code(&["shop.review.toml", "--ignore", "KP"]), 0);
    assert_eq!(code(&["fine.review.toml", "--select", "KP203", "--fail-on", "low"]), 0);
    assert_eq!(code(&["fine.review.toml", "shop.review.toml", "--select", "missing-timeout"]), 1);
    // What the ledger answers does not count.
    let triaged =
        format!("{FLAWED}[[triage]]\nfinding = \"KP203@api->db\"\nstatus = \"accepted\"\nreason = \"a test\"\n");
    place.write("triaged.review.toml", triaged);
    assert_eq!(code(&["triaged.review.toml", "--select", "KP203", "--fail-on", "low"]), 0);
    assert!(place.run(&["check", "triaged.review.toml", "--select", "KP203"]).out.contains("1 decided about"));
}

#[test]
fn doubt_is_3_only_where_the_gate_asks() {
    let place = Place::new();
    // Whether the gateway gives up too early depends on how long the api waits for its database, and nobody says.
    let doubt = format!(
        "{FLAWED}[[component]]\nid = \"gateway\"\n[[dependency]]\nfrom = \"gateway\"\nto = \"api\"\nmode = \"sync\"\ntimeout = \"1s\"\n"
    );
    place.write("doubt.review.toml", doubt);
    let check = |arguments: &[&str]| place.run(&[&["check", "doubt.review.toml"], arguments].concat());
    let ran = check(&["--select", "KP204", "--fail-on-unknown"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("dependency.timeout is missing at api -> db"), "{}", ran.out);
    assert!(ran.out.ends_with("No findings · 1 cannot tell.\n"), "{}", ran.out);
    assert_eq!(check(&["--select", "KP204"]).code, 0);
    assert_eq!(check(&["--select", "KP203,KP204", "--fail-on-unknown"]).code, 1, "findings before doubt");
    let document: serde_json::Value =
        serde_json::from_str(&check(&["--select", "KP204", "--format", "json"]).out).unwrap();
    assert_eq!(document["cannot_tell"][0]["missing"], "dependency.timeout");
    assert_eq!(document["summary"]["cannot_tell"], 1);
}

#[test]
fn check_in_json_has_the_shape_of_the_contract() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let ran = place.run(&["check", "shop.review.toml", "--select", "KP203", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["format"], 1);
    assert_eq!(document["summary"]["high"], 1);
    let finding = &document["findings"][0];
    let keys: Vec<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    let contract =
        "id code name severity confidence element path message evidence flows slos remedy file line column status";
    assert_eq!(keys.join(" "), format!("{contract} counts decision fixes"));
    assert_eq!(finding["id"], "KP203@api->db");
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(18), Some(1)));
    assert_eq!(finding["status"], "open");
}

#[test]
fn what_cannot_be_read_is_2_with_a_way_on() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let ran = place.run(&["check", "shp.review.toml"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (2, "", "error: there is no file `shp.review.toml`\n  help: did you mean `shop.review.toml`?\n")
    );
    let ran = place.run(&["check", "shop"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `shop.review.toml`?"), "{}", ran.err);
    let ran = place.run(&["check", "."]);
    assert!(ran.code == 2 && ran.err.contains("is a folder"), "{}", ran.err);
    // The other files are still read.
    let ran = place.run(&["check", "nothing.toml", "shop.review.toml", "--select", "KP203"]);
    assert!(ran.code == 2 && ran.out.contains("1 high"), "{}{}", ran.out, ran.err);
    let ran = place.run(&["check", "shop.review.toml", "--select", "mising-timeout"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `missing-timeout`?"), "{}", ran.err);
    assert_eq!(place.run(&["check"]).code, 2);
    assert_eq!(place.run(&["check", "shop.review.toml", "--format", "sarf"]).code, 2);
    assert_eq!(place.run(&["chekc"]).code, 2);
    assert!(place.run(&["chekc"]).err.contains("did you mean the command `kneepoint check`?"));
    assert_eq!(place.run(&["--help"]).code, 0);
    assert_eq!(place.run(&["--version"]).code, 0);
}

#[test]
fn errors_in_the_file_are_printed_and_make_2() {
    let place = Place::new();
    place.write("bad.review.toml", format!("{FLAWED}\n[[component]\nid = \"x\"\nreplicas = \"many\"\n"));
    let ran = place.run(&["check", "bad.review.toml", "--select", "KP203"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("error[syntax]") && ran.err.contains("bad.review.toml:31:"), "{}", ran.err);
    assert!(ran.out.contains("KP203"), "the rest is still judged: {}", ran.out);
    let bytes = [FLAWED.as_bytes(), b"# \xff\xfe\n"].concat();
    let ran = place.run_on(&["check", "-", "--select", "KP203"], &bytes);
    assert!(ran.code == 2 && ran.err.contains("not UTF-8") && ran.err.contains("<stdin>:30:3"), "{}", ran.err);
}

#[test]
fn no_escape_sequence_of_a_file_reaches_the_terminal() {
    let place = Place::new();
    let hostile =
        FLAWED.replace("\"db\"", "\"d\\u001b[31mb\\u009b\\u202e\"").replace("\"Shop\"", "\"S\\u001b]0;x\\u0007\"");
    place.write("x.review.toml", format!("{hostile}\n[\"\\u001b[2J\"]\n\"\\u001b\" = \"\\u001b\"\n"));
    for arguments in [
        &["check", "x.review.toml", "--verbose"][..],
        &["check", "x.review.toml", "--format", "json"],
        &["capacity", "x.review.toml"],
        &["capacity", "x.review.toml", "--format", "json"],
        &["export", "x.review.toml"],
        &["export", "x.review.toml", "--format", "json"],
        &["export", "x.review.toml", "--format", "mermaid"],
        &["export", "x.review.toml", "--format", "dot"],
        &["capacity", "x.review.toml", "--flow", "\u{1b}[31m"],
        &["check", "\u{1b}[31m.toml"],
    ] {
        let ran = place.run(arguments);
        for text in [&ran.out, &ran.err] {
            let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let colour = |arguments: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["check", "shop.review.toml"], arguments].concat();
        place.run_with(&arguments, variables).out.contains('\u{1b}')
    };
    assert!(!colour(&[], &[]));
    assert!(colour(&["--color", "always"], &[]));
    assert!(colour(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colour(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colour(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colour(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colour(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    for (arguments, code) in
        [(&["rule", "--format", "json"][..], 0), (&["new", "-", "--template", "ecommerce"], 0), (&["--help"], 0)]
    {
        let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = ran(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_said() {
    let place = Place::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = ran(place.command(&["rule"]).stdout(full).stderr(Stdio::piped()).output().unwrap());
    assert!(ran.code == 2 && ran.err.contains("cannot write the result"), "{}", ran.err);
}

#[test]
fn new_creates_and_never_overwrites() {
    let place = Place::new();
    for name in ["ecommerce", "social-feed", "saas-multi-tenant", "analytics-ingestion", "llm-rag", "blank"] {
        let file = format!("{name}.review.toml");
        let ran = place.run(&["new", &file, "--template", name]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert_eq!(place.run(&["check", &file, "--fail-on", "never"]).code, 0, "{name}");
    }
    let before = place.read("blank.review.toml");
    let ran = place.run(&["new", "blank.review.toml", "--template", "ecommerce"]);
    assert!(ran.code == 2 && ran.err.contains("is there already"), "{}", ran.err);
    assert_eq!(place.read("blank.review.toml"), before);
    let ran = place.run(&["new", "a.review.toml", "--template", "ecomerce"]);
    assert!(ran.code == 2 && ran.err.contains("ecommerce"), "{}", ran.err);
    let ran = place.run(&["new", "no/where.review.toml"]);
    assert!(ran.code == 2 && ran.err.contains("folder"), "{}", ran.err);
    assert_eq!(place.run(&["new", "-", "--template", "blank"]).out, before);
    assert_eq!(place.files().len(), 6, "{:?}", place.files());
}

#[test]
fn without_a_terminal_kneepoint_says_what_is_here() {
    let place = Place::new();
    let ran = place.run(&[]);
    assert!(
        ran.code == 2 && ran.out.contains("ecommerce\n") && ran.err.contains("there is no review here"),
        "{}",
        ran.err
    );
    place.write("b.review.toml", FLAWED);
    let ran = place.run(&[]);
    assert!(ran.code == 2 && ran.err.contains("needs a terminal") && ran.err.contains("kneepoint check b.review.toml"));
    place.write("a.review.toml", FLAWED);
    let ran = place.run(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, "a.review.toml\nb.review.toml\n"));
    let ran = place.run(&["demo"]);
    assert!(ran.code == 2 && ran.err.contains("needs a terminal"), "{}", ran.err);
    assert_eq!(place.files(), ["a.review.toml", "b.review.toml"], "nothing is created");
}

#[test]
fn capacity_names_what_fills_first() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let ran = place.run(&["capacity", "shop.review.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("If load doubles"), "{}", ran.out);
    assert!(ran.out.contains("at 2×") && ran.out.contains("queueing is not included"), "{}", ran.out);
    let ran = place.run(&["capacity", "shop.review.toml", "--load", "3", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((document["format"].as_u64(), document["load"].as_f64()), (Some(1), Some(3.0)));
    // Eight workers, held 10 ms + 1 ms + 2 ms a visit at 300/s; full at 8 / 0.013 s = 615/s = 6.15 × today.
    let workers = document["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["resource"] == "api" && resource["kind"] == "workers")
        .unwrap();
    assert!((workers["utilisation"].as_f64().unwrap() - 300.0 * 0.013 / 8.0).abs() < 1e-9, "{workers}");
    assert!((workers["saturates_at_load"].as_f64().unwrap() - 8.0 / 0.013 / 100.0).abs() < 1e-9, "{workers}");
    let flow = &document["flows"][0];
    assert!(flow["p99"].is_null() && flow["unknown"]["p99"].is_string());
    assert!((flow["arrival_rate"].as_f64().unwrap() - 300.0).abs() < 1e-9);
    let ran = place.run(&["capacity", "shop.review.toml", "--flow", "chekout"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `checkout`?"), "{}", ran.err);
    assert_eq!(place.run(&["capacity", "shop.review.toml", "--load", "-1"]).code, 2);
}

#[test]
fn rules_are_listed_and_explained() {
    let place = Place::new();
    let ran = place.run(&["rule"]);
    assert!(ran.code == 0 && ran.out.contains("KP203") && ran.out.contains("missing-timeout"), "{}", ran.out);
    let ran = place.run(&["rule", "missing-timeout"]);
    for section in [
        "What it detects",
        "Why it fails in production",
        "Example",
        "Remedy",
        "How to check",
        "When to accept it",
        "References",
    ] {
        assert!(ran.out.contains(&format!("\n{section}\n")), "{section} in {}", ran.out);
    }
    assert!(place.run(&["rule", "KP203", "--format", "markdown"]).out.starts_with("# KP203 missing-timeout\n"));
    let document: serde_json::Value =
        serde_json::from_str(&place.run(&["rule", "kp203", "--format", "json"]).out).unwrap();
    assert_eq!((document["format"].as_u64(), document["sections"].as_array().map(Vec::len)), (Some(1), Some(7)));
    let ran = place.run(&["rule", "mising-timeout"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `missing-timeout`?"), "{}", ran.err);
}

fn leftovers(place: &Place) -> bool {
    place.files().iter().any(|name| Path::new(name).extension().is_some_and(|extension| extension == "tmp"))
}

#[test]
fn export_keeps_what_people_wrote_and_check_sees_every_difference() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let export = ["export", "shop.review.toml", "--out", "shop.md"];
    let check = ["export", "shop.review.toml", "--out", "shop.md", "--check"];
    let ran = place.run(&check);
    assert!(ran.code == 1 && ran.err.contains("shop.md is not there"), "{}", ran.err);
    let ran = place.run(&export);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "wrote shop.md\n"));
    assert_eq!(place.run(&["export", "shop.review.toml"]).out, place.read("shop.md"));
    assert_eq!(place.run(&check).code, 0);
    let edited = place.read("shop.md").replace("<!-- keep:summary -->\n", "<!-- keep:summary -->\nBy hand.\n");
    place.write("shop.md", &edited);
    assert_eq!(place.run(&check).code, 0, "hand-written text is no difference");
    // Line ends of another system are none either.
    place.write("shop.md", edited.replace('\n', "\r\n"));
    assert_eq!(place.run(&check).code, 0);
    place.write("shop.md", &edited);
    place.write("shop.review.toml", FLAWED.replace("100/s", "120/s"));
    let ran = place.run(&check);
    assert!(ran.code == 1 && ran.err.contains("they differ from line"), "{}", ran.err);
    assert_eq!(place.read("shop.md"), edited, "a check writes nothing");
    assert_eq!(place.run(&export).code, 0);
    assert!(place.read("shop.md").contains("By hand.") && place.read("shop.md").contains("120/s"));
    // Marks that do not pair: nothing is written.
    let broken = place.read("shop.md").replacen("<!-- /keep -->", "", 1);
    place.write("shop.md", &broken);
    let ran = place.run(&export);
    assert!(ran.code == 2 && ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(place.read("shop.md"), broken);
    // A file of somebody else: neither.
    place.write("README.md", "# Mine\n");
    let ran = place.run(&["export", "shop.review.toml", "--out", "README.md"]);
    assert!(ran.code == 2 && ran.err.contains("was not written by kneepoint"), "{}", ran.err);
    assert_eq!(place.read("README.md"), "# Mine\n");
    let ran = place.run(&["export", "shop.review.toml", "--check"]);
    assert_eq!(ran.code, 2);
    assert!(!leftovers(&place));
}

#[test]
fn every_format_is_written_and_written_again() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    for (format, begins) in [
        ("markdown", "<!-- Written by kneepoint."),
        ("mermaid", "%% Written by kneepoint.\nflowchart LR\n"),
        ("dot", "// Written by kneepoint.\ndigraph review {\n"),
        ("json", "{\n  \"format\": 1,\n  \"written_by\": \"kneepoint\",\n"),
    ] {
        let export = ["export", "shop.review.toml", "--format", format, "--out", format];
        assert_eq!(place.run(&export).code, 0);
        assert!(place.read(format).starts_with(begins), "{}", place.read(format));
        assert_eq!(place.run(&export).err, format!("{format} is up to date\n"));
        place.write("other.review.toml", FLAWED.replace("Shop", "Other").replace("\"db\"", "\"store\""));
        let other = ["export", "other.review.toml", "--format", format, "--out", format];
        assert_eq!(place.run(&[&other[..], &["--check"]].concat()).code, 1);
        assert_eq!(place.run(&other).err, format!("wrote {format}\n"));
    }
}

#[test]
fn a_document_is_the_same_on_every_day_and_from_every_folder() {
    let place = Place::new();
    std::fs::create_dir(place.path("deep")).unwrap();
    place.write("deep/shop.review.toml", FLAWED);
    let here = place.run(&["export", "deep/shop.review.toml"]).out;
    let there =
        ran(place.command(&["export", "shop.review.toml"]).current_dir(place.path("deep")).output().unwrap()).out;
    assert_eq!(here, there);
    assert!(here.contains("as of 2026-11-23"), "{here}");
    assert!(place.run(&["export", "deep/shop.review.toml", "--as-of", "2031-01-01"]).out.contains("as of 2031-01-01"));
}

#[test]
fn a_template_of_ones_own_is_used_and_its_errors_have_a_line() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    place.write("own.jinja", "{{ review.title }}\n");
    assert_eq!(place.run(&["export", "shop.review.toml", "--template", "own.jinja"]).out, "Shop\n");
    place.write("own.jinja", "x\n{{ review.titel }}\n");
    let ran = place.run(&["export", "shop.review.toml", "--template", "own.jinja"]);
    assert!(ran.code == 2 && ran.err.contains("own.jinja:2:"), "{}", ran.err);
    assert_eq!(place.run(&["export", "shop.review.toml", "--template", "no.jinja"]).code, 2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    place.write("real.md", "");
    std::fs::set_permissions(place.path("real.md"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.md", place.path("link.md")).unwrap();
    assert_eq!(place.run(&["export", "shop.review.toml", "--out", "link.md"]).code, 0);
    assert!(place.path("link.md").is_symlink());
    assert!(place.read("real.md").contains("# Shop"));
    assert_eq!(std::fs::metadata(place.path("real.md")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn completions_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = place.run(&["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("capacity") && ran.out.contains("fail-on"), "{shell}");
    }
}

/// Answers every request with one body, as long as the test runs; gives its address.
fn server(body: &'static str) -> String {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let mut request = [0; 8192];
                let _ = stream.read(&mut request);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            });
        }
    });
    format!("http://{address}")
}

const MEASURED: &str = "[[measure]]\nat = \"checkout\"\nsignal = \"rate\"\nquery = \"sum(rate(x[5m]))\"\n";

#[test]
fn measure_shows_the_declared_beside_the_measured() {
    let place = Place::new();
    place.write("shop.review.toml", format!("{FLAWED}{MEASURED}"));
    let url = server(
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795428000,"97.5"]}]}}"#,
    );
    let ran = place.run(&["measure", "shop.review.toml", "--prometheus", &url]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("checkout  rate    100/s        97.5/s"), "{}", ran.out);
    let ran = place.run(&["measure", "shop.review.toml", "--prometheus", &url, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["measures"][0]["value"], 97.5);
    assert_eq!((&document["measures"][0]["state"], &document["format"]), (&"value".into(), &1.into()));
    let url = server(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#);
    let ran = place.run(&["measure", "shop.review.toml", "--prometheus", &url, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(ran.code == 0 && document["measures"][0]["value"].is_null(), "{}", ran.out);
    assert_eq!(document["measures"][0]["state"], "no-series");
    assert!(document["measures"][0]["reason"].as_str().unwrap().contains("not zero"));
}

#[test]
fn a_source_that_fails_is_4_and_says_so() {
    let place = Place::new();
    place.write("shop.review.toml", format!("{FLAWED}{MEASURED}"));
    // Bound and dropped: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = format!("http://{address}");
    let ran = place.run(&["measure", "shop.review.toml", "--prometheus", &refused]);
    assert!(ran.code == 4 && ran.out.contains("refused") && ran.err.starts_with("error: "), "{}{}", ran.out, ran.err);
    let html = server("<html>sign in</html>");
    assert_eq!(place.run(&["measure", "shop.review.toml", "--prometheus", &html]).code, 4);
    assert_eq!(place.run(&["measure", "shop.review.toml", "--prometheus", &html, "--offline"]).code, 2);
    for address in ["ftp://127.0.0.1:9090", "prometheus"] {
        let ran = place.run(&["measure", "shop.review.toml", "--prometheus", address]);
        assert!(ran.code == 2 && ran.err.contains("cannot be used"), "{address}: {} {}", ran.code, ran.err);
    }
    let ran = place.run(&["measure", "shop.review.toml"]);
    assert!(ran.code == 2 && ran.err.contains("no metrics server is named"), "{}", ran.err);
}

#[test]
fn what_was_recorded_beside_the_review_is_in_its_document() {
    let place = Place::new();
    place.write("shop.review.toml", format!("{FLAWED}{MEASURED}"));
    place.write(
        "shop.evidence.json",
        r#"{"format":1,"records":[{"element":"checkout","signal":"rate","query":"q","time":{"at":1795428000.0},"state":"value","value":97.5,"reason":null,"server":"http://p","recorded_at":1795428000.0}]}"#,
    );
    let ran = place.run(&["export", "shop.review.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("| 97.5/s m | 2026-11-23 "), "{}", ran.out);
    place.write("shop.evidence.json", "{");
    let ran = place.run(&["export", "shop.review.toml"]);
    assert!(ran.code == 0 && ran.err.contains("warning: shop.evidence.json"), "{}", ran.err);
}
