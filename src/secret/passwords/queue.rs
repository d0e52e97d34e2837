//! The queue before the hashing threads: one for each network, served in turn, and a share for people.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The one who needs a password or secret hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    share: Share,
    network: String,
}

/// The shares of the hashing threads. Those that have work take turns; applications never have all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// People in browsers in which they have signed in before. Strangers cannot fill this queue.
    KnownPeople,
    People,
    Applications,
}

impl Share {
    const ALL: [Self; 3] = [Self::KnownPeople, Self::People, Self::Applications];
}

impl Requester {
    /// A person in a network, at a page.
    pub fn person(network: String) -> Self {
        Self { share: Share::People, network }
    }

    /// A person in a browser that has been used to sign in to the account before.
    pub fn known_person(network: String) -> Self {
        Self { share: Share::KnownPeople, network }
    }

    /// An application in a network, at an endpoint.
    pub fn application(network: String) -> Self {
        Self { share: Share::Applications, network }
    }

    /// The operator, at a command.
    pub fn operator() -> Self {
        Self { share: Share::People, network: String::new() }
    }
}

/// What the queue asks of a job.
pub(super) trait HashingJob {
    /// Whether no one waits for the result any more.
    fn is_abandoned(&self) -> bool;
    /// Answers that there is no room.
    fn refuse(self);
}

pub(super) struct HashingQueue<J> {
    state: Mutex<QueueState<J>>,
    changed: Condvar,
    /// How many jobs of each share may wait.
    most: usize,
    /// How many threads applications may have at the same time.
    for_applications: usize,
}

struct QueueState<J> {
    /// In the order of [`Share::ALL`].
    shares: [Lines<J>; 3],
    serves_applications: usize,
    /// Which share is the first to be looked at for the next job.
    turn: usize,
    is_closed: bool,
}

/// The jobs of one share that wait: a line for each network.
struct Lines<J> {
    /// The networks with waiting jobs, in the order of their turns.
    turns: VecDeque<String>,
    lines: HashMap<String, VecDeque<J>>,
    waiting: usize,
}

/// A job for a thread. When it is dropped, its share may have another thread.
pub(super) struct Turn<'q, J: HashingJob> {
    queue: &'q HashingQueue<J>,
    share: Share,
}

