//! The figures, as a table and as JSON.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::{Options, Outcome};

#[derive(Serialize)]
pub(crate) struct Report {
    version: &'static str,
    machine: Machine,
    seconds_per_row: f64,
    rows: Vec<Row>,
    servers: Vec<Peak>,
    resting: Vec<IdleServer>,
    beside: Vec<MemoryBeside>,
}

/// The memory of a server before a load and beside it.
#[derive(Serialize)]
struct MemoryBeside {
    name: String,
    idle_kib: u64,
    beside_kib: u64,
}

/// The machine, and its load before the benchmark.
#[derive(Serialize)]
struct Machine {
    processors: usize,
    model: String,
    load_before: String,
    load_after: String,
}

/// One request repeated by a number of callers.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) engine: &'static str,
    pub(crate) connections: usize,
    pub(crate) requests: usize,
    pub(crate) per_second: f64,
    pub(crate) p50_micros: u32,
    pub(crate) p99_micros: u32,
    pub(crate) p999_micros: u32,
    /// CPU time of the measured process for each request.
    pub(crate) cpu_micros: f64,
    /// CPU time of a PostgreSQL on this machine for each request.
    pub(crate) database_cpu_micros: Option<f64>,
    /// How many callers stopped at a wrong answer.
    pub(crate) errors: usize,
    pub(crate) first_error: Option<String>,
}

/// The maximum memory of the server that served all rows.
#[derive(Serialize)]
struct Peak {
    engine: &'static str,
    most_kib: u64,
}

/// A server with the default options: its start, and its memory around a hundred sign-ins.
#[derive(Serialize)]
pub(crate) struct IdleServer {
    pub(crate) engine: &'static str,
    pub(crate) start_millis: f64,
    pub(crate) idle_kib: u64,
    pub(crate) after_sign_ins_kib: u64,
    pub(crate) rested_kib: u64,
    pub(crate) rest_seconds: u64,
    pub(crate) most_kib: u64,
}

/// Microseconds of CPU for one request, or for one round trip.
const TARGETS: [(&str, u32); 14] = [
    ("client_credentials", 130),
    ("client_credentials_jwt", 60),
    ("client_credentials_dpop", 200),
    ("private_key_jwt", 200),
    ("introspect", 80),
    ("introspect_jwt", 80),
    ("refresh", 300),
    ("authorize_code_token", 800),
    ("openid_code_token", 850),
    ("userinfo", 100),
    ("userinfo_dpop", 200),
    ("par", 120),
    ("metadata", 20),
    ("jwks", 20),
];

impl Report {
    pub(crate) fn begin(options: &Options) -> Outcome<Self> {
        let information = fs::read_to_string("/proc/cpuinfo")?;
        let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let machine = Machine {
            processors: std::thread::available_parallelism()?.get(),
            model: model.map_or("unknown", |(_, model)| model).to_owned(),
            load_before: load_average()?,
            load_after: String::new(),
        };
        let seconds_per_row = options.row_length().as_secs_f64();
        println!(
            "grantor {} on {} × {}, load {}, {seconds_per_row} s a row; the server has one HTTP worker\n",
            env!("CARGO_PKG_VERSION"),
            machine.processors,
            machine.model,
            machine.load_before
        );
        println!(
            "{:<33} {:<9} {:>5} {:>9} {:>9} {:>9} {:>9} {:>12} {:>9} {:>7}",
            "row",
            "engine",
            "conns",
            "per s",
            "p50 µs",
            "p99 µs",
            "p99.9 µs",
            "CPU µs each",
            "database",
            "errors"
        );
        let version = env!("CARGO_PKG_VERSION");
        let (rows, servers, resting, beside) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { version, machine, seconds_per_row, rows, servers, resting, beside })
    }

    pub(crate) fn add(&mut self, row: Row) {
        println!(
            "{:<33} {:<9} {:>5} {:>9.0} {:>9} {:>9} {:>9} {:>12.1} {:>9} {:>7}",
            row.name,
            row.engine,
            row.connections,
            row.per_second,
            row.p50_micros,
            row.p99_micros,
            row.p999_micros,
            row.cpu_micros,
            row.database_cpu_micros.map_or(String::new(), |micros| format!("+ {micros:.1}")),
            row.errors
        );
        if let Some(error) = &row.first_error {
            println!("    {error}");
        }
        self.rows.push(row);
    }

    /// Prints how much memory a server took beside a load.
    pub(crate) fn memory(&mut self, name: &str, idle_kib: u64, beside_kib: u64) {
        println!("    {name}: memory {}, before {}", mebibytes(beside_kib), mebibytes(idle_kib));
        self.beside.push(MemoryBeside { name: name.to_owned(), idle_kib, beside_kib });
    }

    pub(crate) fn peak(&mut self, engine: &'static str, most_kib: u64) {
        println!("the server of these rows took {} at most", mebibytes(most_kib));
        self.servers.push(Peak { engine, most_kib });
    }

    pub(crate) fn resting(&mut self, resting: IdleServer) {
        println!(
            "{}: first answer {:.0} ms after the start; idle memory {}, after 100 sign-ins {}, {} s later {}, at most {}\n",
            resting.engine,
            resting.start_millis,
            mebibytes(resting.idle_kib),
            mebibytes(resting.after_sign_ins_kib),
            resting.rest_seconds,
            mebibytes(resting.rested_kib),
            mebibytes(resting.most_kib)
        );
        self.resting.push(resting);
    }

    /// A figure never fails a benchmark; a wrong answer does.
    pub(crate) fn is_right(&self) -> bool {
        self.rows.iter().all(|row| row.errors == 0 && row.requests > 0)
    }

    /// Prints the targets next to the figures, and writes everything to `file`.
    pub(crate) fn end(&mut self, file: &Path) -> Outcome<()> {
        self.machine.load_after = load_average()?;
        println!("\ntargets, for orientation (load now {}):", self.machine.load_after);
        for (row, micros) in TARGETS {
            let measured = self.cpu(row).map_or("not measured".to_owned(), |cpu| format!("{cpu:.0} µs"));
            println!("  {row}: at most {micros} µs of CPU each, on SQLite with 64 connections: {measured}");
        }
        for (name, limit, measured) in [
            ("first answer", "300 ms", self.on_sqlite(|resting| format!("{:.0} ms", resting.start_millis))),
            ("idle memory", "32 MiB", self.on_sqlite(|resting| mebibytes(resting.idle_kib))),
            (
                "memory at rest after sign-ins",
                "32 MiB",
                self.on_sqlite(|resting| mebibytes(resting.rested_kib)),
            ),
        ] {
            println!("  {name}: less than {limit}, on SQLite: {measured}");
        }
        fs::write(file, serde_json::to_string_pretty(self)? + "\n")?;
        println!("\nall figures: {}", file.display());
        Ok(())
    }

    fn cpu(&self, name: &str) -> Option<f64> {
        let row = self
            .rows
            .iter()
            .find(|row| (row.name.as_str(), row.engine, row.connections) == (name, "sqlite", 64));
        row.map(|row| row.cpu_micros)
    }

    fn on_sqlite(&self, show: impl Fn(&IdleServer) -> String) -> String {
        self.resting.iter().find(|resting| resting.engine == "sqlite").map_or("not measured".to_owned(), show)
    }
}

fn mebibytes(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

/// The three load averages.
fn load_average() -> Outcome<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
