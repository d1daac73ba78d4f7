//! Commands of the graph.

use crate::graph::picture::Zoom;
use crate::model::{Element, EntityKind};
use crate::workbench::Workbench;
use crate::workbench::command::Command;
use crate::workbench::place::Place;
use crate::workbench::screens::{self, MarkBy};

impl Workbench {
    /// Opens the graph with the element under the cursor selected.
    pub(super) fn open_graph(&mut self) {
        let place = self.navigation.place();
        let row = self.navigation.cursor().row;
        let element = screens::sheet(&self.session, &self.navigation, &place).and_then(|sheet| sheet.element(row));
        match element {
            Some(Element::Component(id) | Element::Dependency(id, _)) => self.graph.select(&id),
            Some(Element::Flow(id)) => {
                self.graph.flow = self.session.review.flows.iter().position(|flow| flow.id() == id);
            }
            _ if self.graph.selected.is_none() => {
                // What saturates first is what one came to see.
                let capacity = self.session.analysis.as_ref().map(|analysis| &analysis.capacity);
                let first = capacity.and_then(|capacity| {
                    capacity
                        .resources
                        .get(capacity.saturations.first()?.resource)
                        .map(|resource| resource.element.clone())
                });
                if let Some(Element::Component(id) | Element::Dependency(id, _)) = first {
                    self.graph.select(&id);
                }
            }
            _ => {}
        }
        // Many boxes do not fit on a screen: they are read as names first.
        let fits = if self.size.0 >= 170 { 30 } else { 12 };
        if self.session.review.components.len() > fits && self.graph.ids().is_empty() {
            self.graph.zoom = Zoom::Names;
        }
        self.navigation.go(Place::Graph);
    }

    pub(super) fn graph_command(&mut self, command: Command) {
        match command {
            Command::ZoomIn => self.graph.zoom = self.graph.zoom.closer(),
            Command::ZoomOut => self.graph.zoom = self.graph.zoom.out(),
            Command::Focus => self.graph.cycle_focus(),
            Command::HighlightFlow => {
                let flows = self.session.review.flows.len();
                self.graph.flow = match self.graph.flow {
                    None if flows > 0 => Some(0),
                    Some(flow) if flow + 1 < flows => Some(flow + 1),
                    _ => None,
                };
            }
            Command::ColourBy => {
                self.graph.mark_by = match self.graph.mark_by {
                    MarkBy::Utilisation => MarkBy::Findings,
                    MarkBy::Findings => MarkBy::Owner,
                    MarkBy::Owner => MarkBy::Utilisation,
                };
            }
            Command::NextEdge => self.graph.rotate_edge(),
            Command::PanLeft => self.graph.pan(-10, 0),
            Command::PanRight => self.graph.pan(10, 0),
            Command::AddComponent => self.open_add_entity(EntityKind::Component, &[]),
            Command::ConnectFrom => {
                let from = self.graph.selected.clone().unwrap_or_default();
                self.open_add_entity(EntityKind::Dependency, &[("from", from)]);
            }
            Command::OpenNode => {
                if let Some(id) = self.graph.selected.clone() {
                    self.open_element(&Element::Component(id));
                } else {
                    self.open_add_entity(EntityKind::Component, &[]);
                }
            }
            _ => {}
        }
    }
}
