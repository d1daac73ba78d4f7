//! Asking the metrics server: in the background, on request, newest request wins.

use crate::metrics::{Connection, MetricsEvent, Query, query_of, source_of};
use crate::workbench::Workbench;
use crate::workbench::message::Effect;
use crate::workbench::view::{Line, Role};

impl Workbench {
    pub(super) fn measure(&mut self) -> Vec<Effect> {
        let review = self.session.review.clone();
        let Some(source) = source_of(&review) else {
            self.say(Line::plain("No metrics server yet: step 5, Metrics server, key url."));
            return Vec::new();
        };
        let numbered = review.measures.iter().enumerate();
        let queries: Vec<Query> = numbered
            .filter_map(|(index, measure)| Some(Query::new(index.to_string(), query_of(&review, measure)?)))
            .collect();
        let without = review.measures.len() - queries.len();
        if queries.is_empty() {
            let why = if without > 0 {
                "No measure has a query, and the dialect has none for them."
            } else {
                "No measure yet: step 5, Measures, a adds one."
            };
            self.say(Line::plain(why));
            return Vec::new();
        }
        self.session.live.generation += 1;
        let told = if without > 0 { format!(" {without} measures have no query.") } else { String::new() };
        self.say(Line::plain(format!("Asking {} for {} numbers.{told} ctrl-k stops.", source.shown(), queries.len())));
        vec![Effect::Measure { generation: self.session.live.generation, source, queries }]
    }

    pub(super) fn stop_measure(&mut self) -> Vec<Effect> {
        if !matches!(self.session.live.connection, Connection::Asking { .. }) {
            self.say(Line::plain("Nothing is being asked."));
            return Vec::new();
        }
        self.session.live.generation += 1;
        self.session.live.connection = Connection::Idle;
        self.say(Line::plain("Stopped asking; what was answered so far stays."));
        vec![Effect::CancelMeasure]
    }

    pub(super) fn metrics(&mut self, event: MetricsEvent) -> Vec<Effect> {
        let generation = match &event {
            MetricsEvent::Started { generation, .. }
            | MetricsEvent::Answered { generation, .. }
            | MetricsEvent::Finished { generation, .. } => *generation,
        };
        if generation != self.session.live.generation {
            return Vec::new();
        }
        self.session.live.connection.follow(&event);
        match event {
            MetricsEvent::Answered { id, answer, .. } => {
                let measure = id.parse::<usize>().ok().and_then(|index| self.session.review.measures.get(index));
                if let Some(measure) = measure {
                    let key = (measure.at().to_owned(), measure.signal.clone().unwrap_or_default());
                    self.session.live.answers.insert(key, answer);
                }
            }
            MetricsEvent::Finished { connection, .. } => {
                let role = if matches!(connection, Connection::Ok { .. }) { Role::Good } else { Role::Warn };
                self.say(Line::of(role, connection.long()));
                // What was measured is an input of the analysis.
                self.analysis_wanted = None;
                self.session.since.wanted = None;
            }
            MetricsEvent::Started { .. } => {}
        }
        Vec::new()
    }

    pub(super) fn copy_name(&mut self) -> Vec<Effect> {
        use crate::workbench::place::Place;
        let place = self.navigation.place();
        let element = if place == Place::Graph {
            self.graph.selected.clone()
        } else {
            let row = self.navigation.cursor().row;
            let sheet = crate::workbench::screens::sheet(&self.session, &self.navigation, &place);
            sheet.and_then(|sheet| sheet.element(row)).map(|element| element.to_string())
        };
        if let Some(name) = element {
            self.say(Line::plain(format!("Copied {name}")));
            vec![Effect::Copy(name)]
        } else {
            self.say(Line::plain("There is no element under the cursor."));
            Vec::new()
        }
    }
}
