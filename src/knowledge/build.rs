//! From files to sections: which file holds what, and how its rows become steps, checklists, patterns …
//!
//! The embedded files and a reader's files go through the same code; the reader's come later and so win. Nothing here
//! fails: what cannot be used is a problem and leaves the rest as it was.

use super::fields::fields_of;
use super::merge::{KeyLines, Shape, merge, typed};
use super::problem::{KnowledgeProblem, nearest, quoted};
use super::sheet::{Row, Sheet};
use super::types::{
    AntiPattern, Checklist, Criterion, DecisionOption, DecisionTable, Decisions, Guidance, Home, Method, Pattern,
    Principle, Question, Signature, Step, Term, Topic,
};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use toml::Value;

/// Ids of the five steps; a reader can change them and add questions, not add a sixth.
const STEP_IDS: [&str; 5] = ["targets", "fast-path", "bottleneck", "failure", "proof"];

/// A larger file is not read: the whole embedded knowledge is about a fifth of this.
const LARGEST_FILE: usize = 1 << 20;

/// What a file holds, by its path below `checklists/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Section {
    Steps,
    Checklists,
    Patterns,
    Decisions,
    Signatures,
    Method,
    Glossary,
}

const CATALOGUE: [(&str, Section); 5] = [
    ("catalogue/patterns.toml", Section::Patterns),
    ("catalogue/decisions.toml", Section::Decisions),
    ("catalogue/signatures.toml", Section::Signatures),
    ("catalogue/principles.toml", Section::Method),
    ("catalogue/glossary.toml", Section::Glossary),
];

/// `path` below `checklists/`, with `/`.
pub(super) fn relative(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    path.strip_prefix("checklists/").unwrap_or(path).to_owned()
}

/// The section of a file, or what is wrong with its path and the nearest path.
pub(super) fn section_of(path: &str) -> Result<Section, (String, Option<String>)> {
    let path = relative(path);
    if let Some((_, section)) = CATALOGUE.iter().find(|(name, _)| *name == path) {
        return Ok(*section);
    }
    let toml = std::path::Path::new(&path).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    match (toml, path.split_once('/')) {
        (true, None) => Ok(Section::Checklists),
        (true, Some(("steps", name))) if !name.contains('/') => Ok(Section::Steps),
        (true, _) => {
            let message = format!(
                "{} is neither a checklist, nor in steps/, nor a catalogue file; it was ignored",
                quoted(&path)
            );
            Err((message, nearest(&path, CATALOGUE.iter().map(|(name, _)| *name))))
        }
        (false, _) => Err((format!("{} is not a .toml file; it was ignored", quoted(&path)), None)),
    }
}

/// Reads files into sections and collects what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) problems: Vec<KnowledgeProblem>,
    /// Lines of the keys that a reader wrote, by `kind:id`.
    pub(super) written: HashMap<String, KeyLines>,
    sheets: Vec<(String, Section, Sheet)>,
}

impl Builder {
    /// Takes in one file. `reportable` says whether a mistake in it concerns the reader.
    pub(super) fn add(&mut self, path: &str, text: &str, reportable: bool) {
        if text.len() > LARGEST_FILE {
            let message = format!("the file is larger than {LARGEST_FILE} bytes; it was ignored");
            self.problems.push(KnowledgeProblem { file: path.to_owned(), line: 1, message, suggestion: None });
            return;
        }
        match section_of(path) {
            Ok(section) => {
                let sheet = Sheet::parse(path, text, reportable, &mut self.problems);
                self.sheets.push((relative(path), section, sheet));
            }
            Err((message, suggestion)) => {
                self.problems.push(KnowledgeProblem { file: path.to_owned(), line: 1, message, suggestion });
            }
        }
    }

    fn take(&mut self, section: Section) -> Vec<(String, Sheet)> {
        let (taken, rest) = std::mem::take(&mut self.sheets).into_iter().partition(|(_, of, _)| *of == section);
        self.sheets = rest;
        Vec::into_iter(taken).map(|(path, _, sheet)| (path, sheet)).collect()
    }

