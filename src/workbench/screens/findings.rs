//! The sheet of findings: filtered by what became of them, in groups, with what is recorded about the selected one.

use super::sheet::{Column, Sheet, Target};
use crate::model::{Element, EntityRef, TriageStatus};
use crate::rules::{Finding, Severity, Standing};
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};
use std::collections::HashMap;

/// Which findings a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingFilter {
    /// All.
    All,
    /// Those nobody decided about.
    Open,
    /// Those that hurt a flow.
    Flow(String),
    /// Those the ledger answers.
    Triaged,
    /// Those with this status in the ledger, the entry still holding.
    Status(TriageStatus),
    /// Those said to be mended that are still found, and what else shows that a fix is not verified.
    NotVerified,
    /// Those whose entry in the ledger has run out.
    Expired,
    /// What the rules could not decide.
    CannotTell,
}

impl FindingFilter {
    /// Whether a finding passes.
    fn passes(&self, finding: &Finding) -> bool {
        let status = match &finding.standing {
            Standing::Triaged(mark) => Some(mark.status),
            _ => None,
        };
        match self {
            Self::Open => finding.standing.counts(),
            Self::Triaged => matches!(finding.standing, Standing::Triaged(_) | Standing::Expired(_)),
            Self::Status(wanted) => status == Some(*wanted),
            Self::NotVerified => status == Some(TriageStatus::Mitigated) || finding.code == NOT_VERIFIED,
            Self::Expired => matches!(finding.standing, Standing::Expired(_)),
            Self::Flow(flow) => finding.flows.contains(flow),
            Self::All | Self::CannotTell => true,
        }
    }

    /// What the list is called.
    fn title(&self) -> String {
        match self {
            Self::All => "All findings".to_owned(),
            Self::Open => "Open findings".to_owned(),
            Self::Flow(flow) => format!("Findings that hurt {flow}"),
            Self::Triaged => "Decided findings".to_owned(),
            Self::Status(status) => format!("Findings that are {}", status.word()),
            Self::NotVerified => "Fixed, not verified".to_owned(),
            Self::Expired => "Findings whose decision has expired".to_owned(),
            Self::CannotTell => "Cannot tell".to_owned(),
        }
    }
}

/// The rule that says that a fix is not verified.
const NOT_VERIFIED: &str = "KP906";

/// How the findings stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// What hurts most in front.
    #[default]
    Weight,
    /// By how much they hurt, each severity under its heading.
    Severity,
    /// Those of a rule together.
    Rule,
    /// Those about an element together.
    Element,
    /// Those of a status together.
    Status,
}

impl Grouping {
    /// The next one.
    pub fn next(self) -> Self {
        match self {
            Self::Weight => Self::Severity,
            Self::Severity => Self::Rule,
            Self::Rule => Self::Element,
            Self::Element => Self::Status,
            Self::Status => Self::Weight,
        }
    }

    /// In a few words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weight => "by weight",
            Self::Severity => "by severity",
            Self::Rule => "by rule",
            Self::Element => "by element",
            Self::Status => "by status",
        }
    }

    fn heading(self, finding: &Finding) -> Option<String> {
        match self {
            Self::Weight => None,
            Self::Severity => Some(finding.severity.word().to_owned()),
            Self::Rule => Some(format!("{} {}", finding.code, finding.name)),
            Self::Element => Some(finding.element.to_string()),
            Self::Status => Some(finding.standing.word().to_owned()),
        }
    }
}

/// A row of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    /// A heading over so many findings.
    Group(String, usize),
    /// A finding, by its position in the analysis.
    Finding(usize),
}

