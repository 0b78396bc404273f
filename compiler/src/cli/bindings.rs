//! `--shape` and `--input-value`: what the user says about the inputs of a model.

use std::path::Path;

use clap::Args;
use redsc_ir::TensorType;

use crate::error::{Failure, Result};
use crate::frontend::Bindings;
use crate::{io, npy};

/// What the user says about inputs.
#[derive(Debug, Args)]
pub struct BindingArgs {
    /// Shape of an input, or extent of a symbolic dimension, such as image=1x3x32x32 or batch=1; repeat for each.
    #[arg(long, value_name = "NAME=SHAPE", value_parser = parse_shape)]
    shape: Vec<(String, Vec<usize>)>,
    /// Make an input the constant in an .npy file, such as axes=axes.npy; repeat for each.
    #[arg(long, value_name = "NAME=FILE.npy", value_parser = parse_pair)]
    input_value: Vec<(String, String)>,
}

impl BindingArgs {
    /// The bindings, with the contents of the files.
    pub fn read(&self) -> Result<Bindings> {
        let mut bindings = Bindings { shapes: self.shape.iter().cloned().collect(), ..Bindings::default() };
        for (name, file) in &self.input_value {
            let path = Path::new(file);
            let array = npy::decode(&io::read(path)?, path)?;
            let ty = TensorType::plain(array.elem, array.shape);
            if bindings.values.insert(name.clone(), (ty, array.data)).is_some() {
                let message = format!("--input-value {name} is given twice");
                return Err(Failure::new("E0513", message, "", "give each input once"));
            }
        }
        Ok(bindings)
    }
}

fn parse_pair(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    Ok((name.into(), value.into()))
}

/// `image=1x3x32x32`; a scalar has nothing behind the sign.
fn parse_shape(text: &str) -> std::result::Result<(String, Vec<usize>), String> {
    let (name, shape) = parse_pair(text)?;
    let parts = shape.split(['x', ',']).filter(|part| !part.is_empty());
    let extents: std::result::Result<Vec<usize>, _> = parts.map(str::parse).collect();
    let extents = extents.map_err(|_| format!("`{shape}` is no shape such as 1x3x32x32"))?;
    Ok((name, extents))
}
