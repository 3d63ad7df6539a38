//! Threads that share a training step's work.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a member looks for work before it sleeps. A step is over in a millisecond or two and has
/// several parallel passes; on a virtual machine it takes a good part of that to wake a thread.
const PATIENCE: Duration = Duration::from_micros(300);
/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

/// Threads that wait for work awake for a while, the caller among them.
///
/// A general pool puts its threads to sleep in every gap between two passes, and the caller while it
/// waits for them; where waking takes long, half of a small step went by so.
#[derive(Debug)]
pub struct Team {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Work handed out so far; a member that sees it rise has something to do.
    calls: AtomicU64,
    work: Mutex<Option<Work>>,
    /// Members that have not finished the present work.
    busy: AtomicUsize,
    panicked: AtomicBool,
    dismissed: AtomicBool,
}

/// What every member calls once.
#[derive(Clone, Copy)]
struct Work(&'static (dyn Fn() + Sync));

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

impl Team {
    /// A team of `threads`, the caller included; one at least.
    ///
    /// # Errors
    /// Where the system has no more threads.
    pub fn new(threads: usize) -> std::io::Result<Team> {
        let mut team = Team { shared: Arc::default(), members: Vec::new() };
        for _ in 1..threads {
            let shared = Arc::clone(&team.shared);
            let member = thread::Builder::new().name("kernels".to_owned());
            team.members.push(member.spawn(move || serve(&shared))?);
        }
        Ok(team)
    }

    /// What `task` makes of each item, in the items' order; who does which is left to chance.
    ///
    /// # Panics
    /// Where a task does.
    pub fn map<T: Send, R: Send>(&mut self, items: Vec<T>, task: impl Fn(T) -> R + Sync) -> Vec<R> {
        let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let places = Mutex::new(items.into_iter().zip(&mut results));
        // A lock is enough: there are some dozens of items, each worth many microseconds.
        let next = || places.lock().unwrap_or_else(PoisonError::into_inner).next();
        self.call(&|| {
            while let Some((item, result)) = next() {
                *result = Some(task(item));
            }
        });
        drop(places);
        results.into_iter().flatten().collect()
    }

    /// Lets every member call `work` once, and waits for all.
    #[allow(unsafe_code)]
    fn call(&mut self, work: &(dyn Fn() + Sync)) {
        let Shared { calls, busy, panicked, .. } = &*self.shared;
        // SAFETY: only the lifetime is extended. Members call the work before they count down `busy`,
        // and this function returns, or unwinds, only when that is 0 and the reference is taken back:
        // nobody uses it afterwards.
        let work_for_all: &'static (dyn Fn() + Sync) = unsafe { std::mem::transmute(work) };
        self.put(Some(Work(work_for_all)));
        busy.store(self.members.len(), Ordering::Relaxed);
        calls.fetch_add(1, Ordering::Release);
        self.members.iter().for_each(|member| member.thread().unpark());
        let own = catch_unwind(AssertUnwindSafe(work));
        let mut looks = 0;
        while busy.load(Ordering::Acquire) > 0 {
            look_again(&mut looks);
        }
        self.put(None);
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!panicked.swap(false, Ordering::Relaxed), "a task of another thread panicked");
    }

    fn put(&self, work: Option<Work>) {
        *self.shared.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.dismissed.store(true, Ordering::Release);
        for member in self.members.drain(..) {
            member.thread().unpark();
            let _ = member.join();
        }
    }
}

/// A member's life.
fn serve(shared: &Shared) {
    let mut seen = 0;
    while let Some(calls) = wait(shared, seen) {
        seen = calls;
        let work = *shared.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Work(work)) = work
            && catch_unwind(AssertUnwindSafe(work)).is_err()
        {
            shared.panicked.store(true, Ordering::Relaxed);
        }
        shared.busy.fetch_sub(1, Ordering::Release);
    }
}

/// The number of calls once it has risen above `seen`; `None` when the team is dismissed.
fn wait(shared: &Shared, seen: u64) -> Option<u64> {
    let (mut looks, mut since) = (0, Instant::now());
    loop {
        let calls = shared.calls.load(Ordering::Acquire);
        if calls > seen {
            return Some(calls);
        }
        if shared.dismissed.load(Ordering::Acquire) {
            return None;
        }
        look_again(&mut looks);
        if looks.is_multiple_of(LOOKS) && since.elapsed() > PATIENCE {
            // Whoever calls or dismisses unparks, before this or during it.
            thread::park();
            since = Instant::now();
        }
    }
}

/// Passes a moment; now and then to another program, which may need the core.
fn look_again(looks: &mut u32) {
    *looks = looks.wrapping_add(1);
    if looks.is_multiple_of(LOOKS) { thread::yield_now() } else { std::hint::spin_loop() }
}
