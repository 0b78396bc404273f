//! What a predictor reaches that does not know the kernels: multiplications times a constant, and a random forest over
//! shapes as nn-Meter (Zhang et al., MobiSys 2021, section 4) trains one per kernel. Both see the same measurements as
//! the law; all are judged by the same shapes, which none of them has seen.

use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Point, fit};
use redsc_passes::cost::Law;

/// Errors of one predictor on shapes that it has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Root of the mean squared relative error, in percent.
    pub rmspe: f64,
    /// Percentage of shapes that are off by at most 5 %.
    pub within_5: f64,
    /// Percentage of shapes that are off by at most 10 %.
    pub within_10: f64,
}

impl Score {
    /// The score of relative errors in percent.
    pub fn of(errors: &[f64]) -> Score {
        let count = errors.len().max(1) as f64;
        let within = |bound: f64| 100.0 * errors.iter().filter(|e| e.abs() <= bound).count() as f64 / count;
        let mean_square = errors.iter().map(|e| e * e).sum::<f64>() / count;
        Score { rmspe: mean_square.sqrt(), within_5: within(5.0), within_10: within(10.0) }
    }
}

/// Scores of law, multiplications and forest, in this order, for the points of one law.
///
/// # Errors
/// If the forest cannot be grown.
pub fn scores(points: &[&Point], law: &Law) -> Result<[Score; 3], String> {
    let (train, check) = fit::split(points);
    if train.is_empty() || check.is_empty() {
        return Err("there are too few shapes".into());
    }
    let by_law: Vec<f64> = check.iter().map(|point| fit::error(point, &law.units)).collect();
    let factor = macs_factor(&train);
    let by_macs: Vec<f64> = check.iter().map(|point| relative(point, factor * point.macs)).collect();
    Ok([Score::of(&by_law), Score::of(&by_macs), Score::of(&by_forest(&train, &check)?)])
}

fn relative(point: &Point, predicted: f64) -> f64 {
    100.0 * (predicted / point.mean()[0] - 1.0)
}

/// Least squares of relative errors.
fn macs_factor(points: &[&Point]) -> f64 {
    let ratios = points.iter().map(|point| point.macs / point.mean()[0]);
    let (sum, squares) = ratios.fold((0.0, 0.0), |(sum, squares), r| (sum + r, squares + r * r));
    if squares > 0.0 { sum / squares } else { 0.0 }
}

/// A forest of nn-Meter's size; it learns logarithms, so that small layers count as much as large ones.
fn by_forest(train: &[&Point], check: &[&Point]) -> Result<Vec<f64>, String> {
    let width = train.iter().chain(check).map(|point| point.extents.len()).max().unwrap_or(0) + 1;
    let matrix = |points: &[&Point]| {
        let row = |point: &&Point| {
            let mut row = point.extents.clone();
            row.resize(width - 1, 0.0);
            row.push(point.macs);
            row
        };
        DenseMatrix::from_2d_vec(&points.iter().map(row).collect::<Vec<_>>()).map_err(|e| e.to_string())
    };
    let counted: Vec<f64> = train.iter().map(|point| point.mean()[0].max(1.0).ln()).collect();
    let parameters = RandomForestRegressorParameters::default().with_n_trees(100).with_seed(10);
    let forest =
        RandomForestRegressor::fit(&matrix(train)?, &counted, parameters).map_err(|e| e.to_string())?;
    let predicted: Vec<f64> = forest.predict(&matrix(check)?).map_err(|e| e.to_string())?;
    Ok(check.iter().zip(predicted).map(|(point, log)| relative(point, log.exp())).collect())
}
