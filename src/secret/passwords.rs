//! Argon2id on threads of its own, with a bounded queue: many sign-ins at once wait or are refused, and cannot use up
//! the memory.

mod queue;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;

pub use queue::Requester;

use self::queue::{HashingJob, HashingQueue};
use crate::config;
use crate::failure::Failure;
use crate::secret::{Secret, equal, random};
use crate::traces;

/// The hashing threads, and the bounded queue before them.
#[derive(Clone, Debug)]
pub struct Passwords {
    threads: Arc<Threads>,
    requester: Requester,
    /// A hash that no password matches. It is verified for unknown users, so that the answer takes the same time.
    nobody: String,
}

/// The threads end with the last handle.
struct Threads {
    queue: Arc<HashingQueue<PasswordJob>>,
    count: usize,
    hashes: Counter,
    busy: Gauge,
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A password that is compared with a hash.
pub struct PasswordForms {
    /// In the form that is hashed today.
    pub normal: Secret,
    /// As it was typed, if that differs: a hash that was stored before passwords were normalized may be of it.
    pub as_typed: Option<Secret>,
}

impl From<Secret> for PasswordForms {
    fn from(normal: Secret) -> Self {
        Self { normal, as_typed: None }
    }
}

/// The result of verifying a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    Wrong,
    Right,
    /// Right, but the hash had other parameters than the current ones, or was of the text as it was typed: this is the new
    /// hash to store.
    RightAndRehashed(String),
}

enum PasswordJob {
    Hash {
        password: Secret,
        answer: oneshot::Sender<Result<String, Failure>>,
    },
    Verify {
        password: PasswordForms,
        hash: String,
        /// Whether to hash a right password again if the parameters have changed.
        renews: bool,
        answer: oneshot::Sender<Result<PasswordVerdict, Failure>>,
    },
}

impl HashingJob for PasswordJob {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { answer, .. } => answer.is_closed(),
            Self::Verify { answer, .. } => answer.is_closed(),
        }
    }

    fn refuse(self) {
        let busy = Failure::Busy("password hashing");
        match self {
            Self::Hash { answer, .. } => drop(answer.send(Err(busy))),
            Self::Verify { answer, .. } => drop(answer.send(Err(busy))),
        }
    }
}

