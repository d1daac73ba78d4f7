//! What can be asked on the command line.

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::ffi::OsString;
use std::path::PathBuf;

/// A terminal workbench for architecture reviews: if load doubles, what saturates first, and what do we do about it?
#[derive(Debug, Parser)]
#[command(
    name = "kneepoint",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 fine · 1 findings at or above the gate, or a document that differs · 2 usage, unreadable or invalid \
                  input · 3 a rule could not tell and the gate asked · 4 the metrics source failed · 130 interrupted"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The review to open; without one, the only `*.review.toml` here.
    #[arg(value_name = "REVIEW")]
    pub(super) review: Option<PathBuf>,
    #[command(flatten)]
    pub(super) global: Global,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Say only results and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more.
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,
    /// Which rules run and how they judge; else `.kneepoint/config.toml` of the repository.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Never open a connection.
    #[arg(long, global = true)]
    pub(super) offline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open a worked example on a private copy: no set-up at all.
    Demo(Demo),
    /// Begin a review from a template.
    New(New),
    /// Say what is wrong with the architecture of a review.
    Check(Check),
    /// Explain a rule, or list them all.
    Rule(Rule),
    /// Say what fills up at which load.
    Capacity(Capacity),
    /// Ask the metrics server, and show what it says beside what the review declares.
    Measure(Measure),
    /// Write the review document, a diagram, or everything as JSON.
    Export(Export),
    /// Say what a review says otherwise than an earlier version of it, and what follows from that.
    Diff(Diff),
    /// Write an embedded file of the method or the document template, to change in `.kneepoint/`, or list them all.
    Method(Method),
    /// Write the JSON schema of the review file, for editors that complete and check TOML.
    Schema {
        /// Where to write it; without it, to stdout.
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Write the manual page.
    Man,
    /// Write the completion script of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The example.
    #[arg(value_parser = PossibleValuesParser::new(super::files::example_names()), default_value = super::files::example_names()[0])]
    pub(super) name: String,
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// The file to create (`-`: write to stdout); an existing one is never overwritten.
    pub(super) path: PathBuf,
    /// What to begin with.
    #[arg(long, short, value_parser = PossibleValuesParser::new(super::files::template_names()), default_value = "blank")]
    pub(super) template: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For people.
    Text,
    /// For programs (format 1).
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Gate {
    /// Exit 1 on high findings.
    High,
    /// … on medium ones too.
    Medium,
    /// … on low ones too.
    Low,
    /// Never exit 1.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people.
    Text,
    /// For programs (format 1).
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For the test report of CI: `JUnit` XML.
    Junit,
    /// For GitHub Actions: annotations of the lines.
    Github,
    /// For a comment on a pull request.
    Markdown,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody can give")]
pub(super) struct Check {
    /// The reviews (`-`: stdin).
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(super) format: CheckFormat,
    /// Where to write it, whole or not at all; else to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// From which severity on findings make the command fail.
    #[arg(long, value_enum, default_value_t = Gate::High, value_name = "SEVERITY")]
    pub(super) fail_on: Gate,
    /// Exit 3 where a rule could not tell.
    #[arg(long)]
    pub(super) fail_on_unknown: bool,
    /// Only these rules: codes, names, or beginnings of codes, with commas.
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub(super) select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub(super) ignore: Vec<String>,
    /// Findings named in this file, one id a line, were there before and do not count.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the baseline: what is found now is in it, what is not found any more is not.
    #[arg(long, requires = "baseline")]
    pub(super) write_baseline: bool,
    /// Make the fixes that are safe in the files, and print what changed; the rest is judged.
    #[arg(long, group = "mend", conflicts_with = "write_baseline")]
    pub(super) fix: bool,
    /// Make, or show, the fixes that somebody should agree to as well.
    #[arg(long, requires = "mend")]
    pub(super) suggested: bool,
    /// Only print what `--fix` would change; exit 1 where that is anything.
    #[arg(long, group = "mend", conflicts_with_all = ["fix", "write_baseline"])]
    pub(super) diff: bool,
    /// Judge dates as of this day; else today (UTC).
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RuleFormat {
    /// For people.
    Text,
    /// For programs (format 1).
    Json,
    /// For documents.
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct Rule {
    /// The rule, by code or name; without one, all are listed.
    #[arg(value_name = "CODE|NAME")]
    pub(super) rule: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = RuleFormat::Text)]
    pub(super) format: RuleFormat,
}

#[derive(Debug, Args)]
pub(super) struct Method {
    /// The file, by its path below `.kneepoint/`; without one, all are listed.
    #[arg(value_name = "FILE")]
    pub(super) file: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Capacity {
    /// The review (`-`: stdin).
    pub(super) path: PathBuf,
    /// The multiple of today's load.
    #[arg(long, default_value = "2.0", value_parser = multiple)]
    pub(super) load: f64,
    /// Only what this flow visits.
    #[arg(long, value_name = "ID")]
    pub(super) flow: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(super) format: TextOrJson,
}

fn multiple(text: &str) -> Result<f64, String> {
    use crate::units::{Multiple, Quantity};
    Multiple::parse(text).map(Quantity::value).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub(super) struct Measure {
    /// The review (`-`: stdin).
    pub(super) path: PathBuf,
    /// The server, where it is not the review's; headers of the review are sent only to the review's server.
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// For which time to ask: RFC 3339, or seconds of the Unix epoch; else now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) at: Option<f64>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(super) format: TextOrJson,
}

fn time(text: &str) -> Result<f64, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        return if seconds.is_finite() && seconds >= 0.0 {
            Ok(seconds)
        } else {
            Err("a time is not negative".to_owned())
        };
    }
    let time: jiff::Timestamp =
        text.parse().map_err(|_| "a time is written 2026-11-23T10:00:00Z, or 1795428000".to_owned())?;
    Ok(time.as_millisecond() as f64 / 1e3)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// The review document.
    Markdown,
    /// The whole system as a Mermaid diagram.
    Mermaid,
    /// The whole system for Graphviz.
    Dot,
    /// Everything a document template sees (format 1).
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The review (`-`: stdin).
    pub(super) path: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value_t = ExportFormat::Markdown)]
    pub(super) format: ExportFormat,
    /// Where to write it; text between keep marks of the file stays. Without it, to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write nothing; exit 1 where FILE is not what would be written.
    #[arg(long, requires = "out")]
    pub(super) check: bool,
    /// A document template of your own (minijinja); else `.kneepoint/reports/review.md.jinja`, else the embedded one.
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
    /// Judge dates as of this day; else the latest day on which the review says something was done or decided.
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people.
    Text,
    /// For programs (format 1).
    Json,
    /// For a comment on a pull request.
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The earlier version: a file, `-` for stdin, or `REV:PATH` for a file in a git revision. Alone, a file is compared
    /// with what was committed last.
    #[arg(value_name = "A")]
    pub(super) before: OsString,
    /// The later version, written in the same ways.
    #[arg(value_name = "B")]
    pub(super) after: Option<OsString>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(super) format: DiffFormat,
    /// Judge the dates of both as of this day; else today (UTC).
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<Date>,
}
