//! The rules, one a file; a rule is in the registry by standing in this list.

mod flows;
mod worst_case;

use super::rule::Rule;

/// Every rule, by code.
pub(crate) static ALL: &[&Rule] = &[&flows::missing_timeout::RULE, &flows::timeout_inversion::RULE];
