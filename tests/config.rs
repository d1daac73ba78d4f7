//! What a team decides about the rules: `.kneepoint/config.toml`, and `--config`.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const REVIEW: &str = "format = 1\ncomponent = [{ id = 'a' }, { id = 'b' }]\n\
    dependency = [{ from = 'a', to = 'b', mode = 'sync' }]\n\
    flow = [{ id = 'f', entry = 'a', critical = true, calls = [{ from = 'a', to = 'b' }] }]\n";

fn folder(config: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("a.review.toml"), REVIEW).unwrap();
    if let Some(config) = config {
        fs::create_dir_all(folder.path().join(".kneepoint")).unwrap();
        fs::write(folder.path().join(".kneepoint/config.toml"), config).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kneepoint"));
    command.current_dir(folder).args(arguments).env_remove("KNEEPOINT_DIR").env("NO_COLOR", "1");
    command.output().unwrap()
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn severities_of_the_team_decide_what_the_gate_sees() {
    let only = ["check", "a.review.toml", "--select", "KP203"];
    assert_eq!(said(&run(folder(None).path(), &only)).0, 1);
    let team = folder(Some("[rules.severity]\nmissing-timeout = 'low'\n"));
    let (code, stdout, stderr) = said(&run(team.path(), &only));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("low: KP203"), "{stdout}");
}

#[test]
fn what_is_selected_by_hand_wins_and_what_is_ignored_stays_ignored() {
    let team = folder(Some("[rules]\nselect = ['KP1']\nignore = ['KP203']\n"));
    let (_, stdout, _) = said(&run(team.path(), &["check", "a.review.toml"]));
    assert!(stdout.contains("KP101") && !stdout.contains("KP203") && !stdout.contains("KP5"), "{stdout}");
    let (code, stdout, _) = said(&run(team.path(), &["check", "a.review.toml", "--select", "KP203"]));
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn a_named_file_holds_instead_of_the_folders() {
    let team = folder(Some("[rules]\nignore = ['KP203']\n"));
    fs::write(team.path().join("strict.toml"), "[rules]\nselect = ['KP203']\n").unwrap();
    let (code, stdout, _) = said(&run(team.path(), &["check", "a.review.toml", "--config", "strict.toml"]));
    assert!(code == 1 && stdout.contains("KP203") && !stdout.contains("KP101"), "{stdout}");
    let (code, _, stderr) = said(&run(team.path(), &["check", "a.review.toml", "--config", "none.toml"]));
    assert!(code == 2 && stderr.contains("there is no file `none.toml`"), "{stderr}");
}

#[test]
fn a_slip_in_it_is_said_with_its_line_and_the_gate_does_not_pass() {
    let team =
        folder(Some("[rules]\nignore = [\n  'KP203',\n  'orphan-triag',\n]\n[rules.thresholds]\nKP201.hop = 9\n"));
    let (code, _, stderr) = said(&run(team.path(), &["check", "a.review.toml", "--fail-on", "never"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains(".kneepoint/config.toml:4: there is no rule `orphan-triag`; did you mean `orphan-triage`?")
            && stderr.contains(
                ".kneepoint/config.toml:7: KP201 deep-sync-chain has no threshold `hop`; did you mean `hops`?"
            ),
        "{stderr}"
    );
}

#[test]
fn the_document_judges_as_the_team_does() {
    let team = folder(Some("[rules]\nignore = ['KP']\n"));
    let (_, with, _) = said(&run(team.path(), &["export", "a.review.toml"]));
    let (_, without, _) = said(&run(folder(None).path(), &["export", "a.review.toml"]));
    assert!(without.contains("KP203") && !with.contains("KP203"));
}

#[test]
fn the_schema_is_written_beside_the_review() {
    let team = folder(None);
    let (code, stdout, _) = said(&run(team.path(), &["schema"]));
    let (written, silent, stderr) = said(&run(team.path(), &["schema", "--out", "kneepoint.schema.json"]));
    assert_eq!((code, written, silent.as_str()), (0, 0, ""));
    assert!(stderr.contains("wrote kneepoint.schema.json"), "{stderr}");
    assert_eq!(fs::read_to_string(team.path().join("kneepoint.schema.json")).unwrap(), stdout);
    // The line that editors look for is a comment to everybody else.
    fs::write(team.path().join("a.review.toml"), format!("#:schema ./kneepoint.schema.json\n{REVIEW}")).unwrap();
    assert_eq!(said(&run(team.path(), &["check", "a.review.toml", "--fail-on", "never"])).0, 0);
}

#[test]
fn the_manual_page_names_every_command() {
    let (code, page, _) = said(&run(folder(None).path(), &["man"]));
    assert_eq!(code, 0);
    for command in ["check", "diff", "rule", "schema", "export"] {
        assert!(page.contains(&format!("kneepoint\\-{command}(1)")), "{command}");
    }
}

#[test]
fn a_report_or_a_schema_is_never_written_over_what_a_team_wrote() {
    let team = folder(None);
    let review = team.path().join("a.review.toml");
    for arguments in
        [&["check", "a.review.toml", "--out", "./a.review.toml"][..], &["schema", "--out", "a.review.toml"]]
    {
        let (code, _, stderr) = said(&run(team.path(), arguments));
        assert!(code == 2 && stderr.contains("it is not overwritten"), "{arguments:?}: {stderr}");
        assert_eq!(fs::read_to_string(&review).unwrap(), REVIEW);
    }
}

#[test]
fn a_broken_configuration_is_an_error_even_where_only_errors_are_said() {
    let team = folder(Some("[rules]\nignore = ['KP9999']\n"));
    let (code, _, stderr) = said(&run(team.path(), &["-q", "check", "a.review.toml", "--fail-on", "never"]));
    assert!(code == 2 && stderr.contains("the configuration has errors"), "{stderr}");
}
