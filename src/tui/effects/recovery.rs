//! The recovery file: written soon after every edit, the newest text only, and at once where the program may end.
//!
//! Must not know where the file is or how it is written. At most [`PAUSE`] passes between an edit and its text on the
//! disk; the first edit after a pause is written at once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Between two writings.
pub const PAUSE: Duration = Duration::from_millis(80);

/// Where the recovery file is kept.
pub trait Store: Send + Sync + 'static {
    /// Writes the text.
    ///
    /// # Errors
    ///
    /// A sentence that says why it was not written.
    fn write(&self, text: &str) -> Result<(), String>;
    /// Removes the file; nothing to remove is fine.
    ///
    /// # Errors
    ///
    /// A sentence that says why it is still there.
    fn discard(&self) -> Result<(), String>;
}

#[derive(Debug)]
enum Wish {
    Write(String),
    Discard,
}

#[derive(Debug, Default)]
struct Wishes {
    newest: Option<Wish>,
    closed: bool,
}

struct Shared {
    wishes: Mutex<Wishes>,
    changed: Condvar,
    /// Held while the file is written, so that an older text never lands on a newer one.
    store: Mutex<Box<dyn Store>>,
    failed: Box<dyn Fn(String) + Send + Sync>,
    last_failure: Mutex<Option<String>>,
}

/// Writes the recovery file from a thread of its own.
pub struct Recovery {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Writes what is waiting, from any thread; for panics.
#[derive(Clone)]
pub struct Rescue(Arc<Shared>);

impl Rescue {
    /// Writes what is waiting to be written, now, on this thread.
    pub fn flush(&self) {
        self.0.perform();
    }
}

impl Recovery {
    /// With a place to write to. `failed` is called with a sentence when writing begins to fail.
    pub fn new(store: impl Store, failed: impl Fn(String) + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            wishes: Mutex::default(),
            changed: Condvar::new(),
            store: Mutex::new(Box::new(store)),
            failed: Box::new(failed),
            last_failure: Mutex::default(),
        });
        let inside = Arc::clone(&shared);
        let thread = thread::Builder::new().name("recovery".to_owned()).spawn(move || inside.serve()).ok();
        Self { shared, thread }
    }

    /// Lets the text be written soon; a text that waits is forgotten.
    pub fn write(&self, text: String) {
        self.wish(Wish::Write(text));
    }

    /// Lets the file be removed.
    pub fn discard(&self) {
        self.wish(Wish::Discard);
    }

    /// Writes what is waiting, now, on this thread.
    pub fn flush(&self) {
        self.shared.perform();
    }

    /// For the panic hook.
    pub fn rescue(&self) -> Rescue {
        Rescue(Arc::clone(&self.shared))
    }

    fn wish(&self, wish: Wish) {
        lock(&self.shared.wishes).newest = Some(wish);
        self.shared.changed.notify_one();
        if self.thread.is_none() {
            self.flush();
        }
    }
}

impl Drop for Recovery {
    fn drop(&mut self) {
        lock(&self.shared.wishes).closed = true;
        self.shared.changed.notify_one();
        self.flush();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self) {
        let mut wishes = lock(&self.wishes);
        loop {
            while wishes.newest.is_none() {
                if wishes.closed {
                    return;
                }
                wishes = self.changed.wait(wishes).unwrap_or_else(PoisonError::into_inner);
            }
            drop(wishes);
            self.perform();
            wishes = self.pause();
        }
    }

    /// Waits for the pause to pass, or for the end.
    fn pause(&self) -> MutexGuard<'_, Wishes> {
        let until = Instant::now() + PAUSE;
        let mut wishes = lock(&self.wishes);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || wishes.closed {
                return wishes;
            }
            wishes = self.changed.wait_timeout(wishes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn perform(&self) {
        // The store before the wish: who holds the store holds the newest wish too.
        let store = lock(&self.store);
        let Some(wish) = lock(&self.wishes).newest.take() else { return };
        let result = match &wish {
            Wish::Write(text) => store.write(text),
            Wish::Discard => store.discard(),
        };
        drop(store);
        let failure = result.err();
        let mut last = lock(&self.last_failure);
        if *last != failure {
            last.clone_from(&failure);
            drop(last);
            if let Some(sentence) = failure {
                (self.failed)(sentence);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Memory {
        written: Arc<Mutex<Vec<String>>>,
        full: bool,
    }

    impl Store for Memory {
        fn write(&self, text: &str) -> Result<(), String> {
            if self.full {
                return Err("no room".to_owned());
            }
            lock(&self.written).push(text.to_owned());
            Ok(())
        }

        fn discard(&self) -> Result<(), String> {
            lock(&self.written).push("gone".to_owned());
            Ok(())
        }
    }

    #[test]
    fn a_burst_is_few_writings_and_the_last_text_is_never_lost() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let recovery = Recovery::new(Memory { written: Arc::clone(&written), full: false }, |_| {});
        for number in 0..2000 {
            recovery.write(number.to_string());
        }
        recovery.flush();
        assert_eq!(lock(&written).last().map(String::as_str), Some("1999"));
        assert!(lock(&written).len() < 200, "{}", lock(&written).len());
        recovery.discard();
        drop(recovery);
        assert_eq!(lock(&written).last().map(String::as_str), Some("gone"));
    }

    #[test]
    fn an_edit_is_on_the_disk_soon_without_being_asked() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let recovery = Recovery::new(Memory { written: Arc::clone(&written), full: false }, |_| {});
        recovery.write("one".to_owned());
        recovery.write("two".to_owned());
        let until = Instant::now() + Duration::from_secs(5);
        while lock(&written).last().map(String::as_str) != Some("two") {
            assert!(Instant::now() < until, "never written");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_full_disk_is_told_once() {
        let told = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&told);
        let full = Memory { full: true, ..Memory::default() };
        let recovery = Recovery::new(full, move |_| *lock(&counted) += 1);
        for _ in 0..3 {
            recovery.write("text".to_owned());
            recovery.flush();
        }
        assert_eq!(*lock(&told), 1);
    }
}
