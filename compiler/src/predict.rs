//! What a model costs on a board, without the board: instructions, cycles, time, energy, memory.

pub mod board;
pub mod calibrate;
pub mod text;

use redsc_ir::{Module, Plan, Target};
use redsc_passes::cost::{self, Cost};
use serde::Serialize;

use crate::driver::{self, Options, Quiet};
use crate::error::{Failure, Result};
use crate::report::facts::{self, Report};
use board::{Board, Clock};

/// A number with the range in which it lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The likely value.
    pub value: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// What one invocation takes on a board.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Work {
    /// Clock cycles.
    pub cycles: Estimate,
    /// Milliseconds; absent without a clock.
    pub milliseconds: Option<Estimate>,
    /// Energy in microjoules; absent if the board does not say.
    pub microjoules: Option<Estimate>,
}

/// A prediction for one model.
#[derive(Clone, Debug, Serialize)]
pub struct Prediction {
    /// Facts of the compiled model, instructions of each operator among them.
    #[serde(flatten)]
    pub report: Report,
    /// The board, if one was given.
    pub board: Option<String>,
    /// Clock in hertz.
    pub clock_hz: Option<f64>,
    /// What one invocation takes on the board.
    pub work: Option<Work>,
    /// The same for each operator.
    pub operator_work: Vec<Work>,
}

impl Estimate {
    /// The same in other units.
    pub fn scaled(self, factor: f64) -> Self {
        Estimate { value: self.value * factor, least: self.least * factor, most: self.most * factor }
    }
}

/// A module after the passes, with its plan.
///
/// # Errors
/// If the module cannot be compiled for the target.
pub fn prepare(mut module: Module, target: &Target) -> Result<(Module, Plan)> {
    let options = Options { target: target.clone(), ..Options::default() };
    driver::optimize(&mut module, &options, &mut Quiet)?;
    let plan = driver::plan(&module, &options)?;
    Ok((module, plan))
}

/// Predicts a prepared module, on a board if there is one.
///
/// # Errors
/// If an operator has no cost law: one diagnostic for each.
pub fn predict(
    module: &Module,
    plan: &Plan,
    target: &Target,
    board: Option<(&Board, Option<&Clock>)>,
) -> Result<Prediction> {
    let cost = cost::module(module, plan, target).map_err(missing)?;
    let bytes = |index: usize| constant_bytes(module, index);
    let work = |cost: &Cost, bytes: f64| board.map(|(board, clock)| board.work(cost, bytes, clock));
    let steps = cost.steps.iter().enumerate();
    Ok(Prediction {
        report: facts::report(module, plan, target),
        board: board.map(|(board, _)| board.name.clone()),
        clock_hz: board.and_then(|(_, clock)| clock.map(|clock| clock.hz)),
        work: work(&cost.total, (0..cost.steps.len()).map(bytes).sum()),
        operator_work: steps.filter_map(|(index, cost)| work(cost, bytes(index))).collect(),
    })
}

/// Bytes of the constants that a node reads.
pub fn constant_bytes(module: &Module, index: usize) -> f64 {
    let graph = module.entry();
    let constants = graph.nodes[index].operands().filter_map(|id| graph.constant(id));
    constants.map(|data| data.bytes().len() as f64).sum()
}

/// One diagnostic for each step without a cost.
fn missing(errors: Vec<cost::CostError>) -> Failure {
    let help = "targets with laws are named in docs/cost.md; `redsc profile` measures new ones";
    let mut failure = Failure { diagnostics: Vec::new(), source_name: String::new(), source_text: None };
    for error in errors {
        failure.diagnostics.extend(Failure::new("E0521", error.message, &error.location, help).diagnostics);
    }
    failure
}
