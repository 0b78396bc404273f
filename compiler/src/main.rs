//! The command line of redsc.

fn main() -> std::process::ExitCode {
    redsc::cli::main().into()
}
