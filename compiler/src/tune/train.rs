//! Joint training of all levels: every step takes the gradients of all of them on one batch.
//!
//! The loss of a level is the cross-entropy with the labels, the divergence from what the network computed before
//! training (distillation; Hinton et al., 2015), or a mixture. Levels count by the square root of their share of the
//! weights (REDS, section on fine-tuning). Training starts with real numbers; the last epochs work with codes, after the
//! ranges of all values have been measured anew.

use std::path::Path;

use candle_core::backprop::GradStore;
use candle_core::{D, Device, Result, Tensor, Var};
use rayon::prelude::*;
use redsc_passes::nest::Level;

use super::network::{Network, Precision};
use super::{checkpoint, ranges};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Passes over the samples.
    pub epochs: usize,
    /// How many of them, the last ones, work with codes.
    pub quantized_epochs: usize,
    /// Samples of one step.
    pub batch: usize,
    /// The highest learning rate (Adam); it falls to zero along a cosine.
    pub rate: f64,
    /// The share of the network's own former answers in what is learned, between 0 and 1; without labels it is 1.
    pub distillation: f64,
    /// Temperature of distillation.
    pub temperature: f64,
    /// By level: what its loss counts; by default the square root of its share of the weights.
    pub level_weights: Option<Vec<f64>>,
    /// Seed of the order of samples.
    pub seed: u64,
}

/// What is learned from.
pub struct Samples {
    /// Real numbers `[n, …]`, in the shape of the input.
    pub inputs: Tensor,
    /// Classes.
    pub labels: Option<Vec<u32>>,
}

/// Where training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done, of how many.
    pub step: usize,
    /// All steps.
    pub steps: usize,
    /// The epoch that runs.
    pub epoch: usize,
    /// The mean loss of the last step.
    pub loss: f64,
}

/// What outlives an epoch: enough to go on from there.
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// First and second moments of the gradients, by variable.
    pub moments: Vec<[Tensor; 2]>,
}

/// Called after each step, and after each epoch with the state.
pub trait Watcher {
    /// A step is done.
    fn step(&mut self, progress: Progress);
    /// An epoch is done.
    fn epoch(&mut self, network: &Network, state: &State) -> Result<()>;
}

/// One training.
pub(super) struct Trainer<'t> {
    network: &'t mut Network,
    samples: &'t Samples,
    recipe: &'t Recipe,
    /// What the full network answered before: logits `[n, classes]`.
    answers: Option<Tensor>,
    level_weights: Vec<f64>,
    variables: Vec<Var>,
}

impl<'t> Trainer<'t> {
    /// Gets ready; the network still has the weights that it learns from.
    pub fn new(network: &'t mut Network, samples: &'t Samples, recipe: &'t Recipe) -> Result<Self> {
        let distils = recipe.distillation > 0.0 || samples.labels.is_none();
        let answers = match distils {
            true => Some(logits(network, network.levels.len() - 1, &samples.inputs, Precision::Quantized)?),
            false => None,
        };
        let level_weights = match &recipe.level_weights {
            Some(weights) => weights.clone(),
            None => shares(network),
        };
        let variables = network.variables();
        Ok(Trainer { network, samples, recipe, answers, level_weights, variables })
    }

    /// Puts the network into the state of a checkpoint.
    pub fn resume(&mut self, checkpoint: &Path) -> Result<State> {
        checkpoint::load(checkpoint, self.network)
    }

    /// Trains from `state` on, or from the beginning.
    pub fn run(mut self, state: Option<State>, watcher: &mut dyn Watcher) -> Result<()> {
        let count = self.samples.inputs.dim(0)?;
        let batches = count.div_ceil(self.recipe.batch);
        let steps = batches * self.recipe.epochs;
        let mut state = match state {
            Some(state) => state,
            None => State { epoch: 0, moments: self.zero_moments()? },
        };
        let first_quantized = self.recipe.epochs.saturating_sub(self.recipe.quantized_epochs);
        while state.epoch < self.recipe.epochs {
            if state.epoch == first_quantized && self.network.is_quantized() {
                ranges::measure(self.network, &self.samples.inputs)?;
            }
            let precision =
                if state.epoch < first_quantized { Precision::Real } else { Precision::Quantized };
            let order = self.order(count, state.epoch);
            for (index, batch) in order.chunks(self.recipe.batch).enumerate() {
                let step = state.epoch * batches + index;
                let loss = self.step(batch, precision, step, steps, &mut state)?;
                watcher.step(Progress { step: step + 1, steps, epoch: state.epoch, loss });
            }
            state.epoch += 1;
            watcher.epoch(self.network, &state)?;
        }
        Ok(())
    }

    fn zero_moments(&self) -> Result<Vec<[Tensor; 2]>> {
        self.variables.iter().map(|v| Ok([v.zeros_like()?, v.zeros_like()?])).collect()
    }

