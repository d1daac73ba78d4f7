//! What the review leaves behind: actions, open points, parked topics, meetings, and what nobody looked at.

use super::Subject;
use crate::model::{ActionStatus, AnswerWord, DecisionStatus, Review};
use crate::rules::{Severity, Standing};
use serde::Serialize;
use std::collections::HashSet;

/// More open points than this are counted, not listed.
const MOST_OPEN: usize = 60;

/// Something somebody does until a day.
#[derive(Debug, Clone, Serialize)]
pub struct ActionRow {
    /// Its id.
    pub id: String,
    /// What is done.
    pub title: Option<String>,
    /// `fix`, `find-out`, `prove`, `ask`.
    pub kind: Option<&'static str>,
    /// How everybody sees that it is done.
    pub done_when: Option<String>,
    /// Who does it.
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<String>,
    /// `open`, `done`, `dropped`.
    pub status: &'static str,
    /// Open after its day, as of the day of the document.
    pub overdue: bool,
    /// What it comes from.
    pub from: Option<String>,
}

/// A topic put aside.
#[derive(Debug, Clone, Serialize)]
pub struct ParkedRow {
    /// The topic.
    pub title: String,
    /// Where it goes.
    pub goes_to: Option<String>,
    /// When somebody looks at it.
    pub look_at: Option<String>,
    /// Where it came up.
    pub from: Option<String>,
}

/// A meeting.
#[derive(Debug, Clone, Serialize)]
pub struct MeetingRow {
    /// When.
    pub date: Option<String>,
    /// How long it was to take.
    pub planned: Option<String>,
    /// How long it took.
    pub spent: Option<String>,
    /// Who was there.
    pub present: Vec<String>,
    /// What came out of it.
    pub items: Vec<String>,
    /// How many lines of minutes there are.
    pub lines: usize,
}

/// What nobody looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Unseen {
    /// Components that no flow visits.
    pub components: Vec<String>,
    /// How many of them are left out.
    pub components_more: usize,
    /// Flows without calls.
    pub flows: Vec<String>,
    /// Steps of the method in which nothing was answered.
    pub steps: Vec<String>,
    /// How many decisions of rules lack a number.
    pub cannot_tell: usize,
}

pub(super) fn actions(subject: &Subject<'_>) -> Vec<ActionRow> {
    let rows = subject.review.actions.iter().map(|action| {
        let status = action.status.unwrap_or(ActionStatus::Open);
        ActionRow {
            id: action.id().to_owned(),
            title: action.title.clone(),
            kind: action.kind.map(crate::model::ActionKind::word),
            done_when: action.done_when.clone(),
            owner: action.owner.clone(),
            due: action.due.map(|date| date.to_string()),
            status: status.word(),
            overdue: status == ActionStatus::Open && action.due.is_some_and(|due| due < subject.as_of),
            from: action.from.clone(),
        }
    });
    rows.collect()
}

pub(super) fn open(subject: &Subject<'_>) -> Vec<String> {
    let review = subject.review;
    let mut open = Vec::new();
    for decision in review.decisions.iter().filter(|decision| decision.status == Some(DecisionStatus::Proposed)) {
        let title = decision.title.as_deref().unwrap_or("no title");
        open.push(format!("decision {} is proposed: {title}", decision.id()));
    }
    for answer in review.answers.iter().filter(|answer| answer.answer == Some(AnswerWord::Unknown)) {
        let note = answer.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        open.push(format!("nobody knows {}{note}", answer.question()));
    }
    for contradiction in &subject.analysis.derived.contradictions {
        open.push(format!("{}: {}", contradiction.question, contradiction.text));
    }
    for finding in &subject.analysis.findings {
        let what = match &finding.standing {
            Standing::Open if finding.severity == Severity::High => "nobody decided about",
            Standing::Expired(_) => "what was decided has run out for",
            Standing::Triaged(mark) if mark.status == crate::model::TriageStatus::InDiscussion => "in discussion:",
            _ => continue,
        };
        open.push(format!("{what} {} {} at {}", finding.code, finding.name, finding.element));
    }
    if open.len() > MOST_OPEN {
        let more = open.len() - MOST_OPEN;
        open.truncate(MOST_OPEN);
        open.push(format!("{more} more"));
    }
    open
}

pub(super) fn parked(review: &Review) -> Vec<ParkedRow> {
    let rows = review.parked.iter().map(|parked| ParkedRow {
        title: parked.title.clone().unwrap_or_default(),
        goes_to: parked.goes_to.clone(),
        look_at: parked.look_at.map(|date| date.to_string()),
        from: parked.from.clone(),
    });
    rows.collect()
}

pub(super) fn meetings(review: &Review) -> Vec<MeetingRow> {
    let rows = review.meetings.iter().map(|meeting| {
        let items = meeting.items.iter().flatten().map(|item| {
            let at = item.at.as_deref().unwrap_or("an item");
            let out = item.out.as_deref().unwrap_or("no result");
            let spent = item.spent.map(|time| format!(" ({time})")).unwrap_or_default();
            format!("{at}: {out}{spent}")
        });
        MeetingRow {
            date: meeting.date.map(|date| date.to_string()),
            planned: meeting.planned.map(|time| time.to_string()),
            spent: meeting.spent.map(|time| time.to_string()),
            present: meeting.present.clone().unwrap_or_default(),
            items: items.collect(),
            lines: meeting.lines.as_ref().map_or(0, Vec::len),
        }
    });
    rows.collect()
}

pub(super) fn unseen(subject: &Subject<'_>) -> Unseen {
    const MOST: usize = 40;
    let review = subject.review;
    let mut visited: HashSet<&str> = HashSet::new();
    for flow in &review.flows {
        visited.insert(flow.entry());
        for call in flow.calls.iter().flatten() {
            visited.extend([call.from(), call.to()]);
        }
    }
    let mut components: Vec<String> = review
        .components
        .iter()
        .map(crate::model::Component::id)
        .filter(|id| !id.is_empty() && !visited.contains(id))
        .map(str::to_owned)
        .collect();
    let components_more = components.len().saturating_sub(MOST);
    components.truncate(MOST);
    let answered: HashSet<&str> = review.answers.iter().map(crate::model::Answer::question).collect();
    let steps = subject
        .knowledge
        .steps()
        .iter()
        .filter(|step| !step.questions.iter().any(|question| answered.contains(question.id.as_str())));
    Unseen {
        components,
        components_more,
        flows: review
            .flows
            .iter()
            .filter(|flow| flow.calls.as_ref().is_none_or(Vec::is_empty))
            .map(|flow| flow.id().to_owned())
            .collect(),
        steps: steps.map(|step| step.title.clone()).collect(),
        cannot_tell: subject.analysis.summary.cannot_tell,
    }
}
