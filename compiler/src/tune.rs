//! Training: gradients of a network of integers with shared weights, joint training of nested levels, and the way back
//! into integers. Structure never changes; weights, biases, scales and zero points come back.
//!
//! [`network`] is the differentiable twin of the levels, [`primitives`] the operators that the autodiff crate lacks,
//! [`train`] the loop, [`ranges`] the measurement of scales, [`write_back`] the way back.

mod checkpoint;
mod network;
mod primitives;
mod ranges;
mod train;
mod write_back;

use std::path::Path;

use candle_core::{Device, Tensor};
use redsc_ir::{Data, Diagnostic, ElemType, Module, TensorType};
use redsc_passes::nest::Level;

use crate::error::{Failure, Result};
use network::{Network, Precision};
pub use train::{Progress, Recipe};
use train::{Samples, State, Trainer, Watcher};

/// Labelled or unlabelled samples for a model with one input.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Inputs, in the type of the model's input.
    pub inputs: Vec<Data>,
    /// The class of each input.
    pub labels: Option<Vec<u32>>,
}

/// A network under training.
pub struct Tuner {
    network: Network,
}

impl Tuner {
    /// The levels of a network, the full one last.
    ///
    /// # Errors
    /// Names every node that cannot be trained through.
    pub fn new(levels: Vec<Level>) -> Result<Self> {
        let network = Network::new(levels).map_err(|problems| {
            let diagnostic = |(location, message): (String, String)| Diagnostic {
                code: "E0524",
                message,
                location,
                span: None,
                help: "docs/subnetworks.md lists what can be trained".into(),
            };
            Failure::of("", problems.into_iter().map(diagnostic).collect())
        })?;
        Ok(Tuner { network })
    }

    /// Trains; `watch` sees each step. Each epoch is saved to `checkpoint`, if one is named; where it exists already,
    /// training goes on from there.
    ///
    /// # Errors
    /// If samples do not fit, or if a checkpoint cannot be written or belongs to another training.
    pub fn train(
        &mut self,
        dataset: &Dataset,
        recipe: &Recipe,
        checkpoint: Option<&Path>,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let samples = self.samples(dataset)?;
        let mut trainer = Trainer::new(&mut self.network, &samples, recipe).map_err(broken)?;
        let saved = checkpoint.filter(|path| path.exists());
        let state =
            saved.map(|path| trainer.resume(path).map_err(|e| no_checkpoint(path, &e))).transpose()?;
        trainer.run(state, &mut Saver { checkpoint, watch }).map_err(broken)
    }

    /// By level: the share of samples that are classified right; `None` without labels. The passes work with codes.
    ///
    /// # Errors
    /// If samples do not fit.
    pub fn accuracy(&self, dataset: &Dataset) -> Result<Option<Vec<f64>>> {
        let samples = self.samples(dataset)?;
        let of = |level| train::accuracy(&self.network, level, &samples, Precision::Quantized);
        (0..self.network.levels.len()).map(of).collect::<candle_core::Result<_>>().map_err(broken)
    }

    /// The levels with what was learned.
    ///
    /// # Errors
    /// If the network computes no numbers any more.
    pub fn modules(&self) -> Result<Vec<Module>> {
        write_back::modules(&self.network).map_err(broken)
    }

    /// The samples as real numbers, in the shape of the input.
    fn samples(&self, dataset: &Dataset) -> Result<Samples> {
        let graph = self.network.levels[0].module.entry();
        let ty = graph.ty(graph.inputs[0]);
        let numbers: Vec<f32> = dataset.inputs.iter().flat_map(|data| reals(ty, data)).collect();
        let shape: Vec<usize> =
            std::iter::once(dataset.inputs.len()).chain(ty.shape.iter().skip(1).copied()).collect();
        let inputs = Tensor::from_vec(numbers, shape, &Device::Cpu).map_err(broken)?;
        Ok(Samples { inputs, labels: dataset.labels.clone() })
    }
}

/// Saves epochs, reports steps.
struct Saver<'s> {
    checkpoint: Option<&'s Path>,
    watch: &'s mut dyn FnMut(Progress),
}

impl Watcher for Saver<'_> {
    fn step(&mut self, progress: Progress) {
        (self.watch)(progress);
    }

    fn epoch(&mut self, network: &Network, state: &State) -> candle_core::Result<()> {
        self.checkpoint.map_or(Ok(()), |path| checkpoint::save(path, network, state))
    }
}

/// The numbers that the codes of an input stand for.
fn reals(ty: &TensorType, data: &Data) -> Vec<f32> {
    let codes: Vec<f32> = match ty.elem {
        ElemType::F32 => return data.to_vec::<f32>(),
        ElemType::I16 => data.to_vec::<i16>().into_iter().map(f32::from).collect(),
        ElemType::U8 => data.bytes().iter().copied().map(f32::from).collect(),
        _ => data.to_vec::<i8>().into_iter().map(f32::from).collect(),
    };
    let (scale, zero_point) = ty.quant.per_tensor().unwrap_or((1.0, 0));
    codes.into_iter().map(|code| (code - zero_point as f32) * scale).collect()
}

fn no_checkpoint(path: &Path, error: &candle_core::Error) -> Failure {
    let message = format!("{} is no checkpoint of this training: {error}", path.display());
    Failure::new("E0524", message, "", "give the same model, levels and recipe, or remove it to start anew")
}

fn broken(error: candle_core::Error) -> Failure {
    Failure::new("E0524", format!("training failed: {error}"), "", "")
}
