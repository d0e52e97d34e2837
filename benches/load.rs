//! Callers that each repeat one request, and the cost of the requests.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::report::Row;
use crate::{Outcome, process};

/// One caller: a connection, or a task in this process.
pub(crate) trait Worker: 'static {
    /// Makes one request; an error is a wrong answer.
    async fn once(&mut self) -> Outcome<()>;
}

/// How long a caller may be stuck in its last request.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Load {
    micros: Vec<u32>,
    complaint: Option<String>,
}

/// What is measured: the row's name, the engine, and the processes whose CPU time counts.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'s> {
    pub(crate) name: &'s str,
    pub(crate) engine: &'static str,
    pub(crate) pid: u32,
    pub(crate) database_pid: Option<u32>,
}

impl Subject<'_> {
    /// CPU time of the server's process, and of the database.
    fn cpu(&self) -> Outcome<(Duration, Option<Duration>)> {
        Ok((process::cpu(self.pid)?, self.database_pid.map(process::cpu_of_family).transpose()?))
    }
}

/// Runs all workers for `length`, after a warm-up of a tenth of it.
pub(crate) async fn measure<W: Worker>(
    subject: Subject<'_>,
    workers: Vec<W>,
    length: Duration,
) -> Outcome<Row> {
    let connections = workers.len();
    let (workers, warm) = drive(workers, length / 10).await?;
    let (before, began) = (subject.cpu()?, Instant::now());
    let (_, mut load) = drive(workers, length).await?;
    let (after, elapsed) = (subject.cpu()?, began.elapsed());
    load.micros.sort_unstable();
    let errors: Vec<String> = warm.complaints.into_iter().chain(load.complaints).collect();
    let count = load.micros.len();
    let each =
        |after: Duration, before| after.saturating_sub(before).as_secs_f64() * 1e6 / count.max(1) as f64;
    Ok(Row {
        name: subject.name.to_owned(),
        engine: subject.engine,
        connections,
        requests: count,
        per_second: count as f64 / elapsed.as_secs_f64(),
        p50_micros: percentile(&load.micros, 500),
        p99_micros: percentile(&load.micros, 990),
        p999_micros: percentile(&load.micros, 999),
        cpu_micros: each(after.0, before.0),
        database_cpu_micros: after.1.zip(before.1).map(|(after, before)| each(after, before)),
        errors: errors.len(),
        first_error: errors.into_iter().next(),
    })
}

struct Total {
    micros: Vec<u32>,
    complaints: Vec<String>,
}

async fn drive<W: Worker>(workers: Vec<W>, length: Duration) -> Outcome<(Vec<W>, Total)> {
    let ends = Instant::now() + length;
    let mut tasks = JoinSet::new();
    for worker in workers {
        tasks.spawn_local(work(worker, ends));
    }
    let mut workers = Vec::new();
    let mut total = Total { micros: Vec::new(), complaints: Vec::new() };
    let all = async {
        while let Some(done) = tasks.join_next().await {
            let (worker, load) = done?;
            workers.push(worker);
            total.micros.extend(load.micros);
            total.complaints.extend(load.complaint);
        }
        Outcome::Ok(())
    };
    tokio::time::timeout(length + GRACE, all).await.map_err(|_| "requests were not answered at all")??;
    Ok((workers, total))
}

/// Repeats until the time is over or an answer is wrong.
async fn work<W: Worker>(mut worker: W, ends: Instant) -> (W, Load) {
    let mut load = Load::default();
    loop {
        let began = Instant::now();
        if began >= ends {
            return (worker, load);
        }
        if let Err(error) = worker.once().await {
            load.complaint = Some(error.to_string());
            return (worker, load);
        }
        load.micros.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

/// The percentile of sorted values, in thousandths.
fn percentile(sorted: &[u32], per_thousand: usize) -> u32 {
    sorted.get((sorted.len() * per_thousand / 1000).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}
