//! The screens: what each place shows. They read the session and give sheets, texts and lines; they change nothing.

mod computed;
mod drawn;
mod entities;
mod findings;
mod graph;
pub(in crate::workbench) mod lists;
mod measures;
mod overview;
mod questions;
mod sheet;
mod since_commit;
mod steps;

pub use computed::{Headroom, bar, multiple};
pub use entities::{EntityTable, Form, Items, how, item_fields};
pub use findings::{FindingFilter, Findings, Grouping, severity_line};
pub use graph::{GraphPlan, GraphRequest, GraphScreen, MarkBy};
pub use lists::{KNOWLEDGE, Problems, knowledge};
pub use measures::Measures;
pub use overview::{Overview, PARTS as OVERVIEW, verdict_line};
pub use questions::{Questions, derived_of, settled};
pub use sheet::{Column, Drawn, Sheet, Target, draw};
pub use steps::{Body, OUTCOMES, STEPS, Section, add_keys};

use super::place::{Navigation, Place};
use super::session::Session;
use super::view::{Line, Role};
use crate::model::{EntityKind, EntityRef, TriageStatus};

/// An entry of the outline.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is called.
    pub title: String,
    /// How much there is, or what is open.
    pub badge: String,
}

/// The parts of a place, for the outline.
pub fn parts(session: &Session, place: &Place) -> Vec<Part> {
    let part = |title: &str, badge: String| Part { title: title.to_owned(), badge };
    match place {
        Place::Overview => {
            let lines = session.analysis.iter().flat_map(|analysis| &analysis.scorecard.lines);
            let titles = OVERVIEW.iter().copied().chain(lines.map(|line| line.title.as_str()));
            titles.enumerate().map(|(index, title)| part(title, overview::badge(session, index))).collect()
        }
        Place::Step(step) => {
            STEPS[(*step).min(4)].iter().map(|section| part(section.title, badge(session, section.body))).collect()
        }
        Place::Outcomes => OUTCOMES.iter().map(|section| part(section.title, badge(session, section.body))).collect(),
        Place::Findings => filters(session)
            .iter()
            .map(|(title, filter)| part(title, findings::count(session, filter).to_string()))
            .collect(),
        Place::Checklists => session
            .knowledge()
            .checklists()
            .iter()
            .map(|list| part(&list.title, format!("{}/{}", settled(session, &list.items), list.items.len())))
            .collect(),
        Place::Glossary => KNOWLEDGE.iter().map(|title| part(title, String::new())).collect(),
        Place::Problems => vec![part("Problems", Problems { session }.rows().to_string())],
        Place::SinceCommit => since_commit::since_parts(session),
        Place::Preview => vec![part("Document", String::new())],
        Place::Graph => Vec::new(),
        Place::Form(entity) | Place::Items(entity, _) => {
            vec![part(entity.kind.called(), String::new()), part(&session.name_of(*entity), String::new())]
        }
    }
}

/// The filters of the findings, with what they are called.
pub fn filters(session: &Session) -> Vec<(String, FindingFilter)> {
    let mut filters = vec![("Open".to_owned(), FindingFilter::Open), ("All".to_owned(), FindingFilter::All)];
    for flow in &session.review.flows {
        filters.push((format!("hurts {}", flow.id()), FindingFilter::Flow(flow.id().to_owned())));
    }
    filters.push(("Decided".to_owned(), FindingFilter::Triaged));
    filters.push(("Cannot tell".to_owned(), FindingFilter::CannotTell));
    filters.push(("Not verified".to_owned(), FindingFilter::NotVerified));
    let others = TriageStatus::ALL.iter().filter(|status| **status != TriageStatus::Mitigated);
    filters.extend(others.map(|status| (status.word().replace('-', " "), FindingFilter::Status(*status))));
    filters.push(("expired".to_owned(), FindingFilter::Expired));
    filters
}