    /// The order of the samples in an epoch.
    fn order(&self, count: usize, epoch: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count as u32).collect();
        fastrand::Rng::with_seed(self.recipe.seed.wrapping_add(epoch as u64)).shuffle(&mut order);
        order
    }

    /// One step; returns the weighted mean loss.
    fn step(
        &mut self,
        batch: &[u32],
        precision: Precision,
        step: usize,
        steps: usize,
        state: &mut State,
    ) -> Result<f64> {
        // Two parts of a batch and all levels are independent: the gradients of a step are a sum over them.
        let halves = batch.chunks(batch.len().div_ceil(2));
        let levels = 0..self.network.levels.len();
        let tasks: Vec<(usize, &[u32])> =
            levels.rev().flat_map(|level| halves.clone().map(move |half| (level, half))).collect();
        let this = &*self;
        let parts: Result<Vec<(f64, GradStore)>> =
            tasks.par_iter().map(|(level, part)| this.part(*level, part, batch.len(), precision)).collect();
        let parts = parts?;
        let rate = self.recipe.rate * cosine(step, steps);
        for (variable, moments) in self.variables.iter().zip(&mut state.moments) {
            let mut gradient: Option<Tensor> = None;
            for part in parts.iter().filter_map(|(_, gradients)| gradients.get(variable)) {
                gradient = Some(gradient.map_or_else(|| Ok(part.clone()), |sum| sum + part)?);
            }
            if let Some(gradient) = gradient {
                adam(variable, &gradient, moments, rate, step + 1)?;
            }
        }
        Ok(parts.iter().map(|(loss, _)| loss).sum())
    }

    /// Loss and gradients of one level on a part of a batch of `count` samples.
    fn part(
        &self,
        level: usize,
        part: &[u32],
        count: usize,
        precision: Precision,
    ) -> Result<(f64, GradStore)> {
        let indices = Tensor::new(part, &Device::Cpu)?;
        let inputs = self.samples.inputs.index_select(&indices, 0)?;
        let logits = self.network.forward(level, &inputs, precision, &mut |_, _| Ok(()))?;
        let share = self.level_weights[level] * part.len() as f64 / count as f64;
        let loss = (self.loss(&logits, part, &indices)? * share)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), loss.backward()?))
    }

    fn loss(&self, logits: &Tensor, part: &[u32], indices: &Tensor) -> Result<Tensor> {
        let labels = self.samples.labels.as_ref().map(|labels| {
            let labels: Vec<u32> = part.iter().map(|&sample| labels[sample as usize]).collect();
            let labels = Tensor::from_vec(labels, (part.len(), 1), &Device::Cpu)?;
            log_softmax(logits)?.gather(&labels, 1)?.neg()?.mean_all()
        });
        let answers = self.answers.as_ref().map(|answers| {
            let cool = 1.0 / self.recipe.temperature;
            let teacher = log_softmax(&(answers.index_select(indices, 0)? * cool)?)?;
            let student = log_softmax(&(logits * cool)?)?;
            let divergence = (teacher.exp()? * (teacher - student)?)?.sum(D::Minus1)?.mean_all()?;
            divergence * self.recipe.temperature.powi(2)
        });
        let share = self.recipe.distillation;
        match (labels, answers) {
            (Some(labels), Some(answers)) => (labels? * (1.0 - share))? + (answers? * share)?,
            (Some(loss), None) | (None, Some(loss)) => loss,
            (None, None) => Err(candle_core::Error::Msg("there is nothing to learn".into())),
        }
    }
}

/// The logits of a level for all samples, `[n, classes]`.
pub(super) fn logits(
    network: &Network,
    level: usize,
    inputs: &Tensor,
    precision: Precision,
) -> Result<Tensor> {
    const TOGETHER: usize = 64;
    let count = inputs.dim(0)?;
    let starts: Vec<usize> = (0..count).step_by(TOGETHER).collect();
    let of = |&start: &usize| {
        let batch = inputs.narrow(0, start, TOGETHER.min(count - start))?;
        Ok(network.forward(level, &batch, precision, &mut |_, _| Ok(()))?.detach())
    };
    let parts: Result<Vec<Tensor>> = starts.par_iter().map(of).collect();
    Tensor::cat(&parts?, 0)
}

/// The share of samples whose largest logit is that of their label.
pub fn accuracy(
    network: &Network,
    level: usize,
    samples: &Samples,
    precision: Precision,
) -> Result<Option<f64>> {
    let Some(labels) = &samples.labels else { return Ok(None) };
    let found = logits(network, level, &samples.inputs, precision)?.argmax(D::Minus1)?.to_vec1::<u32>()?;
    let right = found.iter().zip(labels).filter(|(found, label)| found == label).count();
    Ok(Some(right as f64 / labels.len().max(1) as f64))
}

/// By level: the square root of its share of the weights, normalised to a sum of 1.
fn shares(network: &Network) -> Vec<f64> {
    let weights = |level: &Level| {
        let graph = level.module.entry();
        let elements =
            |&position: &usize| graph.nodes[position].input(1).map_or(0, |id| graph.ty(id).elements());
        (network.layers.keys().map(elements).sum::<usize>() as f64).sqrt()
    };
    let all: Vec<f64> = network.levels.iter().map(weights).collect();
    let sum: f64 = all.iter().sum();
    all.into_iter().map(|weight| weight / sum.max(f64::MIN_POSITIVE)).collect()
}

/// One step of Adam (Kingma and Ba, 2015, algorithm 1); `step` counts from 1.
fn adam(variable: &Var, gradient: &Tensor, moments: &mut [Tensor; 2], rate: f64, step: usize) -> Result<()> {
    const DECAY: [f64; 2] = [0.9, 0.999];
    let gradient = gradient.detach();
    moments[0] = ((&moments[0] * DECAY[0])? + (&gradient * (1.0 - DECAY[0]))?)?;
    moments[1] = ((&moments[1] * DECAY[1])? + (gradient.sqr()? * (1.0 - DECAY[1]))?)?;
    let unbiased = |index: usize| &moments[index] / (1.0 - DECAY[index].powi(step as i32));
    let update = (unbiased(0)? / (unbiased(1)?.sqrt()? + 1e-8)?)?;
    variable.set(&(variable.as_tensor().detach() - (update * rate)?)?)
}

/// From 1 at the first step to 0 behind the last one.
fn cosine(step: usize, steps: usize) -> f64 {
    (1.0 + (std::f64::consts::PI * step as f64 / steps.max(1) as f64).cos()) / 2.0
}

fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?;
    shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
}