    fn rows<T: DeserializeOwned>(&mut self, rows: Vec<(usize, Row)>, shape: &Shape<'_>) -> Vec<T> {
        let merged = merge(rows, shape, &mut self.problems);
        let typed = typed(merged, shape.kind, &mut self.problems);
        typed
            .into_iter()
            .map(|(value, row)| {
                if !row.keys.is_empty() {
                    self.written.insert(format!("{}:{}", shape.kind, row.id), row.keys);
                }
                value
            })
            .collect()
    }

    /// Reports top-level keys and groups that the file cannot have.
    fn strangers(&mut self, row: &mut Row, groups: &mut BTreeMap<String, Vec<Row>>, keys: &[&str], names: &[&str]) {
        let all = || keys.iter().chain(names).copied();
        let mut odd: Vec<(usize, String)> = Vec::new();
        row.fields.retain(|key, _| {
            let fine = keys.contains(&key) || key == "remove";
            if !fine {
                odd.push((row.keys.get(key).copied().unwrap_or(row.line), key.to_owned()));
            }
            fine
        });
        groups.retain(|name, rows| {
            let fine = names.contains(&name.as_str());
            if !fine {
                odd.push((rows.first().map_or(1, |first| first.line), name.clone()));
            }
            fine
        });
        for (line, key) in odd {
            let (message, suggestion) = if names.contains(&key.as_str()) {
                (format!("`{key}` must be written [[{key}]]; it was ignored"), None)
            } else {
                (format!("this file has no {}; it was ignored", quoted(&key)), nearest(&key, all()))
            };
            self.problems.push(KnowledgeProblem { file: row.file.to_string(), line, message, suggestion });
        }
    }

    /// The groups of all files of one catalogue section, and their top-level keys.
    fn catalogue(
        &mut self,
        section: Section,
        keys: &[&str],
        names: &[&str],
    ) -> (HashMap<String, Vec<(usize, Row)>>, toml::Table) {
        let mut groups: HashMap<String, Vec<(usize, Row)>> = HashMap::new();
        let mut header = toml::Table::new();
        for (number, (_, mut sheet)) in self.take(section).into_iter().enumerate() {
            self.strangers(&mut sheet.header, &mut sheet.groups, keys, names);
            header.extend(sheet.header.fields);
            for (name, rows) in sheet.groups {
                groups.entry(name).or_default().extend(rows.into_iter().map(|row| (number, row)));
            }
        }
        (groups, header)
    }

    fn plain<T: DeserializeOwned>(&mut self, groups: &mut HashMap<String, Vec<(usize, Row)>>, kind: &str) -> Vec<T> {
        let shape = Shape { kind, known: fields_of::<T>(), nested: &[], prefix: None, removable: true };
        self.rows(groups.remove(kind).unwrap_or_default(), &shape)
    }

    pub(super) fn patterns(&mut self) -> Vec<Pattern> {
        let (mut groups, _) = self.catalogue(Section::Patterns, &[], &["pattern"]);
        self.plain(&mut groups, "pattern")
    }

    pub(super) fn signatures(&mut self) -> Vec<Signature> {
        let (mut groups, _) = self.catalogue(Section::Signatures, &[], &["signature"]);
        self.plain(&mut groups, "signature")
    }

    pub(super) fn glossary(&mut self) -> Vec<Term> {
        let (mut groups, _) = self.catalogue(Section::Glossary, &[], &["term"]);
        self.plain(&mut groups, "term")
    }

    pub(super) fn decisions(&mut self) -> Decisions {
        let (mut groups, header) = self.catalogue(Section::Decisions, &["rule"], &["table"]);
        let nested = [("option", fields_of::<DecisionOption>()), ("criteria", fields_of::<Criterion>())];
        let shape = Shape {
            kind: "table",
            known: fields_of::<DecisionTable>(),
            nested: &nested,
            prefix: None,
            removable: true,
        };
        let tables = self.rows(groups.remove("table").unwrap_or_default(), &shape);
        let rule = header.get("rule").and_then(Value::as_str).unwrap_or_default().to_owned();
        Decisions { rule, tables }
    }

