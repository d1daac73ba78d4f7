//! A review from a file to its analysis.

use super::custom::Customs;
use super::exit::{Exit, Failure};
use super::files;
use super::output::Output;
use crate::analysis::{Analysis, Settings, analyze};
use crate::document::{Encoding, SourceMap, decode, encode, parse};
use crate::metrics::EvidenceFile;
use crate::model::{Evidence, Gravity, Problem, Review};
use crate::report::{Custom, Subject};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A review that was read and not yet analysed.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) file: String,
    text: String,
    encoding: Encoding,
    pub(super) review: Review,
    source: SourceMap,
    problems: Vec<Problem>,
    evidence: Evidence,
    custom: Arc<Custom>,
}

/// A review with everything that follows from it.
#[derive(Debug)]
pub(super) struct Judged {
    loaded: Loaded,
    /// What is wrong in the file, by itself and by the method.
    problems: Vec<Problem>,
    pub(super) analysis: Analysis,
    as_of: Date,
}

/// Reads a review. Fails only where there is nothing to read; what is wrong in it is among its problems.
pub(super) fn load(path: &Path, output: &Output) -> Result<Loaded, Failure> {
    load_one_of(path, &mut Customs::default(), output)
}

/// Reads one of several reviews, which may share a team's folder.
pub(super) fn load_one_of(path: &Path, customs: &mut Customs, output: &Output) -> Result<Loaded, Failure> {
    let bytes = files::read(path)?;
    let file = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let loaded = Loaded::of(file, &bytes, &Arc::default());
    let evidence = evidence(path, &loaded.review, output)?;
    let custom = customs.of(path, output);
    Ok(loaded.with(evidence).judged_by(&custom))
}

/// What was recorded beside the review: `shop.evidence.json` beside `shop.review.toml`. None is no failure.
fn evidence(path: &Path, review: &Review, output: &Output) -> Result<Evidence, Failure> {
    let beside = evidence_path(path);
    if path == Path::new("-") || !beside.is_file() {
        return Ok(Evidence::default());
    }
    let bytes = files::read(&beside)?;
    Ok(recorded(&beside.display().to_string(), &bytes, review, output))
}

/// Where the evidence of a review is recorded.
pub(super) fn evidence_path(review: &Path) -> PathBuf {
    let name = review.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = name.strip_suffix(files::SUFFIX).or_else(|| name.strip_suffix(".toml")).unwrap_or(name);
    review.with_file_name(format!("{stem}.evidence.json"))
}

/// The evidence in the bytes of a file of that name.
pub(super) fn recorded(name: &str, bytes: &[u8], review: &Review, output: &Output) -> Evidence {
    let (file, problems) = EvidenceFile::from_text(&String::from_utf8_lossy(bytes));
    for problem in problems {
        let at = problem.record.map(|record| format!(", record {}", record + 1)).unwrap_or_default();
        output.note(&format!("warning: {name}{at}: {}", problem.message));
    }
    file.evidence(review)
}

impl Loaded {
    /// A review of a name, from the bytes of its text; judged by a method, with nothing measured.
    pub(super) fn of(file: String, bytes: &[u8], custom: &Arc<Custom>) -> Self {
        let (text, encoding) = decode(bytes);
        let (review, source, problems) = parse(&text);
        Self {
            file,
            text,
            encoding,
            review,
            source,
            problems,
            evidence: Evidence::default(),
            custom: Arc::clone(custom),
        }
    }

    /// The same with what was measured.
    pub(super) fn with(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// The same by another method.
    pub(super) fn judged_by(self, custom: &Arc<Custom>) -> Self {
        Self { custom: Arc::clone(custom), ..self }
    }

    /// Analyses it, with the method that holds for it.
    pub(super) fn judge(self, settings: &Settings) -> Judged {
        let settings = self.settings(settings);
        let mut analysis = analyze(&self.review, &self.evidence, &settings);
        let mut problems = self.problems.clone();
        problems.append(&mut analysis.problems);
        problems.sort_by_key(|problem| (problem.span.start, std::cmp::Reverse(problem.gravity)));
        Judged { loaded: self, problems, analysis, as_of: settings.today }
    }

    /// The settings with the method that holds for it.
    pub(super) fn settings(&self, settings: &Settings) -> Settings {
        self.custom.settings(settings.clone())
    }

    /// Another text of the same review.
    pub(super) fn with_text(self, text: &str) -> Self {
        let (review, source, problems) = parse(text);
        Self { text: text.to_owned(), review, source, problems, ..self }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The bytes it was read from.
    pub(super) fn bytes(&self) -> Vec<u8> {
        encode(&self.text, self.encoding)
    }

    pub(super) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Whether something in it could not be read.
    pub(super) fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| problem.gravity == Gravity::Error)
    }
}

impl Judged {
    /// For the report.
    pub(super) fn subject(&self) -> Subject<'_> {
        let Loaded { file, text, review, source, evidence, custom, .. } = &self.loaded;
        Subject {
            file,
            text,
            review,
            source,
            problems: &self.problems,
            analysis: &self.analysis,
            evidence,
            as_of: self.as_of,
            knowledge: &custom.knowledge,
        }
    }

    /// The method and the document template that hold for it.
    pub(super) fn custom(&self) -> &Custom {
        &self.loaded.custom
    }

    /// Judged once more, by other settings.
    pub(super) fn again(self, settings: impl FnOnce(&Loaded) -> Settings) -> Self {
        let settings = settings(&self.loaded);
        self.loaded.judge(&settings)
    }

    /// The name for people.
    pub(super) fn file(&self) -> &str {
        &self.loaded.file
    }

    /// Whether there is no system in it, so that no findings mean nothing.
    pub(super) fn describes_nothing(&self) -> bool {
        self.loaded.review.components.is_empty()
    }

    /// Says what is wrong in the file, on stderr; the code of a command that had to do with it.
    pub(super) fn say_problems(&self, output: &Output) -> Exit {
        let Loaded { file, text, source, .. } = &self.loaded;
        output.problems(file, text, source, &self.problems);
        self.exit()
    }

    /// Input with errors is not fine, whatever came of it.
    pub(super) fn exit(&self) -> Exit {
        let broken = self.problems.iter().any(|problem| problem.gravity == Gravity::Error);
        if broken || self.loaded.custom.config_is_broken { Exit::Unusable } else { Exit::Fine }
    }
}

/// Today, in UTC.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
