//! Targets as data: what a core can do and what its memories are.

use std::sync::LazyLock;

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

/// The files of the targets that come with the compiler.
const BUILTIN: &[&str] = &[
    include_str!("../targets/generic.toml"),
    include_str!("../targets/cortex-m0.toml"),
    include_str!("../targets/cortex-m0plus.toml"),
    include_str!("../targets/cortex-m3.toml"),
    include_str!("../targets/cortex-m4.toml"),
    include_str!("../targets/cortex-m7.toml"),
    include_str!("../targets/cortex-m33.toml"),
    include_str!("../targets/cortex-m55.toml"),
    include_str!("../targets/cortex-m85.toml"),
    include_str!("../targets/riscv32.toml"),
    include_str!("../targets/host.toml"),
];

static TARGETS: LazyLock<Vec<Target>> =
    LazyLock::new(|| BUILTIN.iter().filter_map(|text| Target::from_toml(text).ok()).collect());

impl Target {
    /// The targets that come with the compiler, `generic` first.
    pub fn builtin() -> &'static [Target] {
        &TARGETS
    }

    /// The built-in target of that name.
    pub fn named(name: &str) -> Option<&'static Target> {
        Target::builtin().iter().find(|target| target.name == name)
    }

    /// Reads a target file.
    pub fn from_toml(text: &str) -> Result<Target, toml::de::Error> {
        toml::from_str(text)
    }

    /// Whether generated code may use `feature`.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_files_are_valid_and_named_after_their_target() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let target = Target::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(path.file_stem().unwrap().to_str(), Some(target.name.as_str()));
            assert_eq!(Target::named(&target.name), Some(&target));
        }
        assert_eq!(Target::builtin().len(), BUILTIN.len());
        assert_eq!(Target::builtin()[0].name, "generic");
    }
}
