//! The rules, one a file, in the folders of their families; a rule is in the registry by standing in its family's list.

mod capacity;
mod data;
mod failure;
mod flows;
mod load;
mod operate;
mod patience;
mod review;
mod targets;
mod worst_case;

use super::rule::Rule;

/// The rules of every family.
pub(super) static FAMILIES: &[&[&Rule]] =
    &[targets::RULES, flows::RULES, data::RULES, failure::RULES, operate::RULES, capacity::RULES, review::RULES];
