//! Targets as data: what a core can do and what its memories are.

use serde::Deserialize;

/// What a core can do, how its compiler is called, what its memories are. Read from `targets/*.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The name on the command line, e.g. `cortex-m4`.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// What generated code may use.
    #[serde(default)]
    pub features: Vec<Feature>,
    /// Flags with which GCC compiles for this core, e.g. `-mcpu=cortex-m4`.
    #[serde(default)]
    pub cflags: Vec<String>,
}

/// An instruction set extension that kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Arm SIMD on 32-bit registers: `SMLAD`, `SXTB16`, `SSAT`.
    Dsp,
    /// Arm M-profile vector extension for integers (Helium).
    Mve,
    /// Arm M-profile vector extension for floating point.
    MveFloat,
    /// Single-precision floating point in hardware.
    Fpu,
}

impl Target {
    /// Reads a target file.
    pub fn from_toml(text: &str) -> Result<Target, toml::de::Error> {
        toml::from_str(text)
    }

    /// Whether generated code may use `feature`.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}