    pub(super) fn method(&mut self) -> Method {
        let names = [
            "principle",
            "dimension",
            "axis",
            "metric",
            "quantification",
            "layer",
            "hop",
            "antipattern",
            "phase",
            "test_level",
            "faq",
            "advice",
        ];
        let (mut groups, _) = self.catalogue(Section::Method, &[], &names);
        let mut topics = |kind: &str| self.plain::<Topic>(&mut groups, kind);
        let (dimensions, axes) = (topics("dimension"), topics("axis"));
        let guidance = Guidance {
            metrics: topics("metric"),
            quantification: topics("quantification"),
            layers: topics("layer"),
            hops: topics("hop"),
            phases: topics("phase"),
            test_levels: topics("test_level"),
            faq: topics("faq"),
            advice: topics("advice"),
        };
        let principles = self.plain::<Principle>(&mut groups, "principle");
        let antipatterns = self.plain::<AntiPattern>(&mut groups, "antipattern");
        Method { principles, dimensions, axes, antipatterns, guidance }
    }

    pub(super) fn steps(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (mut step, questions) in self.documents::<Step>(Section::Steps, "step", "question") {
            step.questions = questions;
            for question in &mut step.questions {
                question.home = Home::Step(step.number);
            }
            steps.push(step);
        }
        steps.sort_by_key(|step| step.number);
        steps
    }

    pub(super) fn checklists(&mut self) -> Vec<Checklist> {
        let mut lists: Vec<Checklist> = Vec::new();
        for (mut list, items) in self.documents::<Checklist>(Section::Checklists, "checklist", "item") {
            list.items = items;
            for item in &mut list.items {
                item.home = Home::Checklist(list.id.clone());
            }
            lists.push(list);
        }
        lists
    }

    /// Files that are one thing with questions in it: what stands at the top is a row, and its id prefixes the questions.
    fn documents<T: DeserializeOwned + HasId>(
        &mut self,
        section: Section,
        kind: &str,
        group: &str,
    ) -> Vec<(T, Vec<Question>)> {
        let known = fields_of::<T>();
        let mut headers: Vec<(usize, Row)> = Vec::new();
        let mut rows: HashMap<String, Vec<(usize, Row)>> = HashMap::new();
        for (number, (path, mut sheet)) in self.take(section).into_iter().enumerate() {
            self.strangers(&mut sheet.header, &mut sheet.groups, known, &[group]);
            let id =
                sheet.header.fields.get("id").and_then(Value::as_str).map_or_else(|| id_from(&path), str::to_owned);
            if (section == Section::Steps) != STEP_IDS.contains(&id.as_str()) {
                let (message, suggestion) = if section == Section::Steps {
                    (
                        format!("there is no step {}; the file was ignored", quoted(&id)),
                        nearest(&id, STEP_IDS.into_iter()),
                    )
                } else {
                    (format!("`{id}` is a step and cannot name a checklist; the file was ignored"), None)
                };
                let line = sheet.header.keys.get("id").copied().unwrap_or(1);
                self.problems.push(KnowledgeProblem { file: sheet.header.file.to_string(), line, message, suggestion });
                continue;
            }
            sheet.header.fields.insert("id".to_owned(), Value::String(id.clone()));
            headers.push((number, sheet.header));
            let items = sheet.groups.remove(group).unwrap_or_default();
            rows.entry(id).or_default().extend(items.into_iter().map(|row| (number, row)));
        }
        let shape = Shape { kind, known, nested: &[], prefix: None, removable: section == Section::Checklists };
        let documents: Vec<T> = self.rows(headers, &shape);
        let mut out = Vec::with_capacity(documents.len());
        for document in documents {
            let id = document.id().to_owned();
            let shape = Shape {
                kind: "question",
                known: fields_of::<Question>(),
                nested: &[],
                prefix: Some(&id),
                removable: true,
            };
            let questions = self.rows(rows.remove(&id).unwrap_or_default(), &shape);
            out.push((document, questions));
        }
        out
    }
}

/// The id that a file without one is taken to have: `steps/2-fast-path.toml` is `fast-path`.
fn id_from(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let stem = stem.trim_start_matches(|sign: char| sign.is_ascii_digit()).trim_start_matches('-');
    match stem {
        // The two files whose names are plainer than the prefixes of their questions.
        "bottlenecks" => "bottleneck".to_owned(),
        "failure-paths" => "failure".to_owned(),
        other => other.to_owned(),
    }
}

trait HasId {
    fn id(&self) -> &str;
}

impl HasId for Step {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HasId for Checklist {
    fn id(&self) -> &str {
        &self.id
    }
}
