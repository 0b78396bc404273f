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
    /// What memories there are. If none is named, everything goes where the linker puts it.
    #[serde(default, rename = "memory")]
    pub memories: Vec<Memory>,
}

/// A memory of a target.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Part of C names: small letters, digits and underscores.
    pub name: String,
    /// What it is for.
    pub kind: MemoryKind,
    /// Bytes that the network may use.
    pub bytes: usize,
    /// What an access costs, compared with the other memories of the same kind.
    #[serde(default = "one")]
    pub cost: u32,
    /// The linker section that lies there; the compiler's usual one if absent.
    #[serde(default)]
    pub section: Option<String>,
}

/// What a memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryKind {
    /// Values, scratch memory and state.
    Ram,
    /// Constants.
    Flash,
}

fn one() -> u32 {
    1
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
    ///
    /// # Errors
    /// If it is not TOML of the right form, or if its memories cannot be told apart.
    pub fn from_toml(text: &str) -> Result<Target, toml::de::Error> {
        let target: Target = toml::from_str(text)?;
        target.check_memories().map_err(serde::de::Error::custom)?;
        Ok(target)
    }

    /// The memories of a kind, cheapest first.
    pub fn memories(&self, kind: MemoryKind) -> Vec<&Memory> {
        let mut memories: Vec<&Memory> = self.memories.iter().filter(|memory| memory.kind == kind).collect();
        memories.sort_by_key(|memory| memory.cost);
        memories
    }

    fn check_memories(&self) -> Result<(), String> {
        for (index, memory) in self.memories.iter().enumerate() {
            let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let starts_well = memory.name.starts_with(|c: char| c.is_ascii_lowercase());
            if !starts_well || !memory.name.chars().all(is_word) {
                return Err(format!(
                    "`{}` is no name of a memory: use small letters, digits and _",
                    memory.name
                ));
            }
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._$-".contains(c);
            if memory
                .section
                .as_ref()
                .is_some_and(|section| section.is_empty() || !section.chars().all(is_plain))
            {
                return Err(format!("the section of memory `{}` is no section name", memory.name));
            }
            for other in &self.memories[..index] {
                if other.name == memory.name {
                    return Err(format!("there are two memories `{}`", memory.name));
                }
                if other.section.is_some() && other.section == memory.section {
                    return Err(format!("memories `{}` and `{}` share a section", other.name, memory.name));
                }
            }
        }
        Ok(())
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
