//! What one turn of each loop costs: the files `passes/laws/TARGET.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use redsc_ir::Target;
use redsc_ir::kernels::Kernel;
use serde::Deserialize;

use super::{Cost, CostError, Features};

/// What one turn of a loop costs: instructions, loads, stores, multiplications.
pub type Units = [f64; 4];

/// The laws of one target.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Laws {
    /// The target that they were measured on.
    pub target: String,
    /// The compiler and its flags.
    pub compiler: String,
    /// One law for each variant of a kernel: `redsc_sum`, or `redsc_sum.i8` where variants differ.
    pub laws: BTreeMap<String, Law>,
}

/// The law of one variant of a kernel.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Number of shapes that it was fitted to.
    pub shapes: usize,
    /// Mean error in percent, on shapes that it was not fitted to.
    pub mean_error: f64,
    /// Largest error in percent, on shapes that it was not fitted to.
    pub worst_error: f64,
    /// By which fraction data may change the number of instructions, down and up.
    #[serde(default)]
    pub spread: f64,
    /// The cost of each feature.
    pub units: BTreeMap<String, Units>,
}

/// The laws that come with the compiler.
const BUILTIN: &[&str] =
    &[include_str!("../../laws/cortex-m4.toml"), include_str!("../../laws/cortex-m55.toml")];

static LAWS: LazyLock<Vec<Laws>> =
    LazyLock::new(|| BUILTIN.iter().filter_map(|text| Laws::from_toml(text).ok()).collect());

impl Laws {
    /// Reads a file of laws.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_toml(text: &str) -> Result<Laws, toml::de::Error> {
        toml::from_str(text)
    }

    /// All laws that come with the compiler.
    pub fn builtin() -> &'static [Laws] {
        &LAWS
    }

    /// The laws of a target: those of its own name, or of the target whose code it runs.
    ///
    /// # Errors
    /// If there are none.
    pub fn of(target: &Target) -> Result<&'static Laws, CostError> {
        let name = match target.name.as_str() {
            "cortex-m0plus" => "cortex-m0",
            "cortex-m85" => "cortex-m55",
            name => name,
        };
        let found = Laws::builtin().iter().find(|laws| laws.target == name);
        found.ok_or_else(|| {
            CostError::from(format!("there are no cost laws for the target `{}`", target.name))
        })
    }

    /// The cost of a kernel whose loops turn as often as `features` says.
    ///
    /// # Errors
    /// If there is no law for the kernel, or if it does not know a feature.
    pub fn cost(&self, kernel: Kernel, features: &Features) -> Result<Cost, CostError> {
        let name = features.law(kernel);
        let law = self.laws.get(&name).ok_or_else(|| {
            CostError::from(format!("there is no cost law for the kernel `{name}` on `{}`", self.target))
        })?;
        let mut sums = [0.0; 4];
        for (feature, count) in features.counts() {
            let units = law.units.get(feature).ok_or_else(|| {
                CostError::from(format!("the cost law of `{name}` on `{}` lacks `{feature}`", self.target))
            })?;
            sums.iter_mut().zip(units).for_each(|(sum, unit)| *sum += count * unit);
        }
        let [instructions, loads, stores, multiplies] = sums.map(|sum| sum.max(0.0));
        let off = law.spread + law.worst_error / 100.0;
        let (least, most) = (instructions * (1.0 - off).max(0.0), instructions * (1.0 + off));
        Ok(Cost { instructions, loads, stores, multiplies, least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_laws_are_valid() {
        let parse = |text: &&str| Laws::from_toml(text).unwrap().target;
        let targets: Vec<String> = BUILTIN.iter().map(parse).collect();
        assert!(targets.iter().all(|name| Target::named(name).is_some()), "{targets:?}");
    }
}
