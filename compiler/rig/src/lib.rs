//! Programs in C on emulated Cortex-M cores and on the host: build them, run them, count their instructions.
//!
//! Tests run generated code this way, and `redsc profile` measures kernels. The C sources and linker scripts around a
//! program lie in `rig/c`; they are part of this crate and unpacked where a program is built.

use std::path::{Path, PathBuf};

pub mod cc;
pub mod qemu;
pub mod tools;

/// The C sources and linker scripts by name.
const SOURCES: &[(&str, &str)] = &[
    ("rig.h", include_str!("../c/rig.h")),
    ("counter.c", include_str!("../c/counter.c")),
    ("host.c", include_str!("../c/host.c")),
    ("plugin.c", include_str!("../c/plugin.c")),
    ("profile.c", include_str!("../c/profile.c")),
    ("report.c", include_str!("../c/report.c")),
    ("run_model.c", include_str!("../c/run_model.c")),
    ("semihost.c", include_str!("../c/semihost.c")),
    ("startup.c", include_str!("../c/startup.c")),
    ("ld/m0.ld", include_str!("../c/ld/m0.ld")),
    ("ld/m33.ld", include_str!("../c/ld/m33.ld")),
    ("ld/m55.ld", include_str!("../c/ld/m55.ld")),
    ("ld/mps2.ld", include_str!("../c/ld/mps2.ld")),
    ("ld/sections.ld", include_str!("../c/ld/sections.ld")),
];

/// Where [`unpack`] puts the sources of a program that is built in `dir`.
pub fn sources(dir: &Path) -> PathBuf {
    dir.join("rig")
}

/// Writes the sources into a folder of `dir`; the folder.
///
/// # Errors
/// If that cannot be written.
pub fn unpack(dir: &Path) -> Result<PathBuf, String> {
    let folder = sources(dir);
    std::fs::create_dir_all(folder.join("ld")).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (name, text) in SOURCES {
        tools::write(&folder.join(name), text.as_bytes())?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_is_forgotten() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("c");
        for folder in [root.clone(), root.join("ld")] {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                assert!(path.is_dir() || SOURCES.iter().any(|(known, _)| *known == name), "{name}");
            }
        }
    }
}
