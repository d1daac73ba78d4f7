//! The tables of the format, each declared once.

mod method;
mod outcome;
mod policy;
mod scope;
mod system;

pub use method::*;
pub use outcome::*;
pub use policy::*;
pub use scope::*;
pub use system::*;
