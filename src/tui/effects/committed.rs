//! The last committed version of the review's file: asked of git on a thread of its own, one question at a time.
//!
//! Must not know what it is compared with. A question that was withdrawn is never answered, and its git is ended.

use super::Incoming;
use crate::document::decode;
use crate::document::files::committed;
use crate::workbench::Msg;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

/// Asks git.
#[derive(Default)]
pub struct Committed {
    /// The flag of the question that is under way.
    stop: Option<Arc<AtomicBool>>,
}

impl Committed {
    /// Asks for a file; an older question is withdrawn.
    pub fn ask(&mut self, handle: &Handle, sender: UnboundedSender<Incoming>, generation: u64, path: PathBuf) {
        self.cancel();
        let stop = Arc::new(AtomicBool::new(false));
        self.stop = Some(Arc::clone(&stop));
        handle.spawn_blocking(move || {
            let text = committed(&path, &stop).map(|bytes| decode(&bytes).0).map_err(|error| {
                let hint = error.hint().map(|hint| format!(": {hint}")).unwrap_or_default();
                sentence(&format!("{error}{hint}."))
            });
            if !stop.load(Ordering::Relaxed) {
                let _ = sender.send(Incoming::Msg(Msg::Committed { generation, path, text }));
            }
        });
    }

    /// Stops asking.
    pub fn cancel(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// With a capital letter in front.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    #[tokio::test]
    async fn a_question_is_answered_once_and_a_withdrawn_one_never() {
        let (sender, mut receiver) = unbounded_channel();
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("shop.review.toml");
        let mut asking = Committed::default();
        asking.ask(&Handle::current(), sender.clone(), 1, path.clone());
        asking.ask(&Handle::current(), sender.clone(), 2, path.clone());
        asking.cancel();
        asking.ask(&Handle::current(), sender, 3, path.clone());
        let Some(Incoming::Msg(Msg::Committed { generation, path: of, text })) = receiver.recv().await else {
            panic!("it answers")
        };
        assert_eq!((generation, of), (3, path));
        assert!(text.is_err_and(|why| why.ends_with('.') && !why.starts_with(char::is_lowercase)));
        assert!(receiver.recv().await.is_none(), "the others were withdrawn");
    }
}