/// Positions of findings as rows, each group under its heading; the groups stand in the order of their worst finding.
fn rows(findings: &[Finding], shown: &[usize], grouping: Grouping) -> Vec<Row> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for index in shown {
        let Some(heading) = grouping.heading(&findings[*index]) else {
            return shown.iter().map(|index| Row::Finding(*index)).collect();
        };
        let place = *places.entry(heading.clone()).or_insert_with(|| {
            groups.push((heading, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(*index);
    }
    let mut rows = Vec::new();
    for (heading, group) in groups {
        rows.push(Row::Group(heading, group.len()));
        rows.extend(group.into_iter().map(Row::Finding));
    }
    rows
}

/// How many findings pass a filter.
pub fn count(session: &Session, filter: &FindingFilter) -> usize {
    match (filter, &session.analysis) {
        (_, None) => 0,
        (FindingFilter::CannotTell, Some(analysis)) => analysis.cannot_tell.len(),
        (filter, Some(analysis)) => analysis.findings.iter().filter(|finding| filter.passes(finding)).count(),
    }
}

/// The findings.
pub struct Findings<'a> {
    session: &'a Session,
    filter: FindingFilter,
    grouping: Grouping,
    count: usize,
    rows: Vec<Row>,
}

impl<'a> Findings<'a> {
    /// Those that a filter lets through.
    pub fn new(session: &'a Session, filter: FindingFilter, grouping: Grouping) -> Self {
        let (count, rows) = match (&filter, &session.analysis) {
            (_, None) => (0, Vec::new()),
            (FindingFilter::CannotTell, Some(analysis)) => (analysis.cannot_tell.len(), Vec::new()),
            (filter, Some(analysis)) => {
                let findings = analysis.findings.iter().enumerate();
                let shown: Vec<usize> =
                    findings.filter(|(_, finding)| filter.passes(finding)).map(|(index, _)| index).collect();
                (shown.len(), rows(&analysis.findings, &shown, grouping))
            }
        };
        Self { session, filter, grouping, count, rows }
    }

    /// The finding of a row, with its position in the analysis.
    pub fn finding(&self, row: usize) -> Option<(usize, &Finding)> {
        let Row::Finding(index) = self.rows.get(row)? else { return None };
        Some((*index, self.session.analysis.as_ref()?.findings.get(*index)?))
    }

    fn undecided(&self, row: usize) -> Option<&crate::rules::CannotTell> {
        let listed = self.filter == FindingFilter::CannotTell;
        self.session.analysis.as_ref().filter(|_| listed)?.cannot_tell.get(row)
    }

    /// The rules that stopped with an error of their own, in a line each.
    fn failed(&self) -> Vec<String> {
        let failed = self.session.analysis.iter().flat_map(|analysis| &analysis.failed_rules);
        failed
            .map(|rule| format!("{} {} stopped and answered nothing: {}", rule.code, rule.name, rule.message))
            .collect()
    }

    /// What the review has about a finding already.
    fn recorded(&self, finding: &Finding, cells: usize) -> Vec<Line> {
        let recorded = self.session.ledger_of(&finding.id);
        let review = &self.session.review;
        let mut lines = Vec::new();
        if let Standing::Triaged(mark) | Standing::Expired(mark) = &finding.standing {
            let until = mark.expires.map(|day| format!(" until {day}")).unwrap_or_default();
            let over = if matches!(finding.standing, Standing::Expired(_)) { ", which is over" } else { "" };
            let why = mark.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push(format!("t {}{until}{over}{why}", mark.status.word()));
        }
        if let Some(action) = recorded.action.and_then(|index| review.actions.get(index)) {
            let status = action.status.map_or("open", |status| status.word());
            let owner = action.owner.as_ref().map(|owner| format!(", {owner}")).unwrap_or_default();
            let due = action.due.map(|day| format!(", until {day}")).unwrap_or_default();
            lines.push(format!("A action {}: {status}{owner}{due}", action.id()));
        }
        if let Some(decision) = recorded.decision.and_then(|index| review.decisions.get(index)) {
            let status = decision.status.map_or("proposed", |status| status.word());
            lines.push(format!("v decision {}: {status}", decision.id()));
        }
        lines.iter().map(|text| Line::of(Role::Key, &text[..2]).and(Role::Plain, &text[2..]).cut(cells)).collect()
    }
}

/// How a severity looks: a sign, a word and a role.
pub fn severity_line(severity: Severity) -> Line {
    match severity {
        Severity::High => Line::of(Role::Bad, "!! high"),
        Severity::Medium => Line::of(Role::Warn, "!  medium"),
        Severity::Low => Line::of(Role::Plain, "-  low"),
        Severity::Note => Line::of(Role::Dim, "   note"),
    }
}

impl Sheet for Findings<'_> {
    fn title(&self) -> Line {
        let mut line = Line::of(Role::Strong, self.filter.title()).and(Role::Dim, format!(" · {}", self.count));
        if self.filter != FindingFilter::CannotTell && self.grouping != Grouping::Weight {
            line = line.and(Role::Dim, format!(" · {}", self.grouping.word()));
        }
        match self.failed().len() {
            0 => line,
            1 => line.and(Role::Bad, " · 1 rule failed"),
            count => line.and(Role::Bad, format!(" · {count} rules failed")),
        }
    }

    fn columns(&self) -> Vec<Column> {
        if self.filter == FindingFilter::CannotTell {
            return vec![Column::text("rule", 28, 1), Column::text("where", 20, 1), Column::text("needs", 24, 1)];
        }
        vec![
            Column::text("severity", 9, 0),
            Column::text("rule", 6, 0),
            Column::text("where", 20, 1),
            Column::text("what", 30, 4),
            Column::text("status", 12, 0),
        ]
    }

    fn rows(&self) -> usize {
        if self.filter == FindingFilter::CannotTell { self.count } else { self.rows.len() }
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        if let Some(undecided) = self.undecided(row) {
            return match column {
                0 => Line::plain(format!("{} {}", undecided.code, undecided.name)),
                1 => Line::plain(undecided.element.to_string()),
                _ => Line::plain(&undecided.missing),
            };
        }
        if let Some(Row::Group(heading, count)) = self.rows.get(row) {
            let findings = if *count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
            return match column {
                0 | 1 => Line::of(Role::Accent, "──"),
                2 => Line::of(Role::Dim, findings),
                3 => Line::of(Role::Accent, heading),
                _ => Line::blank(),
            };
        }
        let Some((_, finding)) = self.finding(row) else { return Line::blank() };
        match column {
            0 => severity_line(finding.severity),
            1 => Line::plain(finding.code),
            2 => Line::plain(finding.element.to_string()),
            3 => Line::plain(&finding.message),
            _ => Line::of(if finding.standing.counts() { Role::Plain } else { Role::Dim }, finding.standing.word()),
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        if let Some((index, _)) = self.finding(row) {
            return Target::Finding(index);
        }
        let Some(undecided) = self.undecided(row) else { return Target::Nothing };
        match undecided.entity {
            Some(entity) => {
                let keys = undecided.missing.split('.').skip(1).map(str::to_owned).collect();
                Target::Field(entity, keys)
            }
            None => Target::Element(undecided.element.clone()),
        }
    }

    fn entity(&self, row: usize) -> Option<EntityRef> {
        match self.finding(row) {
            Some((_, finding)) => finding.entity,
            None => self.undecided(row)?.entity,
        }
    }

    fn element(&self, row: usize) -> Option<Element> {
        match self.finding(row) {
            Some((_, finding)) => Some(finding.element.clone()),
            None => Some(self.undecided(row)?.element.clone()),
        }
    }

    fn empty(&self) -> Vec<Line> {
        if self.session.analysis.is_none() {
            return vec![Line::plain("Looking …")];
        }
        let failed = self.failed();
        let mut lines = vec![Line::plain(if failed.is_empty() {
            "Nothing. The rules that could be decided are content."
        } else {
            "Nothing else. But not every rule could answer:"
        })];
        lines.extend(failed.iter().map(|text| Line::of(Role::Bad, format!("! {text}"))));
        lines
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let failed = self.failed();
        let mut footer: Vec<Line> = Vec::new();
        for text in failed.iter().take(3) {
            footer.extend(wrap(&format!("! {text}"), cells, 2).iter().map(|text| Line::of(Role::Bad, text)));
        }
        let Some((_, finding)) = self.finding(row) else { return footer };
        let mut lines = footer;
        lines.extend([Line::of(Role::Accent, finding.code)
            .and(Role::Strong, format!(" {}", finding.name))
            .and(Role::Dim, format!(" · {} · {}", finding.severity.word(), finding.confidence.word()))]);
        lines.extend(wrap(&finding.message, cells, 4).iter().map(Line::plain));
        if let Some(path) = &finding.path {
            lines.extend(wrap(&path.join(" → "), cells, 2).iter().map(|text| Line::of(Role::Dim, text)));
        }
        for (number, text) in wrap(&finding.remedy, cells.saturating_sub(2), 4).iter().enumerate() {
            lines.push(Line::of(Role::Good, if number == 0 { "→ " } else { "  " }).and(Role::Plain, text));
        }
        lines.append(&mut self.recorded(finding, cells));
        if let Some(fix) = finding.fixes.first() {
            let more = match finding.fixes.len() {
                1 => String::new(),
                count => format!(", or {} more", count - 1),
            };
            let line = Line::of(Role::Key, "F ").and(Role::Plain, format!("{}{more}", fix.title));
            lines.push(line.and(Role::Dim, format!(" · {}", fix.safety.word())).cut(cells));
        }
        if !finding.flows.is_empty() {
            let slos =
                if finding.slos.is_empty() { String::new() } else { format!(" · SLOs: {}", finding.slos.join(", ")) };
            let hurts = format!("hurts {}{slos}", finding.flows.join(", "));
            lines.extend(wrap(&hurts, cells, 2).iter().map(|text| Line::of(Role::Dim, text)));
        }
        lines
    }
}
