//! Fitting the constants of a board to measured latencies.
//!
//! One constant, cycles per instruction, from four measurements on; a second one, cycles per byte of constants, from
//! eight on if it makes predictions of models that were left out better. No more: constants that do not predict are noise.

use super::board::{Board, Cycles};
use redsc_passes::cost::Cost;

/// One measured model.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The model's name.
    pub model: String,
    /// What it executes, predicted.
    pub cost: Cost,
    /// Bytes of its constants.
    pub constant_bytes: f64,
    /// Measured cycles, without the factor of the clock.
    pub cycles: f64,
    /// Measured energy of a cycle in nanojoules.
    pub nj_per_cycle: Option<f64>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// The board with its new constants.
    pub board: Board,
    /// For each measurement, how far it is off when it is left out of the fit, in percent.
    pub errors: Vec<f64>,
}

/// Finds constants; `None` if the measurements contradict each other.
type Fit = fn(&[&Measured]) -> Option<Cycles>;

/// Measurements for each constant.
const PER_CONSTANT: usize = 4;

/// Fits the constants of `board`.
///
/// # Errors
/// If there are too few measurements, or if they contradict each other.
pub fn calibrate(board: &Board, measured: &[Measured]) -> Result<Calibration, String> {
    if measured.len() < PER_CONSTANT {
        return Err(format!(
            "{} measurements are too few for one constant: {PER_CONSTANT} are needed",
            measured.len()
        ));
    }
    let mut fits: Vec<Fit> = vec![one];
    if measured.len() >= 2 * PER_CONSTANT {
        fits.push(two);
    }
    let tried = fits.into_iter().filter_map(|fit| Some((fit, left_out(board, measured, fit)?)));
    let best = tried.min_by(|a, b| rms(&a.1).total_cmp(&rms(&b.1)));
    let (fit, errors) = best.ok_or("the measurements contradict each other")?;
    let all: Vec<&Measured> = measured.iter().collect();
    let cycles = fit(&all).ok_or("the measurements contradict each other")?;
    let energies: Vec<f64> = measured.iter().filter_map(|m| m.nj_per_cycle).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let nj_per_cycle = if energies.is_empty() { board.nj_per_cycle } else { Some(mean(&energies)) };
    let error_percent = rms(&errors);
    Ok(Calibration { board: Board { cycles, nj_per_cycle, error_percent, ..board.clone() }, errors })
}

/// Root mean square.
pub fn rms(errors: &[f64]) -> f64 {
    (errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64).sqrt()
}

/// The error of each measurement when the others are fitted.
fn left_out(board: &Board, measured: &[Measured], fit: Fit) -> Option<Vec<f64>> {
    let without = |index: usize| {
        let others = measured.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, m)| m);
        let cycles = fit(&others.collect::<Vec<_>>())?;
        let fitted = Board { cycles, ..board.clone() };
        let this = &measured[index];
        Some(100.0 * (fitted.cycles(&this.cost, this.constant_bytes) / this.cycles - 1.0))
    };
    (0..measured.len()).map(without).collect()
}

/// Least squares of relative errors, cycles per instruction alone.
fn one(measured: &[&Measured]) -> Option<Cycles> {
    let ratios = measured.iter().map(|m| m.cost.instructions / m.cycles);
    let (sum, squares) = ratios.fold((0.0, 0.0), |(sum, squares), r| (sum + r, squares + r * r));
    let instruction = sum / squares;
    instruction.is_finite().then(|| cycles(instruction, 0.0))
}

/// The same with cycles per byte of constants.
fn two(measured: &[&Measured]) -> Option<Cycles> {
    let [mut aa, mut ab, mut bb, mut a, mut b] = [0.0; 5];
    for m in measured {
        let (x, y) = (m.cost.instructions / m.cycles, m.constant_bytes / m.cycles);
        (aa, ab, bb, a, b) = (aa + x * x, ab + x * y, bb + y * y, a + x, b + y);
    }
    let determinant = aa * bb - ab * ab;
    let (instruction, byte) = ((a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant);
    (instruction > 0.0 && byte >= 0.0 && byte.is_finite()).then(|| cycles(instruction, byte))
}

fn cycles(instruction: f64, constant_byte: f64) -> Cycles {
    Cycles { instruction, load: 0.0, store: 0.0, multiply: 0.0, constant_byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::from_toml("name = \"b\"\ntarget = \"cortex-m4\"\n[cycles]\ninstruction = 1.0\n").unwrap()
    }

    fn measured(count: usize, cycles: impl Fn(f64, f64) -> f64) -> Vec<Measured> {
        let one = |index: usize| {
            let (instructions, constant_bytes) = (1e6 * (index + 1) as f64, 1e4 * (index * index % 7) as f64);
            Measured {
                model: format!("m{index}"),
                cost: Cost { instructions, ..Cost::default() },
                constant_bytes,
                cycles: cycles(instructions, constant_bytes),
                nj_per_cycle: None,
            }
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn known_constants_are_found() {
        let one = calibrate(&board(), &measured(5, |i, _| 1.3 * i)).unwrap();
        assert!((one.board.cycles.instruction - 1.3).abs() < 1e-9);
        let two = calibrate(&board(), &measured(9, |i, b| 1.2 * i + 5.0 * b)).unwrap();
        assert!((two.board.cycles.instruction - 1.2).abs() < 1e-9);
        assert!((two.board.cycles.constant_byte - 5.0).abs() < 1e-9);
        assert!(rms(&two.errors) < 1e-6);
    }

    #[test]
    fn too_few_measurements_are_refused() {
        assert!(calibrate(&board(), &measured(3, |i, _| i)).unwrap_err().contains("too few"));
        let four = calibrate(&board(), &measured(7, |i, b| i + 5.0 * b)).unwrap();
        assert_eq!(four.board.cycles.constant_byte, 0.0);
    }
}
