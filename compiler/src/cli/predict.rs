//! `redsc predict`: what models cost on a board.

use std::path::{Path, PathBuf};

use clap::Args;
use redsc_ir::Target;

use super::TargetArg;
use super::progress::{eprint, print};
use crate::error::{Failure, Result};
use crate::predict::board::Board;
use crate::predict::{self, Prediction, text};
use crate::{driver, io};

/// Arguments of `redsc predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// A model, or a folder of models.
    #[arg(value_name = "MODEL|DIR")]
    model: PathBuf,
    #[command(flatten)]
    target: TargetArg,
    /// Board file: turns instructions into cycles, time and energy.
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// Clock in hertz; default: the fastest that the board lists.
    #[arg(long, value_name = "HZ", requires = "board")]
    clock: Option<f64>,
    /// Another model to show beside it.
    #[arg(long, value_name = "OTHER")]
    compare: Option<PathBuf>,
    /// Show the loops whose turns add up to each number.
    #[arg(long)]
    explain: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn execute(args: &PredictArgs) -> Result<()> {
    let target = driver::target(&args.target.target)?;
    let board = args.board.as_deref().map(|path| read_board(path, &target)).transpose()?;
    if args.clock.is_some_and(|hz| !(hz > 0.0 && hz.is_finite())) {
        return Err(Failure::new("E0523", "the clock is no positive number", "", "give hertz: --clock 80e6"));
    }
    if args.model.is_dir() {
        return folder(args, &target, board.as_ref());
    }
    let mut predictions = vec![one(args, &args.model, &target, board.as_ref())?];
    if let Some(other) = &args.compare {
        predictions.push(one(args, other, &target, board.as_ref())?);
    }
    if args.json {
        return json(&predictions);
    }
    for prediction in &predictions {
        print(&text::full(prediction));
    }
    if args.explain {
        let (module, plan) = predict::prepare(driver::load(&args.model)?, &target)?;
        print(&format!("\n{}", text::explain(&module, &plan, &target)));
    }
    if let [first, second] = predictions.as_slice() {
        print(&format!("\n{}", text::compared(first, second)));
    }
    Ok(())
}

fn one(args: &PredictArgs, path: &Path, target: &Target, board: Option<&Board>) -> Result<Prediction> {
    let name = path.display().to_string();
    let in_model = |failure: Failure| failure.in_source(&name);
    let (module, plan) = predict::prepare(driver::load(path)?, target).map_err(in_model)?;
    let clock = board.and_then(|board| board.clock(args.clock));
    let on = board.map(|board| (board, clock.as_ref()));
    predict::predict(&module, &plan, target, on).map_err(in_model)
}

/// A line for each model of a folder; models without a prediction make the command fail in the end.
fn folder(args: &PredictArgs, target: &Target, board: Option<&Board>) -> Result<()> {
    let mut paths = io::list(&args.model)?;
    let is_model =
        |path: &PathBuf| path.extension().is_some_and(|e| e == "tflite" || e == "onnx" || e == "reds");
    paths.retain(is_model);
    let (mut predictions, mut failures) = (Vec::new(), Vec::new());
    for path in &paths {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let prediction = one(args, path, target, board);
        let shown = prediction.map_err(|failure| {
            let why = failure.diagnostics.first().map(|d| d.message.clone()).unwrap_or_default();
            failures.push(failure);
            why
        });
        predictions.push((name, shown));
    }
    if args.json {
        let known: Vec<&Prediction> = predictions.iter().filter_map(|(_, p)| p.as_ref().ok()).collect();
        json(&known)?;
    } else {
        print(&text::overview(&predictions));
    }
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => {
            eprint("not all models have a prediction; the first problem:");
            Err(first)
        }
    }
}

fn json<T: serde::Serialize>(predictions: &[T]) -> Result<()> {
    let text = match predictions {
        [one] => serde_json::to_string_pretty(one),
        all => serde_json::to_string_pretty(all),
    };
    let text = text.map_err(|e| {
        Failure::new("E0516", format!("the report cannot be made: {e}"), "", "please report this model")
    })?;
    print(&text);
    Ok(())
}

/// Reads a board file and checks that it belongs to the target.
pub(super) fn read_board(path: &Path, target: &Target) -> Result<Board> {
    let text = String::from_utf8_lossy(&io::read(path)?).into_owned();
    let board = Board::from_toml(&text).map_err(|e| {
        Failure::new(
            "E0523",
            format!("{} is not a board file: {e}", path.display()),
            "",
            "docs/cost.md explains the fields",
        )
    })?;
    if board.target != target.name {
        return Err(Failure::new(
            "E0523",
            format!("the board {} has the core {}", board.name, board.target),
            "",
            &format!("say --target {}", board.target),
        ));
    }
    Ok(board)
}
