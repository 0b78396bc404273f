//! `redsc calibrate`: fits a board's constants to measured latencies.

use std::path::{Path, PathBuf};

use clap::Args;
use redsc_ir::Target;
use redsc_passes::cost;

use super::predict::read_board;
use super::progress::{eprint, print};
use crate::error::{Failure, Result};
use crate::predict::board::Board;
use crate::predict::calibrate::{Measured, calibrate, rms};
use crate::predict::{self, constant_bytes};
use crate::{driver, io};

/// Arguments of `redsc calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// The board file to start from; its constants are replaced.
    #[arg(long, value_name = "FILE")]
    board: PathBuf,
    /// Measurements: a CSV file with the columns model, clock_hz, ms and optionally uJ; models relative to that file.
    #[arg(long, value_name = "CSV")]
    measured: PathBuf,
    /// Where the board file goes; by default it is printed.
    #[arg(short, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn execute(args: &CalibrateArgs) -> Result<()> {
    let text = String::from_utf8_lossy(&io::read(&args.board)?).into_owned();
    let name = Board::from_toml(&text).map(|board| board.target).unwrap_or_default();
    let target = driver::target(&name)?;
    let board = read_board(&args.board, &target)?;
    let measured = measurements(&args.measured, &board, &target)?;
    let found = calibrate(&board, &measured).map_err(|e| problem(&args.measured, &e))?;
    for (m, error) in measured.iter().zip(&found.errors) {
        eprint(&format!("{:>+8.2} %  {}", error, m.model));
    }
    let cycles = found.board.cycles;
    eprint(&format!(
        "{:.4} cycles per instruction, {:.4} per byte of constants; left out of the fit, models are off by {:.2} % (RMS)",
        cycles.instruction,
        cycles.constant_byte,
        rms(&found.errors)
    ));
    let text = toml::to_string(&found.board).map_err(|e| problem(&args.board, &e.to_string()))?;
    match &args.output {
        Some(path) => io::write_all(&[(path.clone(), text.into_bytes())]),
        None => {
            print(&text);
            Ok(())
        }
    }
}

/// The rows of the CSV file, each with the predicted cost of its model.
fn measurements(path: &Path, board: &Board, target: &Target) -> Result<Vec<Measured>> {
    let text = String::from_utf8_lossy(&io::read(path)?).into_owned();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    let column = |name: &str| header.iter().position(|known| *known == name);
    let required =
        |name: &str| column(name).ok_or_else(|| problem(path, &format!("there is no column `{name}`")));
    let (model, clock, ms) = (required("model")?, required("clock_hz")?, required("ms")?);
    let mut measured = Vec::new();
    for (number, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let number_of = |column: usize| -> Result<f64> {
            let value = cells.get(column).and_then(|cell| cell.parse::<f64>().ok());
            let value = value.filter(|value| value.is_finite() && *value > 0.0);
            value.ok_or_else(|| {
                problem(path, &format!("row {}: `{}` is no positive number", number + 1, header[column]))
            })
        };
        let name = cells.get(model).copied().unwrap_or_default();
        let file = path.parent().unwrap_or(Path::new(".")).join(name);
        let (module, plan) = predict::prepare(driver::load(&file)?, target)?;
        let cost = cost::module(&module, &plan, target).map_err(|errors| {
            problem(path, &errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let (hz, seconds) = (number_of(clock)?, number_of(ms)? / 1e3);
        let factor = board.clock(Some(hz)).map_or(1.0, |clock| clock.cycles_factor);
        let cycles = hz * seconds;
        let energy = column("uJ").map(number_of).transpose()?;
        measured.push(Measured {
            model: name.to_owned(),
            constant_bytes: (0..cost.steps.len()).map(|index| constant_bytes(&module, index)).sum(),
            cost: cost.total,
            cycles: cycles / factor,
            nj_per_cycle: energy.map(|uj| 1e3 * uj / cycles),
        });
    }
    Ok(measured)
}

fn problem(path: &Path, message: &str) -> Failure {
    Failure::new(
        "E0520",
        format!("{}: {message}", path.display()),
        "",
        "the file needs a header and the columns model, clock_hz, ms; one constant takes four rows",
    )
}