fn badge(session: &Session, body: Body) -> String {
    match body {
        Body::Table(spec) => session.review.count(spec.kind).to_string(),
        Body::Form(kind) => {
            let node = session.document.map().entity(EntityRef::only(kind));
            let filled = node.and_then(crate::model::Node::table).map_or(0, |table| table.entries.len());
            format!("{filled}/{}", kind.fields().len())
        }
        Body::Calls => {
            session.review.flows.iter().map(|flow| flow.calls.iter().flatten().count()).sum::<usize>().to_string()
        }
        Body::Headroom => session.analysis.as_ref().map_or(String::new(), |a| a.capacity.resources.len().to_string()),
        Body::Measures => session.review.measures.len().to_string(),
        Body::Questions(step) => match session.knowledge().steps().get(step) {
            Some(step) => format!("{}/{}", settled(session, &step.questions), step.questions.len()),
            None => String::new(),
        },
    }
}

/// The section of a place that the outline has chosen, where the place has declared ones.
pub fn section(place: &Place, chosen: usize) -> Option<&'static Section> {
    match place {
        Place::Step(step) => STEPS.get(*step)?.get(chosen),
        Place::Outcomes => OUTCOMES.get(chosen),
        _ => None,
    }
}

/// The flow whose calls step 2 shows: the one under the cursor of its flows.
pub fn chosen_flow(session: &Session, navigation: &Navigation) -> usize {
    let flows = STEPS[1].iter().position(|section| section.title == "Flows").unwrap_or(0);
    navigation.cursor_of(&Place::Step(1), flows).row.min(session.review.flows.len().saturating_sub(1))
}

/// The sheet of a place, where it is one.
pub fn sheet<'a>(session: &'a Session, navigation: &Navigation, place: &'a Place) -> Option<Box<dyn Sheet + 'a>> {
    let chosen = navigation.section();
    if let Some(section) = section(place, chosen) {
        return Some(match section.body {
            Body::Table(spec) => Box::new(EntityTable { session, spec, title: section.title, empty: section.empty }),
            Body::Form(kind) => Box::new(Form::new(session, EntityRef::only(kind))),
            Body::Calls if session.review.flows.is_empty() => Box::new(Nothing {
                title: "Calls",
                text: "No flow yet: add one under Flows, then list here who it calls, in order.",
            }),
            Body::Calls => {
                let flow = EntityRef::new(EntityKind::Flow, chosen_flow(session, navigation));
                Box::new(Items::new(session, flow, "calls")?)
            }
            Body::Headroom => Box::new(Headroom { session }),
            Body::Measures => Box::new(Measures { session, empty: section.empty }),
            Body::Questions(step) => {
                let step = session.knowledge().steps().get(step)?;
                Box::new(Questions {
                    session,
                    title: format!("Questions of step {}", step.number),
                    list: &step.questions,
                })
            }
        });
    }
    Some(match place {
        Place::Overview => Box::new(Overview::new(session, chosen)),
        Place::Findings => {
            let filters = filters(session);
            let filter = filters.get(chosen).map_or(FindingFilter::Open, |(_, filter)| filter.clone());
            Box::new(Findings::new(session, filter, navigation.grouping))
        }
        Place::Checklists => {
            let lists = session.knowledge().checklists();
            let list = lists.get(chosen.min(lists.len().saturating_sub(1)))?;
            Box::new(Questions { session, title: list.title.clone(), list: &list.items })
        }
        Place::Glossary => Box::new(knowledge(session.knowledge(), chosen)),
        Place::Problems => Box::new(Problems { session }),
        Place::SinceCommit => Box::new(since_commit::SinceCommit::new(session, chosen)),
        Place::Form(entity) => Box::new(Form::new(session, *entity)),
        Place::Items(entity, key) => Box::new(Items::new(session, *entity, key)?),
        _ => return None,
    })
}

/// A sheet that has nothing to show and says why.
struct Nothing {
    title: &'static str,
    text: &'static str,
}

impl Sheet for Nothing {
    fn title(&self) -> Line {
        Line::of(Role::Strong, self.title)
    }
    fn columns(&self) -> Vec<Column> {
        vec![Column::text("", 10, 1)]
    }
    fn rows(&self) -> usize {
        0
    }
    fn cell(&self, _row: usize, _column: usize) -> Line {
        Line::blank()
    }
    fn target(&self, _row: usize, _column: usize) -> Target {
        Target::Nothing
    }
    fn empty(&self) -> Vec<Line> {
        vec![Line::plain(self.text)]
    }
}
