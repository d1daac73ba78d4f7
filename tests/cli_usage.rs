//! The program from outside, where people and scripts use it in ways that are not in the examples: options in other
//! places, nothing to judge, folders that are not there.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::process::{Command, Stdio};

const FLAWED: &str = r#"
format = 1
component = [{ id = "api", kind = "service" }, { id = "db", kind = "database" }]
dependency = [{ from = "api", to = "db", mode = "sync" }]
flow = [{ id = "browse", entry = "api", rate = "10/s", critical = true, calls = [{ from = "api", to = "db" }] }]
"#;

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

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kneepoint"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap() }
    }
}

#[test]
fn options_may_stand_before_the_command() {
    let place = Place::new();
    place.write("shop.review.toml", FLAWED);
    let after = place.run(&["check", "shop.review.toml", "--color", "always", "--quiet"]);
    let before = place.run(&["--color", "always", "--quiet", "check", "shop.review.toml"]);
    assert_eq!((before.code, before.out, before.err), (after.code, after.out, after.err));
    assert!(place.run(&["--verbose", "check", "shop.review.toml"]).err.contains("dates are judged as of"));
    let ran = place.run(&["shop.review.toml", "check", "shop.review.toml"]);
    assert!(ran.code == 2 && ran.err.contains("stands before a command"), "{}", ran.err);
    let ran = place.run(&["--quiet", "shop.review.toml"]);
    assert!(ran.code == 2 && ran.err.contains("needs a terminal"), "{}", ran.err);
}

#[test]
fn nothing_found_in_nothing_is_not_praised() {
    let place = Place::new();
    place.write("empty.review.toml", "");
    let ran = place.run(&["check", "empty.review.toml"]);
    assert!(ran.code == 0 && ran.err.contains("describes no component"), "{}", ran.err);
    place.write("broken.review.toml", "format = 1\n[[component]]\nid = 3\nworkers = -1\n");
    let ran = place.run(&["check", "broken.review.toml"]);
    assert!(ran.code == 2 && ran.out.contains("errors in what was read"), "{}{}", ran.out, ran.err);
    let ran = place.run(&["export", "empty.review.toml", "--out", "no/such/folder.md"]);
    assert!(ran.code == 2 && ran.err.contains("the folder of `no/such/folder.md` is not there"), "{}", ran.err);
}

#[test]
fn absurd_numbers_do_not_fill_the_screen() {
    let place = Place::new();
    let absurd = FLAWED
        .replace("10/s", "1e300/s")
        .replace("kind = \"database\"", "kind = \"database\", workers = 1, service_time = \"1e9s\"");
    place.write("x.review.toml", &absurd);
    let ran = place.run(&["capacity", "x.review.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let longest = ran.out.split(' ').map(str::len).max().unwrap();
    assert!(longest < 40 && ran.out.contains("more than can be counted"), "{}", ran.out);
    place.write("y.review.toml", &absurd.replace("1e9s", "1s"));
    let ran = place.run(&["capacity", "y.review.toml"]);
    let longest = ran.out.split(' ').map(str::len).max().unwrap();
    assert!(longest < 40 && ran.out.contains("e3"), "{}", ran.out);
    let ran = place.run(&["capacity", "x.review.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let db = &json["resources"][0];
    assert!(db["utilisation"].is_null() && db["unknown"]["utilisation"] == "it is more than can be counted", "{db}");
}
