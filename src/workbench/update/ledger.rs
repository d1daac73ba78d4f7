//! What becomes of a finding: an action, a decision, or an entry of the ledger. One key each; where it has one, the key
//! goes there.

use crate::model::{AnswerWord, Element, EntityKind, EntityRef, TriageStatus, as_id, field_at};
use crate::rules::{Finding, Severity, Standing};
use crate::workbench::Workbench;
use crate::workbench::overlays::{AddField, AddForm, Adding, Choice, Menu, Overlay, Wish, suggestions};
use crate::workbench::place::Place;
use crate::workbench::screens::{self, Target};
use crate::workbench::view::{Line, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashSet;

/// How long an action may take, by how much its finding hurts, in days.
fn days(severity: Severity) -> i32 {
    match severity {
        Severity::High => 14,
        Severity::Medium => 30,
        Severity::Low | Severity::Note => 90,
    }
}

/// After so many days somebody looks again at what was accepted.
const ACCEPTED_FOR: i32 = 90;
/// Titles longer than this are sentences.
const LONGEST_TITLE: usize = 100;

fn later(today: Date, days: i32) -> Date {
    today.saturating_add(days.days())
}

/// The first clause of a remedy: what is done, without the reasons.
fn clause(remedy: &str) -> String {
    let end = remedy.find(['\n', ';']).unwrap_or(remedy.len());
    let end = remedy.find(". ").map_or(end, |stop| stop.min(end));
    let text = remedy[..end].trim().trim_end_matches('.');
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let mut title = first + chars.as_str();
    if let Some((cut, _)) = title.char_indices().nth(LONGEST_TITLE) {
        title.truncate(cut);
        title.push('…');
    }
    title
}

impl Workbench {
    /// The finding under the cursor.
    fn finding_here(&self) -> Option<Finding> {
        let Target::Finding(index) = self.target() else { return None };
        self.session.analysis.as_ref()?.findings.get(index).cloned()
    }

    fn free_id(&self, kind: EntityKind, wanted: impl Fn(usize) -> String) -> String {
        let count = self.session.review.count(kind);
        let ids = (0..count).filter_map(|index| self.session.document.cell(EntityRef::new(kind, index), &["id"]));
        let taken: HashSet<String> = ids.collect();
        (1..=count + 1).map(wanted).find(|id| !taken.contains(id)).unwrap_or_default()
    }

    pub(super) fn free_action_id(&self) -> String {
        self.free_id(EntityKind::Action, |number| format!("a{number}"))
    }

    /// Who is to be asked about an element: the owner of the component, of the caller, or of where the flow comes in.
    fn owner_of(&self, element: &Element) -> Option<String> {
        let review = &self.session.review;
        let owner = |id: &str| review.component(id).and_then(|component| component.owner.clone());
        let entry = |flow: &str| review.flow(flow).and_then(|flow| owner(flow.entry()));
        match element {
            Element::Component(id) => owner(id),
            Element::Dependency(from, to) => owner(from).or_else(|| owner(to)),
            Element::Flow(id) => entry(id),
            Element::Path(flow, path) => path.first().and_then(|id| owner(id)).or_else(|| entry(flow)),
            Element::Slo(id) => {
                let slo = review.slos.iter().find(|slo| slo.id() == id)?;
                match (&slo.flow, &slo.component) {
                    (Some(flow), _) => entry(flow.as_str()),
                    (None, component) => component.as_ref().and_then(|component| owner(component.as_str())),
                }
            }
            Element::Review | Element::Other(..) => None,
        }
    }

    /// An action of the finding, at once; of a question, or of nothing, in the form.
    pub(super) fn make_action(&mut self) {
        let Some(finding) = self.finding_here() else {
            let title = match self.target() {
                Target::Question(id) => {
                    self.session.knowledge().question(&id).map(|question| format!("Find out: {}", question.text))
                }
                _ => None,
            };
            let drafts =
                [("id", self.free_action_id()), ("title", title.unwrap_or_default()), ("status", "open".to_owned())];
            self.open_add_entity(EntityKind::Action, &drafts);
            return;
        };
        if let Some(index) = self.session.ledger_of(&finding.id).action {
            self.go_to_record(EntityRef::new(EntityKind::Action, index), "title");
            return;
        }
        let today = self.session.today;
        let id = self.free_action_id();
        let due = later(today, days(finding.severity)).to_string();
        let owner = self.owner_of(&finding.element);
        let mut fields = vec![("id", id.clone()), ("title", clause(&finding.remedy))];
        fields.extend(owner.clone().map(|owner| ("owner", owner)));
        fields.extend([
            ("due", due.clone()),
            ("status", "open".to_owned()),
            ("from", finding.id.clone()),
            ("kind", "fix".to_owned()),
            ("done_when", format!("{} is not found any more", finding.id)),
            ("created", today.to_string()),
        ]);
        if self.record(EntityKind::Action, &fields).is_some() {
            let owner = owner.unwrap_or_else(|| "nobody yet".to_owned());
            let told = format!("Action {id}: {owner}, until {due}. A again opens it; u takes it back.");
            self.say(Line::of(Role::Good, told));
        }
    }

    /// The findings in other groups; the cursor stays on its finding.
    pub(super) fn group(&mut self) {
        if self.navigation.place() != Place::Findings {
            self.say(Line::plain("Findings can be put into groups: f shows them."));
            return;
        }
        let before = self.target();
        self.navigation.grouping = self.navigation.grouping.next();
        let place = self.navigation.place();
        let row = screens::sheet(&self.session, &self.navigation, &place).and_then(|sheet| {
            (0..sheet.rows()).find(|row| before != Target::Nothing && sheet.target(*row, 0) == before)
        });
        let mut cursor = self.navigation.cursor();
        cursor.row = row.unwrap_or(0);
        self.navigation.set_cursor(cursor);
        self.say(Line::plain(format!("Findings {}.", self.navigation.grouping.word())));
    }

    /// A decision that answers the finding, proposed.
    pub(super) fn make_decision(&mut self) {
        let Some(finding) = self.finding_here() else {
            self.say(Line::plain("A decision answers a finding: f shows them. D lists the decisions."));
            return;
        };
        if let Some(index) = self.session.ledger_of(&finding.id).decision {
            self.go_to_record(EntityRef::new(EntityKind::Decision, index), "because");
            return;
        }
        let base = as_id(&format!("{} {}", finding.name, finding.element.compact()));
        let id = self.free_id(EntityKind::Decision, |number| match number {
            1 => base.clone(),
            number => format!("{base}-{number}"),
        });
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut fields = vec![
            ("id", id.clone()),
            ("title", clause(&finding.remedy)),
            ("status", "proposed".to_owned()),
            ("constraint", finding.message.clone()),
        ];
        let patterns = self.session.knowledge().patterns();
        let fitting: Vec<_> = patterns.iter().filter(|p| p.rules.iter().any(|code| code == finding.code)).collect();
        match fitting.as_slice() {
            [] => {}
            [only] => fields.extend([
                ("pattern", only.id.clone()),
                ("fails_first", only.fails_first.clone()),
                ("measure", only.measure.join("; ")),
            ]),
            several => {
                let names: Vec<String> =
                    several.iter().take(5).map(|p| format!("{{ name = {} }}", quoted(&p.name))).collect();
                fields.push(("options", format!("[{}]", names.join(", "))));
            }
        }
        fields.push(("findings", format!("[{}]", quoted(&finding.id))));
        if self.record(EntityKind::Decision, &fields).is_some() {
            let told = format!("Decision {id} is proposed. v again opens it: why, what fails first, what is watched.");
            self.say(Line::of(Role::Good, told));
        }
    }

    /// Adds an entity as one step; says why not.
    fn record(&mut self, kind: EntityKind, fields: &[(&str, String)]) -> Option<EntityRef> {
        let typed: Vec<(&str, &str)> = fields
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        match self.session.document.add(kind, &typed) {
            Ok(entity) => {
                self.edited();
                Some(entity)
            }
            Err(error) => {
                self.warn(error.to_string());
                None
            }
        }
    }

    fn go_to_record(&mut self, entity: EntityRef, key: &str) {
        self.jump(entity, &[key.to_owned()]);
        let name = self.session.name_of(entity);
        self.say(Line::plain(format!("The finding has its {} already: {name}. esc goes back.", entity.kind.called())));
    }

    /// What was decided about the finding: the statuses to choose from.
    pub(super) fn triage(&mut self) {
        let Some(finding) = self.finding_here() else {
            self.say(Line::plain("Triage is about a finding: f shows them."));
            return;
        };
        let mut text = vec![finding.message.clone(), String::new()];
        text.push(if let Standing::Triaged(mark) | Standing::Expired(mark) = &finding.standing {
            let entry = self.session.review.triage.get(mark.index);
            let pattern = entry.filter(|entry| entry.finding().contains('*'));
            let by = pattern.map(|entry| format!(", by the pattern {}", entry.finding())).unwrap_or_default();
            let until = mark.expires.map(|day| format!(", until {day}")).unwrap_or_default();
            let why = mark.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("Now {}{by}{until}{why}", mark.status.word())
        } else {
            "Nothing was decided about it yet.".to_owned()
        });
        let wish = |status| Wish::Triage { finding: finding.id.clone(), status };
        let choice = |key, text: &str, wish| Choice { key, text: text.to_owned(), wish };
        let mut choices = vec![
            choice('a', "accepted: lived with, for a reason and a time", wish(TriageStatus::Accepted)),
            choice('d', "in discussion", wish(TriageStatus::InDiscussion)),
            choice('p', "in progress: being mended", wish(TriageStatus::InProgress)),
            choice('m', "mitigated: mended, it is said, until the rules agree", wish(TriageStatus::Mitigated)),
            choice('f', "false positive: the rule is wrong here", wish(TriageStatus::FalsePositive)),
        ];
        if let Some(index) = self.session.ledger_of(&finding.id).triage {
            let entity = EntityRef::new(EntityKind::Triage, index);
            choices.push(choice('o', "open again: take the entry away", Wish::Untriage(entity)));
        }
        self.overlays.push(Overlay::Menu(Menu::new(&finding.id, text, choices)));
    }

    /// The form for what belongs to a status: a new entry, or that of exactly this finding.
    pub(super) fn open_triage(&mut self, finding: &str, status: TriageStatus) {
        let entity = self.session.ledger_of(finding).triage.map(|index| EntityRef::new(EntityKind::Triage, index));
        let now = |key: &str| entity.and_then(|entity| self.session.document.cell(entity, &[key])).unwrap_or_default();
        let today = self.session.today;
        let expires = match status {
            TriageStatus::Accepted => later(today, ACCEPTED_FOR).to_string(),
            _ => String::new(),
        };
        let needs_reason = matches!(status, TriageStatus::Accepted | TriageStatus::FalsePositive);
        let owner = self.session.analysis.as_ref().and_then(|analysis| {
            let found = analysis.findings.iter().find(|found| found.id == finding)?;
            self.owner_of(&found.element)
        });
        let or = |now: String, draft: String| if now.is_empty() { draft } else { now };
        let values = [
            ("finding", if entity.is_some() { now("finding") } else { finding.to_owned() }, true),
            ("status", status.word().to_owned(), true),
            ("reason", now("reason"), needs_reason),
            ("by", or(now("by"), owner.unwrap_or_default()), false),
            ("date", today.to_string(), true),
            ("expires", expires, false),
            ("ticket", now("ticket"), false),
        ];
        let kind = EntityKind::Triage;
        let field = |(key, draft, required): (&str, String, bool)| {
            let spec = field_at(kind, &[key])?;
            Some(AddField::new(key, spec, suggestions(&self.session, kind, &spec), required, &draft))
        };
        let fields: Vec<AddField> = values.into_iter().filter_map(field).collect();
        let adding = entity.map_or(Adding::Entity(kind), Adding::Values);
        self.ask(Overlay::Add(AddForm::new(adding, fields).at("reason")));
    }

    pub(super) fn untriage(&mut self, entity: EntityRef) {
        let name = self.session.name_of(entity);
        match self.session.document.remove(entity) {
            Ok(()) => {
                self.edited();
                self.say(Line::of(Role::Good, format!("{name} is open again. u brings the entry back.")));
            }
            Err(error) => self.warn(error.to_string()),
        }
    }

    /// "Don't know yet": the answer is unknown, and an action to find out is drafted.
    pub(super) fn dont_know(&mut self) {
        let Target::Question(id) = self.target() else {
            self.say(Line::plain("Only a question can be unknown; x makes a value unknown."));
            return;
        };
        if let Err(why) = self.answer(&id, AnswerWord::Unknown, "") {
            self.warn(why);
            return;
        }
        self.make_action();
    }
}
