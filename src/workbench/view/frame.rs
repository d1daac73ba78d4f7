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

/// What folds away first on a narrow screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folding {
    /// Whether the coach is wanted, and from which width on it has room.
    pub coach: Option<u16>,
    /// Whether the outline is wanted, and from which width on it has room.
    pub outline: Option<u16>,
    /// How many rows the promise takes.
    pub promise_rows: u16,
    /// How many rows the keys or a message take.
    pub hint_rows: u16,
}

impl Folding {
    /// The usual: three panes from 110 columns on, two from 76.
    pub fn usual() -> Self {
        Self { coach: Some(THREE_PANES), outline: Some(TWO_PANES), promise_rows: 1, hint_rows: 1 }
    }
}

/// The parts of a screen of a size. Every part lies inside the screen.
pub fn areas(width: u16, height: u16, folding: Folding) -> Areas {
    let promise = folding.promise_rows.min(height.saturating_sub(2)).max(1);
    let hints = folding.hint_rows.min(height.saturating_sub(1 + promise)).max(1);
    let body = height.saturating_sub(1 + promise + hints);
    let outline_width = match folding.outline {
        Some(least) if width >= least => {
            if width >= 160 {
                30
            } else {
                22
            }
        }
        _ => 0,
    };
    let coach_width = match folding.coach {
        Some(least) if width >= least => {
            if width >= 160 {
                42
            } else {
                31
            }
        }
        _ => 0,
    };
    let work_width = width.saturating_sub(outline_width + coach_width);
    let bottom = height.saturating_sub(hints);
    Areas {
        header: Area::new(0, 0, width, 1.min(height)),
        outline: Area::new(0, 1, outline_width, body),
        work: Area::new(outline_width, 1, work_width, body),
        coach: Area::new(outline_width + work_width, 1, coach_width, body),
        promise: Area::new(0, bottom.saturating_sub(promise), width, promise.min(height)),
        hints: Area::new(0, bottom, width, hints.min(height)),
    }
}
