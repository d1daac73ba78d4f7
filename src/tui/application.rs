//! The workbench as the loop sees it.

use super::event_loop::Application;
use crate::workbench::view::View;
use crate::workbench::{Effect, Msg, Workbench};

impl Application for Workbench {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        Workbench::update(self, msg)
    }

    fn view(&mut self) -> View {
        Workbench::view(self)
    }
}
