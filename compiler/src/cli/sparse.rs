//! `--sparse`: how weights with zeros are stored.

use clap::Args;
use redsc_ir::sparse::Format;
use redsc_passes::select_kernels::sparse::SparseMode;

/// The option, shared by the subcommands that store weights.
#[derive(Debug, Args)]
pub(super) struct SparseArg {
    /// How weights with zeros are stored: auto (as is best for each layer), off, or in one format: pairs in C, dcsr in
    /// .tflite.
    #[arg(long, default_value = "auto", value_name = "FORMAT", value_parser = parse)]
    pub(super) sparse: SparseMode,
}

/// `auto`, `off` or the name of a format.
fn parse(text: &str) -> Result<SparseMode, String> {
    match text {
        "auto" => Ok(SparseMode::Auto),
        "off" => Ok(SparseMode::Off),
        _ => text.parse().map(SparseMode::Format).map_err(|e| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("{e}; there are auto, off, {}", names.join(", "))
        }),
    }
}