impl Passwords {
    /// Starts the hashing threads, for the operator until [`Self::asked_by`] names another requester.
    ///
    /// # Errors
    /// If Argon2 does not accept the parameters, or a thread cannot start.
    pub fn start(options: &config::PasswordOptions) -> Result<Self, Failure> {
        let params = Params::new(options.memory_kib, options.iterations, options.parallelism, None)
            .map_err(|error| Failure::Internal(format!("Argon2 parameters: {error}")))?;
        let nobody = nobody(&params);
        let count = match options.concurrency {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let queue = Arc::new(HashingQueue::new(options.queue, count));
        let threads = Arc::new(Threads {
            queue: queue.clone(),
            count,
            hashes: Counter::default(),
            busy: Gauge::default(),
        });
        for index in 0..count {
            let (queue, params) = (queue.clone(), params.clone());
            let (hashes, busy) = (threads.hashes.clone(), threads.busy.clone());
            std::thread::Builder::new()
                .name(format!("password-{index}"))
                .spawn(move || work(&queue, &params, (&hashes, &busy)))
                .map_err(|error| Failure::Internal(format!("cannot start a thread: {error}")))?;
        }
        Ok(Self { threads, requester: Requester::operator(), nobody })
    }

    /// The same threads, for another requester.
    pub fn asked_by(&self, requester: Requester) -> Self {
        Self { requester, ..self.clone() }
    }

    /// The counter of hashed passwords and secrets since the start.
    pub fn hashes(&self) -> &Counter {
        &self.threads.hashes
    }

    /// The number of threads that hash at this moment.
    pub fn busy(&self) -> &Gauge {
        &self.threads.busy
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.threads.count
    }

    /// The number of jobs that wait for a thread, by the word of their share of the threads.
    pub fn waiting_by_share(&self) -> [(&'static str, usize); 3] {
        self.threads.queue.waiting_by_share()
    }

    /// The number of jobs that wait for a thread.
    pub fn waiting(&self) -> usize {
        self.threads.queue.waiting()
    }

    /// Hashes a password. Returns a PHC string.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the queue has no room for this requester.
    pub async fn hash(&self, password: Secret) -> Result<String, Failure> {
        let (answer, outcome) = oneshot::channel();
        self.push(PasswordJob::Hash { password, answer });
        traces::span("hash", outcome)
            .await
            .map_err(|_| Failure::Internal("password hashing stopped".into()))?
    }

    /// Verifies a password against a PHC string. Without a hash it takes as long as for a hash with the current
    /// parameters, and returns [`PasswordVerdict::Wrong`].
    ///
    /// # Errors
    /// [`Failure::Busy`] if the queue has no room for this requester, [`Failure::Internal`] if the stored hash is
    /// damaged.
    pub async fn verify(
        &self,
        password: impl Into<PasswordForms>,
        hash: Option<String>,
    ) -> Result<PasswordVerdict, Failure> {
        let (password, (answer, outcome)) = (password.into(), oneshot::channel());
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.push(PasswordJob::Verify { password, hash, renews: true, answer });
        traces::span("hash", outcome)
            .await
            .map_err(|_| Failure::Internal("password hashing stopped".into()))?
    }

    /// Whether a secret matches a PHC string.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the queue has no room for this requester, [`Failure::Internal`] if the stored hash is
    /// damaged.
    pub async fn matches(&self, secret: Secret, hash: String) -> Result<bool, Failure> {
        let (answer, outcome) = oneshot::channel();
        self.push(PasswordJob::Verify { password: secret.into(), hash, renews: false, answer });
        let verdict = traces::span("hash", outcome)
            .await
            .map_err(|_| Failure::Internal("password hashing stopped".into()))??;
        Ok(verdict != PasswordVerdict::Wrong)
    }

    /// A hash that no password matches, and whose check takes as long as that of `like`.
    ///
    /// # Errors
    /// [`Failure::Internal`] if `like` is damaged.
    pub fn stand_in(&self, like: &str) -> Result<String, Failure> {
        let parsed = PasswordHash::new(like).map_err(|error| damaged(&error))?;
        Params::try_from(&parsed).map(|params| nobody(&params)).map_err(|error| damaged(&error))
    }

    fn push(&self, job: PasswordJob) {
        self.threads.queue.push(&self.requester, job);
    }
}

/// By how much the hashing threads give way to the threads that serve requests, in steps of nice(1).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Gives this thread a lower priority, so that requests without passwords do not wait for hashing. On Linux a priority
/// belongs to a thread. Where that is forbidden, hashing only competes with the requests.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}

fn work(queue: &HashingQueue<PasswordJob>, params: &Params, (hashes, busy): (&Counter, &Gauge)) {
    give_way();
    let mut memory = Memory::default();
    while let Some((job, _turn)) = queue.next() {
        // A caller that no longer waits costs no hashing.
        if !job.is_abandoned() {
            hashes.inc();
            busy.inc();
            run(job, params, &mut memory);
            busy.dec();
        }
        if queue.waiting() == 0 {
            memory = Memory::default();
        }
    }
}

fn run(job: PasswordJob, params: &Params, memory: &mut Memory) {
    match job {
        PasswordJob::Hash { password, answer } => drop(answer.send(hash(params, &password, memory))),
        PasswordJob::Verify { password, hash, renews, answer } => {
            drop(answer.send(verify_forms(renews.then_some(params), &password, &hash, memory)));
        }
    }
}

/// Argon2's working memory: kept from one hash to the next, and returned to the system when the queue is empty.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    /// In blocks of 1 KiB. glibc maps an allocation of this size separately, and unmaps it when it is freed. If smaller
    /// ones of the same size came and went, glibc would keep them, tens of megabytes for each thread. Reserved memory
    /// that is not used costs nothing.
    const RESERVED: usize = 33 * 1024;

    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.capacity() < count {
            self.0 = Vec::with_capacity(count.max(Self::RESERVED));
        }
        if self.0.len() < count {
            self.0.resize(count, Block::default());
        }
        &mut self.0[..count]
    }
}

/// The length of a hash in bytes.
const OUTPUT: usize = 32;

fn hash(params: &Params, password: &Secret, memory: &mut Memory) -> Result<String, Failure> {
    let (salt, mut output) = (random::<16>(), [0; OUTPUT]);
    digest(params, password, &salt, &mut output, memory)?;
    Ok(phc(params, &salt, &output))
}

