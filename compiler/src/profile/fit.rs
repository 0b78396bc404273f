//! Fitting laws to counts.

use std::collections::BTreeMap;

use redsc_passes::cost::{Law, Units};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::svd::SVDDecomposable;

use super::Point;

/// The laws of the points of one kernel, one for each variant, by name. Every fourth point of a variant is kept back to
/// check the law.
///
/// # Errors
/// If the equations have no solution.
pub fn laws(points: &[Point]) -> Result<BTreeMap<String, Law>, String> {
    let mut variants: BTreeMap<String, Vec<&Point>> = BTreeMap::new();
    for point in points {
        variants.entry(point.features.law(point.kernel)).or_default().push(point);
    }
    variants.into_iter().map(|(name, points)| Ok((name, law(&points)?))).collect()
}

/// The points that a predictor is fitted to, and those that are kept back.
pub fn split<'a>(points: &[&'a Point]) -> (Vec<&'a Point>, Vec<&'a Point>) {
    let (mut train, mut check) = (Vec::new(), Vec::new());
    for (index, point) in points.iter().enumerate() {
        let of_train =
            |name: &str| train.iter().any(|other: &&Point| other.features.counts().any(|(n, _)| n == name));
        // What is seen for the first time has to be learnt.
        let is_new = point.features.counts().any(|(name, _)| !of_train(name));
        if index % 4 == 3 && !is_new { check.push(*point) } else { train.push(*point) }
    }
    (train, check)
}

fn law(points: &[&Point]) -> Result<Law, String> {
    let (train, check) = split(points);
    let units = robust_units(&train)?;
    let errors: Vec<f64> = check.iter().map(|point| error(point, &units)).collect();
    let spread = points.iter().map(|point| point.spread()).fold(0.0, f64::max);
    Ok(Law {
        shapes: train.len(),
        mean_error: errors.iter().sum::<f64>() / errors.len().max(1) as f64,
        worst_error: errors.iter().copied().fold(0.0, f64::max),
        spread,
        units,
    })
}

/// The error of the predicted number of instructions of a point in percent.
pub fn error(point: &Point, units: &BTreeMap<String, Units>) -> f64 {
    let counted = point.mean()[0];
    let known = |(name, count): (&str, f64)| units.get(name).map_or(0.0, |unit| unit[0] * count);
    let predicted: f64 = point.features.counts().map(known).sum();
    100.0 * (predicted - counted).abs() / counted
}

/// How many times points that are far off are left out.
const ROUNDS: usize = 3;
/// A point is far off if its error is so many times the median error, and at least so many percent.
const FAR: (f64, f64) = (5.0, 15.0);

/// Least squares of relative errors, without points that the compiler treated differently from most others, as long as
/// enough of them remain.
fn robust_units(points: &[&Point]) -> Result<BTreeMap<String, Units>, String> {
    let all = units(points)?;
    let mut fitted = all.clone();
    for _ in 0..ROUNDS {
        let errors: Vec<f64> = points.iter().map(|point| error(point, &fitted)).collect();
        let mut sorted = errors.clone();
        sorted.sort_by(f64::total_cmp);
        let median = if sorted.is_empty() { 0.0 } else { sorted[sorted.len() / 2] };
        let bound = (FAR.0 * median).max(FAR.1);
        let near: Vec<&Point> = points
            .iter()
            .zip(&errors)
            .filter(|(_, error)| **error <= bound)
            .map(|(point, _)| *point)
            .collect();
        if near.len() < points.len() * 3 / 4 {
            break;
        }
        // A feature that only occurs in points that are left out keeps its first value.
        let mut next = all.clone();
        next.extend(units(&near)?);
        fitted = next;
    }
    Ok(fitted)
}

/// Least squares of relative errors.
fn units(points: &[&Point]) -> Result<BTreeMap<String, Units>, String> {
    let mut names: Vec<&'static str> =
        points.iter().flat_map(|p| p.features.counts().map(|(n, _)| n)).collect();
    names.sort_unstable();
    names.dedup();
    let mut units: BTreeMap<String, Units> = names.iter().map(|name| ((*name).into(), [0.0; 4])).collect();
    for class in 0..4 {
        let solution = solve(points, &names, class)?;
        for (name, value) in names.iter().zip(solution) {
            if let Some(unit) = units.get_mut(*name) {
                unit[class] = value;
            }
        }
    }
    Ok(units)
}

/// The cost in one class of each feature: `A x = b`, each equation divided by the count of the point.
fn solve(points: &[&Point], names: &[&'static str], class: usize) -> Result<Vec<f64>, String> {
    let weights: Vec<f64> = points.iter().map(|point| 1.0 / point.mean()[class].max(1.0)).collect();
    let mut scales = vec![0.0f64; names.len()];
    let mut rows = vec![vec![0.0; names.len()]; points.len()];
    for ((row, point), weight) in rows.iter_mut().zip(points).zip(&weights) {
        for (name, count) in point.features.counts() {
            if let Ok(column) = names.binary_search(&name) {
                row[column] = count * weight;
                scales[column] = scales[column].max(row[column]);
            }
        }
    }
    for row in &mut rows {
        row.iter_mut().zip(&scales).for_each(|(cell, scale)| *cell /= scale);
    }
    while rows.len() < names.len() {
        rows.push(vec![0.0; names.len()]); // fewer points than features: the smallest solution is as good as any
    }
    let mut targets: Vec<f64> = points.iter().zip(&weights).map(|(p, w)| p.mean()[class] * w).collect();
    targets.resize(rows.len(), 0.0);
    let matrix = DenseMatrix::from_2d_vec(&rows).map_err(|e| e.to_string())?;
    let targets = targets.into_iter().map(|t| vec![t]).collect::<Vec<_>>();
    let targets = DenseMatrix::from_2d_vec(&targets).map_err(|e| e.to_string())?;
    let solution = matrix.svd_solve_mut(targets).map_err(|e| e.to_string())?;
    Ok(scales.iter().enumerate().map(|(i, scale)| solution.get((i, 0)) / scale).collect())
}
