//! What the pictures look like.
