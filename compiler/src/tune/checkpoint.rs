//! Training that was interrupted goes on where the last epoch ended: all variables, moments and grids in one file.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Result, Tensor, safetensors};

use super::network::Network;
use super::train::State;

/// Writes a checkpoint; the file appears when it is complete.
pub(super) fn save(path: &Path, network: &Network, state: &State) -> Result<()> {
    let mut tensors = HashMap::new();
    for (index, variable) in network.variables().iter().enumerate() {
        tensors.insert(format!("variable{index}"), variable.as_tensor().detach());
    }
    for (index, [first, second]) in state.moments.iter().enumerate() {
        tensors.insert(format!("first{index}"), first.clone());
        tensors.insert(format!("second{index}"), second.clone());
    }
    let numbers =
        network.grids.iter().map(|grid| grid.map_or([0.0; 2], |grid| [grid.scale, grid.zero_point]));
    let numbers: Vec<f32> = numbers.flatten().collect();
    let count = numbers.len();
    tensors.insert("grids".into(), Tensor::from_vec(numbers, count, &Device::Cpu)?);
    tensors.insert("epoch".into(), Tensor::new(state.epoch as f32, &Device::Cpu)?);
    let partial = path.with_extension("partial");
    safetensors::save(&tensors, &partial)?;
    std::fs::rename(&partial, path).map_err(candle_core::Error::wrap)
}

/// Reads a checkpoint into the network it was made from.
///
/// # Errors
/// If the file cannot be read or belongs to another network.
pub(super) fn load(path: &Path, network: &mut Network) -> Result<State> {
    let tensors = safetensors::load(path, &Device::Cpu)?;
    let get = |name: String| {
        tensors.get(&name).ok_or_else(|| candle_core::Error::Msg(format!("there is no `{name}`")))
    };
    let mut moments = Vec::new();
    for (index, variable) in network.variables().iter().enumerate() {
        let saved = get(format!("variable{index}"))?;
        if saved.shape() != variable.shape() {
            return Err(candle_core::Error::Msg("it belongs to another network".into()));
        }
        variable.set(saved)?;
        moments.push([get(format!("first{index}"))?.clone(), get(format!("second{index}"))?.clone()]);
    }
    let numbers = get("grids".into())?.to_vec1::<f32>()?;
    for (grid, numbers) in network.grids.iter_mut().zip(numbers.chunks_exact(2)) {
        if let Some(grid) = grid {
            (grid.scale, grid.zero_point) = (numbers[0], numbers[1]);
        }
    }
    Ok(State { epoch: get("epoch".into())?.to_scalar::<f32>()? as usize, moments })
}
