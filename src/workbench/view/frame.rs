//! Where the parts of the screen are, by size: the coach folds away first, then the outline.

use super::Area;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The line with the title and the steps.
    pub header: Area,
    /// What the place has; empty where there is no room.
    pub outline: Area,
    /// The work.
    pub work: Area,
    /// Why this matters; empty where there is no room.
    pub coach: Area,
    /// The promise.
    pub promise: Area,
    /// The keys.
    pub hints: Area,
}

/// Below this nothing can be worked with.
const SMALLEST: (u16, u16) = (40, 10);
/// Wide enough for all three panes.
const THREE_PANES: u16 = 110;
/// Wide enough for outline and work.
const TWO_PANES: u16 = 76;

/// Whether the screen is too small to work with; says what is needed.
pub fn too_small(width: u16, height: u16) -> Option<String> {
    (width < SMALLEST.0 || height < SMALLEST.1)
        .then(|| format!("kneepoint needs {} x {} cells; this terminal has {width} x {height}", SMALLEST.0, SMALLEST.1))
}

/// The parts of a screen of a size. Every part lies inside the screen.
pub fn areas(width: u16, height: u16, coach: bool, outline: bool) -> Areas {
    let body = height.saturating_sub(3);
    let outline_width = match (outline, width) {
        (false, _) => 0,
        (true, w) if w >= 160 => 30,
        (true, w) if w >= TWO_PANES => 24,
        _ => 0,
    };
    let coach_width = match (coach, width) {
        (true, w) if w >= 160 => 42,
        (true, w) if w >= THREE_PANES => 34,
        _ => 0,
    };
    let work_width = width.saturating_sub(outline_width + coach_width);
    Areas {
        header: Area::new(0, 0, width, 1.min(height)),
        outline: Area::new(0, 1, outline_width, body),
        work: Area::new(outline_width, 1, work_width, body),
        coach: Area::new(outline_width + work_width, 1, coach_width, body),
        promise: Area::new(0, height.saturating_sub(2), width, 1.min(height)),
        hints: Area::new(0, height.saturating_sub(1), width, 1.min(height)),
    }
}
