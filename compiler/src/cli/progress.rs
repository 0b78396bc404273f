//! What the terminal sees besides results: messages, timings, statistics, IR dumps. The only place that prints to it.

use std::time::{Duration, Instant};

use redsc_passes::Event;

use super::PassArgs;
use crate::driver::Observer;

/// Prints a line to standard output; a closed pipe is not an error.
pub fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Prints a line to standard error.
pub fn eprint(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// Prints what `--print-after`, `--stats` and `--timings` ask for.
pub struct Reporter<'a> {
    args: &'a PassArgs,
    began: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl<'a> Reporter<'a> {
    /// A reporter for these options.
    pub fn new(args: &'a PassArgs) -> Self {
        Reporter { args, began: Instant::now(), stages: Vec::new() }
    }

    /// Runs `work` as the stage `name`.
    pub fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        self.begin(name);
        let result = work();
        self.end(name);
        result
    }

    /// Prints the timings, if they are asked for.
    pub fn finish(self) {
        if !self.args.timings {
            return;
        }
        let total: Duration = self.stages.iter().map(|(_, d)| *d).sum();
        for (stage, duration) in self.stages.iter().chain([&("total", total)]) {
            eprint(&format!("{:>9.3} ms  {stage}", duration.as_secs_f64() * 1e3));
        }
    }

    fn wants_dump(&self, pass: &str) -> bool {
        self.args.print_after.iter().any(|name| name == pass || name == "all")
    }
}

impl Observer for Reporter<'_> {
    fn begin(&mut self, _stage: &'static str) {
        self.began = Instant::now();
    }

    fn end(&mut self, stage: &'static str) {
        self.stages.push((stage, self.began.elapsed()));
    }

    fn pass(&mut self, event: &Event<'_>) {
        let Event::End(pass, module, stats) = event else { return };
        if self.args.stats {
            eprint(&format!("{}: {stats}", pass.name));
        }
        if self.wants_dump(pass.name) {
            eprint(&format!("// after {}\n{}", pass.name, redsc_ir::text::print(module).text));
        }
    }
}
