//! Finding and running external programs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Makes missing tools failures instead of reasons to skip.
pub const REQUIRE_TOOLS: &str = "REDSC_REQUIRE_TOOLS";

/// Where `name` is on `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Whether all of `tools` are installed. If not, says so and returns `false`: the caller skips its test.
///
/// # Panics
/// If a tool is missing and [`REQUIRE_TOOLS`] is set to `1`.
pub fn available(tools: &[&str]) -> bool {
    let missing: Vec<_> = tools.iter().filter(|tool| find(tool).is_none()).copied().collect();
    if missing.is_empty() {
        return true;
    }
    let message = format!("not installed: {} (tests/run installs what the tests need)", missing.join(", "));
    assert!(!required(), "{message}");
    note(&format!("skipped: {message}"));
    false
}

/// Whether missing tools are failures.
pub fn required() -> bool {
    env::var_os(REQUIRE_TOOLS).is_some_and(|value| value == "1")
}

/// A remark of a test for the person who reads its output.
#[expect(clippy::print_stderr, reason = "tests talk to people")]
pub fn note(message: &str) {
    eprintln!("{message}");
}

/// What a finished program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Finished {
    /// The output of a program that succeeded.
    ///
    /// # Errors
    /// Otherwise: `what`, the exit status and everything the program said.
    pub fn success(self, what: &str) -> Result<Finished, String> {
        if self.status.success() {
            return Ok(self);
        }
        Err(format!("{what}: {}\n{}{}", self.status, self.stdout, self.stderr))
    }
}

/// Runs a program to its end, without input, for at most `limit`.
///
/// # Errors
/// If it cannot be started or is still running after `limit` (it is killed then).
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{name}: {e}"))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait().map_err(|e| format!("{name}: {e}"))? {
            Some(status) => break Some(status),
            None if Instant::now() >= deadline => break None,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    if status.is_none() {
        // It may have ended just now; either way it is gone after this.
        let _ = child.kill();
        let _ = child.wait();
    }
    let join = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    let (stdout, stderr) = (join(stdout), join(stderr));
    match status {
        Some(status) => Ok(Finished { status, stdout, stderr }),
        None => Err(format!("{name}: still running after {limit:?}, stopped\n{stdout}{stderr}")),
    }
}

/// Collects a pipe on a thread of its own, so that a talkative program never blocks on a full pipe.
fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What arrived before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The values of the lines `key=0x...` that a rig program printed, in order.
pub fn values(stdout: &str, key: &str) -> Vec<u64> {
    let parse = |line: &str| {
        let digits = line.strip_prefix(key)?.strip_prefix("=0x")?;
        u64::from_str_radix(digits.trim_end(), 16).ok()
    };
    stdout.lines().filter_map(parse).collect()
}

/// Writes a file, with its name in the error.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}
