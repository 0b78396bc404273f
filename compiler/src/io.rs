//! The only file of the project that reads and writes the disk.

use std::path::{Path, PathBuf};

use crate::error::{Failure, Result};

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| {
        Failure::new(
            "E0501",
            format!("cannot read {}: {}", path.display(), e.kind()),
            "",
            "check the path and its permissions",
        )
    })
}

/// The files of a directory, by name.
pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let failure = |e: std::io::Error| {
        let message = format!("cannot read {}: {}", path.display(), e.kind());
        Failure::new("E0501", message, "", "check the path and its permissions")
    };
    let entries = std::fs::read_dir(path).map_err(failure)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(failure)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Creates a directory and its parents.
pub fn create_dir(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|e| write_failure(path, &e))
}

/// Writes all files or none: each is written beside its destination first and renamed when all are complete.
pub fn write_all(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let mut staged = Vec::new();
    for (path, bytes) in files {
        staged.push((stage(path, bytes)?, path));
    }
    for (file, path) in staged {
        file.persist(path).map_err(|e| write_failure(path, &e.error))?;
    }
    Ok(())
}

/// Writes `bytes` to a temporary file in the directory of `path`, readable as a file made by any other program.
fn stage(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(parent).map_err(|e| write_failure(path, &e))?;
    std::fs::write(file.path(), bytes).map_err(|e| write_failure(path, &e))?;
    Ok(file)
}

fn write_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        "E0502",
        format!("cannot write {}: {}", path.display(), error.kind()),
        "",
        "check that the directory exists and is writable",
    )
}