impl<J: HashingJob> HashingQueue<J> {
    /// An empty queue for `most` waiting jobs and this number of threads.
    pub(super) fn new(most: usize, threads: usize) -> Self {
        let state = QueueState {
            shares: Share::ALL.map(|_| Lines::new()),
            serves_applications: 0,
            turn: 0,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            most: most.max(1),
            for_applications: threads.saturating_sub(1).max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<J>> {
        // No code that holds the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job. If the share has no room, the network with most jobs gives up its newest; if that is the network of
    /// this job, the job is refused.
    pub(super) fn push(&self, requester: &Requester, job: J) {
        let mut state = self.lock();
        let [known, people, applications] = &mut state.shares;
        let lines = match requester.share {
            Share::KnownPeople => known,
            Share::People => people,
            Share::Applications => applications,
        };
        let refused = lines.push(&requester.network, job, self.most);
        drop(state);
        match refused {
            Some(refused) => refused.refuse(),
            None => self.changed.notify_one(),
        }
    }

    /// Waits for the next job, and returns it with its turn. `None` after [`Self::close`].
    pub(super) fn next(&self) -> Option<(J, Turn<'_, J>)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((job, share)) = state.take(self.for_applications) {
                return Some((job, Turn { queue: self, share }));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The number of jobs that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().shares.iter().map(|lines| lines.waiting).sum()
    }

    /// The number of jobs that wait, by the word of their share.
    pub(super) fn waiting_by_share(&self) -> [(&'static str, usize); 3] {
        let state = self.lock();
        let [known, people, applications] = &state.shares;
        [("known_people", known.waiting), ("people", people.waiting), ("applications", applications.waiting)]
    }

    /// Ends the threads. Jobs that wait are dropped.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

impl<J: HashingJob> Drop for Turn<'_, J> {
    fn drop(&mut self) {
        if self.share == Share::Applications {
            self.queue.lock().serves_applications -= 1;
            // A job may have waited for this, and the thread that comes back may take another one.
            self.queue.changed.notify_one();
        }
    }
}

impl<J: HashingJob> QueueState<J> {
    fn take(&mut self, for_applications: usize) -> Option<(J, Share)> {
        let mut shares: Vec<(usize, Share, &mut Lines<J>)> = (0..)
            .zip(Share::ALL)
            .zip(&mut self.shares)
            .map(|((n, share), lines)| (n, share, lines))
            .collect();
        shares.rotate_left(self.turn);
        for (index, share, lines) in shares {
            if share == Share::Applications && self.serves_applications >= for_applications {
                continue;
            }
            if let Some(job) = lines.take() {
                self.turn = (index + 1) % Share::ALL.len();
                self.serves_applications += usize::from(share == Share::Applications);
                return Some((job, share));
            }
        }
        None
    }
}

impl<J: HashingJob> Lines<J> {
    fn new() -> Self {
        Self { turns: VecDeque::new(), lines: HashMap::new(), waiting: 0 }
    }

    /// Adds a job. Returns the one for which there is no room.
    fn push(&mut self, network: &str, job: J, most: usize) -> Option<J> {
        if self.waiting >= most {
            self.drop_abandoned();
        }
        let refused = match self.waiting >= most {
            false => None,
            true => match self.give_up(network) {
                Some(newest) => Some(newest),
                None => return Some(job),
            },
        };
        if !self.lines.contains_key(network) {
            self.turns.push_back(network.to_owned());
        }
        self.lines.entry(network.to_owned()).or_default().push_back(job);
        self.waiting += 1;
        refused
    }

    /// Takes the newest job of the network that has most, if `network` has less even with one more.
    fn give_up(&mut self, network: &str) -> Option<J> {
        let own = self.lines.get(network).map_or(0, VecDeque::len);
        let largest = self.turns.iter().max_by_key(|name| self.lines.get(*name).map_or(0, VecDeque::len))?;
        let line = self.lines.get_mut(largest)?;
        if line.len() <= own + 1 {
            return None;
        }
        self.waiting -= 1;
        line.pop_back()
    }

    fn drop_abandoned(&mut self) {
        self.lines.retain(|_, line| {
            line.retain(|job| !job.is_abandoned());
            !line.is_empty()
        });
        self.turns.retain(|network| self.lines.contains_key(network));
        self.waiting = self.lines.values().map(VecDeque::len).sum();
    }

    /// Takes out the next job: the oldest one of the network that comes next. `None` if no job waits.
    fn take(&mut self) -> Option<J> {
        let network = self.turns.pop_front()?;
        let line = self.lines.get_mut(&network)?;
        let job = line.pop_front()?;
        self.waiting -= 1;
        if line.is_empty() {
            self.lines.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Rc<RefCell<Vec<u32>>>);

    struct Numbered(u32, bool, Log);

    impl HashingJob for Numbered {
        fn is_abandoned(&self) -> bool {
            self.1
        }

        fn refuse(self) {
            self.2.0.borrow_mut().push(self.0);
        }
    }

    struct Bench {
        queue: HashingQueue<Numbered>,
        refused: Log,
    }

    impl Bench {
        fn new(most: usize, threads: usize) -> Self {
            Self { queue: HashingQueue::new(most, threads), refused: Log::default() }
        }

        fn person(&self, network: &str, number: u32) {
            self.queue
                .push(&Requester::person(network.into()), Numbered(number, false, self.refused.clone()));
        }

        fn application(&self, number: u32) {
            let job = Numbered(number, false, self.refused.clone());
            self.queue.push(&Requester::application("net".into()), job);
        }

        /// The jobs in the order in which one thread after another serves them to the end.
        fn served(&self) -> Vec<u32> {
            let mut served = Vec::new();
            while self.queue.waiting() > 0 {
                served.push(self.queue.next().unwrap().0.0);
            }
            served
        }
    }

    #[test]
    fn networks_are_served_in_turn() {
        let bench = Bench::new(64, 2);
        (0..5).for_each(|n| bench.person("a", n));
        bench.person("b", 100);
        bench.person("c", 200);
        bench.person("b", 101);
        assert_eq!(bench.served(), [0, 100, 200, 1, 101, 2, 3, 4]);
    }

    #[test]
    fn the_network_with_most_gives_up_its_newest() {
        let bench = Bench::new(4, 2);
        (0..5).for_each(|n| bench.person("a", n));
        assert_eq!(*bench.refused.0.borrow(), [4], "its own");
        bench.person("b", 100);
        bench.person("c", 200);
        assert_eq!(*bench.refused.0.borrow(), [4, 3, 2]);
        bench.person("b", 101);
        assert_eq!(*bench.refused.0.borrow(), [4, 3, 2, 101], "a has no more than b would have");
        assert_eq!(bench.served(), [0, 100, 200, 1]);
    }

    #[test]
    fn a_job_that_no_one_waits_for_makes_room() {
        let bench = Bench::new(2, 2);
        for number in 0..2 {
            let job = Numbered(number, true, bench.refused.clone());
            bench.queue.push(&Requester::person("a".into()), job);
        }
        bench.person("b", 100);
        assert_eq!(*bench.refused.0.borrow(), [] as [u32; 0]);
        assert_eq!(bench.served(), [100]);
    }

    #[test]
    fn people_and_applications_take_turns_and_applications_never_have_all_threads() {
        let bench = Bench::new(8, 1);
        (0..3).for_each(|n| bench.application(n));
        (10..13).for_each(|n| bench.person("a", n));
        assert_eq!(bench.served(), [10, 0, 11, 1, 12, 2]);

        let bench = Bench::new(8, 3);
        (0..3).for_each(|n| bench.application(n));
        let (first, second) = (bench.queue.next().unwrap(), bench.queue.next().unwrap());
        assert_eq!((first.0.0, second.0.0), (0, 1));
        assert!(
            bench.queue.lock().take(bench.queue.for_applications).is_none(),
            "the third thread is for people"
        );
        bench.person("a", 10);
        assert_eq!(bench.queue.next().unwrap().0.0, 10);
        drop(first);
        assert_eq!(bench.queue.next().unwrap().0.0, 2);
    }

    #[test]
    fn each_share_has_its_own_room() {
        let bench = Bench::new(2, 2);
        (0..4).for_each(|n| bench.application(n));
        bench.person("a", 10);
        bench.person("a", 11);
        assert_eq!(*bench.refused.0.borrow(), [2, 3]);
        let known = Numbered(20, false, bench.refused.clone());
        bench.queue.push(&Requester::known_person("a".into()), known);
        let waiting = [("known_people", 1), ("people", 2), ("applications", 2)];
        assert_eq!(bench.queue.waiting_by_share(), waiting);
        assert_eq!(bench.served(), [20, 10, 0, 11, 1]);
    }
}
