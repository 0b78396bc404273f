//! What other engines need for the same models, as measured by others: a CSV file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::golden;

/// One measurement of TensorFlow Lite Micro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Instructions per inference.
    pub instructions: u64,
    /// Flash without the model file.
    pub code: u64,
    /// The model file.
    pub model: u64,
    /// The part of the arena that is used.
    pub arena: u64,
    /// Static RAM besides the arena.
    pub bss: u64,
}

/// Measurements by (model, CPU, kernels, optimisation), e.g. (`…`, `cortex-m4`, `cmsis`, `O2`).
#[derive(Debug, Default)]
pub struct Baseline(HashMap<[String; 4], Row>);

const COLUMNS: [&str; 9] =
    ["model", "cpu", "kernels", "opt", "insns", "flash_code", "flash_model", "ram_arena", "ram_bss"];

impl Baseline {
    /// The file in the shared folder, if it is there.
    pub fn default_path() -> Option<PathBuf> {
        Some(golden::shared()?.join("baseline/tflm_baseline.csv")).filter(|path| path.is_file())
    }

    /// Reads the file in the shared folder; empty where it is absent.
    ///
    /// # Errors
    /// If the file is there but not readable.
    pub fn shared() -> Result<Self, String> {
        Baseline::default_path().map_or(Ok(Baseline::default()), |path| Baseline::read(&path))
    }

    /// Reads a CSV file with the columns `model,cpu,kernels,opt,insns,flash_code,flash_model,ram_arena,ram_bss`, in any
    /// order. Rows without numbers (failed measurements) are left out.
    ///
    /// # Errors
    /// If the file cannot be read or lacks a column.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Baseline::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        let header = lines.next().ok_or("empty file")?;
        let position = |column: &&str| {
            header.iter().position(|name| name == column).ok_or_else(|| format!("no column `{column}`"))
        };
        let positions = COLUMNS.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let row = |cells: Vec<&str>| {
            let cell = |column: usize| cells.get(positions[column]).copied();
            let number = |column: usize| cell(column)?.parse().ok();
            let key = [cell(0)?, cell(1)?, cell(2)?, cell(3)?].map(str::to_owned);
            let (instructions, code, model) = (number(4)?, number(5)?, number(6)?);
            Some((key, Row { instructions, code, model, arena: number(7)?, bss: number(8)? }))
        };
        Ok(Baseline(lines.filter_map(row).collect()))
    }

    /// One measurement.
    pub fn get(&self, model: &str, cpu: &str, kernels: &str, opt: &str) -> Option<&Row> {
        self.0.get(&[model, cpu, kernels, opt].map(str::to_owned))
    }

    /// The smallest arena that TFLM needs for a model on a CPU, over all its kernels.
    pub fn smallest_arena(&self, model: &str, cpu: &str) -> Option<u64> {
        let rows = self.0.iter().filter(|(key, _)| key[0] == model && key[1] == cpu);
        rows.map(|(_, row)| row.arena).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_four_keys() {
        let text = "cpu,model,kernels,opt,insns,flash_code,flash_model,ram_arena,ram_bss,crc\n\
                    m4,a,ref,O2,10,20,30,40,50,x\n\
                    m4,a,cmsis,O2,5,60,30,44,50,x\n\
                    m4,b,cmsis,O2,,,,,,x\n";
        let baseline = Baseline::parse(text).unwrap();
        let row = Row { instructions: 5, code: 60, model: 30, arena: 44, bss: 50 };
        assert_eq!(baseline.get("a", "m4", "cmsis", "O2"), Some(&row));
        assert_eq!(baseline.smallest_arena("a", "m4"), Some(40));
        assert_eq!(baseline.get("b", "m4", "cmsis", "O2"), None);
    }

    #[test]
    fn a_missing_column_is_named() {
        assert_eq!(Baseline::parse("model,cpu\n").unwrap_err(), "no column `kernels`");
    }
}