/// Compares the normal form, and then the text as it was typed, if that is another one.
fn verify_forms(
    todays: Option<&Params>,
    password: &PasswordForms,
    stored: &str,
    memory: &mut Memory,
) -> Result<PasswordVerdict, Failure> {
    let verdict = verify(todays, &password.normal, stored, memory)?;
    let (PasswordVerdict::Wrong, Some(as_typed)) = (&verdict, &password.as_typed) else { return Ok(verdict) };
    match (verify(None, as_typed, stored, memory)?, todays) {
        (PasswordVerdict::Wrong, _) => Ok(PasswordVerdict::Wrong),
        (_, Some(params)) => hash(params, &password.normal, memory).map(PasswordVerdict::RightAndRehashed),
        (_, None) => Ok(PasswordVerdict::Right),
    }
}

/// `todays`: the current parameters, if a right password is to be hashed again with them.
fn verify(
    todays: Option<&Params>,
    password: &Secret,
    stored: &str,
    memory: &mut Memory,
) -> Result<PasswordVerdict, Failure> {
    let parsed = PasswordHash::new(stored).map_err(|error| damaged(&error))?;
    let used = Params::try_from(&parsed).map_err(|error| damaged(&error))?;
    let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else {
        return Err(damaged(&"it has no salt or no hash"));
    };
    let is_argon2id =
        parsed.algorithm.as_str() == "argon2id" && parsed.version == Some(Version::V0x13.into());
    if !is_argon2id {
        return Err(damaged(&"it is not argon2id, version 19"));
    }
    let mut output = vec![0; expected.len()];
    digest(&used, password, salt.as_ref(), &mut output, memory)?;
    if !equal(&output, expected.as_ref()) {
        return Ok(PasswordVerdict::Wrong);
    }
    let Some(params) = todays else { return Ok(PasswordVerdict::Right) };
    let is_todays = used.m_cost() == params.m_cost()
        && used.t_cost() == params.t_cost()
        && used.p_cost() == params.p_cost()
        && output.len() == OUTPUT;
    if is_todays {
        Ok(PasswordVerdict::Right)
    } else {
        hash(params, password, memory).map(PasswordVerdict::RightAndRehashed)
    }
}

fn damaged(why: &dyn std::fmt::Display) -> Failure {
    Failure::Internal(format!("a stored password hash cannot be used: {why}"))
}

fn digest(
    params: &Params,
    password: &Secret,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<(), Failure> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, memory.blocks(params))
        .map_err(|error| Failure::Internal(format!("password hashing: {error}")))
}

/// The PHC string of a hash.
fn phc(params: &Params, salt: &[u8], output: &[u8]) -> String {
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(output)
    )
}

/// The algorithm and the parameters of a PHC string: all before its salt.
pub fn parameters(phc: &str) -> &str {
    phc.match_indices('$').nth(3).map_or(phc, |(end, _)| phc.split_at(end).0)
}

/// A hash with these parameters that no password matches, because its output is random.
fn nobody(params: &Params) -> String {
    phc(params, &random::<16>(), &random::<OUTPUT>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(memory_kib: u32) -> config::PasswordOptions {
        config::PasswordOptions {
            memory_kib,
            iterations: 1,
            parallelism: 1,
            concurrency: 1,
            queue: 4,
            min_length: 15,
        }
    }

    #[tokio::test]
    async fn a_password_verifies_and_follows_the_parameters() {
        let (before, after) =
            (Passwords::start(&options(64)).unwrap(), Passwords::start(&options(128)).unwrap());
        let hash = before.hash(Secret::new("correct horse".into())).await.unwrap();
        let verify = async |passwords: &Passwords, password: &str, hash: &str| {
            passwords.verify(Secret::new(password.into()), Some(hash.into())).await.unwrap()
        };
        assert_eq!(verify(&before, "correct horse", &hash).await, PasswordVerdict::Right);
        assert_eq!(verify(&before, "wrong", &hash).await, PasswordVerdict::Wrong);
        let PasswordVerdict::RightAndRehashed(stronger) = verify(&after, "correct horse", &hash).await else {
            panic!("an old hash is made anew");
        };
        assert!(stronger.contains("m=128"));
        assert_eq!(verify(&after, "correct horse", &stronger).await, PasswordVerdict::Right);
        assert_eq!(after.verify(Secret::new("x".into()), None).await.unwrap(), PasswordVerdict::Wrong);
    }
}
