//! `redsc targets`, `redsc passes`, `redsc completions`: what there is.

use clap::CommandFactory;
use redsc_ir::Target;
use redsc_passes::PASSES;

use super::Cli;
use super::progress::print;
use crate::error::Result;
use crate::report::table;

/// Lists the built-in targets.
pub fn targets() -> Result<()> {
    let row = |t: &Target| vec![t.name.clone(), t.summary.clone()];
    print(&table::plain(&["target", "what it is"], Target::builtin().iter().map(row)));
    Ok(())
}

/// Lists the passes in the order of the default pipeline.
pub fn passes() -> Result<()> {
    print(&table::plain(
        &["pass", "what it does"],
        PASSES.iter().map(|p| vec![p.name.into(), p.summary.into()]),
    ));
    Ok(())
}

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "redsc", &mut script);
    print(&String::from_utf8_lossy(&script));
    Ok(())
}
