//! Changes of size: linear maps along each dimension, so matrices made when the model is read.

use redsc_ir::ops::{Resize2d, ResizeKind};
use redsc_ir::{ElemType, ValueId};

use super::super::call::{Call, axis, extents};
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::conv::{channels_first, channels_last};
use super::linear::layer;
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Resize", 10..=10, 2..=2, upsample),
    row("Resize", 11..=ON, 1..=4, resize),
    row("Upsample", 7..=9, 1..=2, upsample),
];

/// One dimension that changes.
struct Dim {
    axis: usize,
    from: usize,
    to: usize,
    scale: f64,
    /// Region of interest, as fractions.
    region: (f64, f64),
}

/// How samples are taken.
struct Mode {
    kind: String,
    coordinates: String,
    nearest: String,
    cubic: f64,
    exclude_outside: bool,
    antialias: bool,
    extrapolation: f64,
}

impl Mode {
    fn read(c: &Call) -> Mode {
        Mode {
            kind: c.word("mode", "nearest"),
            coordinates: c.word("coordinate_transformation_mode", "half_pixel"),
            nearest: c.word("nearest_mode", "round_prefer_floor"),
            cubic: c.float("cubic_coeff_a", -0.75).into(),
            exclude_outside: c.int("exclude_outside", 0) != 0,
            antialias: c.int("antialias", 0) != 0,
            extrapolation: c.float("extrapolation_value", 0.0).into(),
        }
    }
}

/// Before opset 11: scales alone, coordinates divided by them.
fn upsample(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let scales = match c.numbers("scales") {
        Some(scales) => scales.to_vec(),
        None => c.known_floats(1, "the scales")?,
    };
    let shape = c.shape(x);
    let dims = by_scales(&shape, &(0..shape.len()).collect::<Vec<_>>(), &scales)?;
    let kind = match c.word("mode", "nearest").as_str() {
        "bilinear" => "linear".to_owned(),
        other => other.to_owned(),
    };
    let mode = Mode {
        kind,
        coordinates: "asymmetric".into(),
        nearest: "floor".into(),
        cubic: -0.75,
        exclude_outside: false,
        antialias: false,
        extrapolation: 0.0,
    };
    let y = resized(c, x, &dims, &mode)?;
    one(y)
}

fn by_scales(shape: &[usize], axes: &[usize], scales: &[f32]) -> Outcome<Vec<Dim>> {
    if scales.len() != axes.len() {
        return Err(form(format!("{} scales for {} dimensions", scales.len(), axes.len())));
    }
    let dim = |(&axis, &scale): (&usize, &f32)| {
        let to = (shape[axis] as f64 * f64::from(scale)).floor();
        if !(0.0..1e9).contains(&to) {
            return Err(form(format!("a scale is {scale}")));
        }
        Ok(Dim { axis, from: shape[axis], to: to as usize, scale: scale.into(), region: (0.0, 1.0) })
    };
    axes.iter().zip(scales).map(dim).collect()
}

fn resize(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let chosen = match c.ints("axes") {
        Some(listed) => listed.iter().map(|&index| axis(index, shape.len())).collect::<Outcome<Vec<_>>>()?,
        None => (0..shape.len()).collect(),
    };
    let scales = match c.optional(2)? {
        Some(_) => Some(c.known_floats(2, "the scales")?).filter(|scales| !scales.is_empty()),
        None => None,
    };
    let mode = Mode::read(c);
    let mut dims = match (scales, c.optional_integers(3, "the sizes")?) {
        (Some(scales), _) => by_scales(&shape, &chosen, &scales)?,
        (None, Some(sizes)) => by_sizes(c, &shape, &chosen, &extents(&sizes, "the sizes")?)?,
        (None, None) => return Err(form("neither scales nor sizes are given")),
    };
    if mode.coordinates == "tf_crop_and_resize" {
        let region = c.known_floats(1, "the region")?;
        for (i, dim) in dims.iter_mut().enumerate() {
            let at = |i: usize| region.get(i).map_or(0.0, |&v| f64::from(v));
            dim.region = (at(i), at(i + chosen.len()));
        }
    }
    let y = resized(c, x, &dims, &mode)?;
    one(y)
}

fn by_sizes(c: &Call, shape: &[usize], axes: &[usize], sizes: &[usize]) -> Outcome<Vec<Dim>> {
    if sizes.len() != axes.len() {
        return Err(form(format!("{} sizes for {} dimensions", sizes.len(), axes.len())));
    }
    let ratios: Vec<f64> =
        axes.iter().zip(sizes).map(|(&axis, &to)| to as f64 / shape[axis] as f64).collect();
    let common = match c.word("keep_aspect_ratio_policy", "stretch").as_str() {
        "not_larger" => ratios.iter().copied().reduce(f64::min),
        "not_smaller" => ratios.iter().copied().reduce(f64::max),
        _ => None,
    };
    let dim = |((&axis, &to), &ratio): ((&usize, &usize), &f64)| {
        let (to, scale) = match common {
            Some(common) => ((common * shape[axis] as f64).round() as usize, common),
            None => (to, ratio),
        };
        Dim { axis, from: shape[axis], to, scale, region: (0.0, 1.0) }
    };
    Ok(axes.iter().zip(sizes).zip(&ratios).map(dim).collect())
}

fn resized(c: &mut Call, x: ValueId, dims: &[Dim], mode: &Mode) -> Outcome<ValueId> {
    let crops = mode.coordinates == "tf_crop_and_resize";
    let changed: Vec<&Dim> =
        dims.iter().filter(|dim| dim.from != dim.to || dim.scale != 1.0 || crops).collect();
    let elem = c.elem(x);
    if let Some(y) = as_image(c, x, &changed, mode)? {
        return Ok(y);
    }
    let mut y = if mode.kind == "nearest" { x } else { c.cast(x, ElemType::F32)? };
    let mut outside: Option<ValueId> = None;
    for dim in &changed {
        y = if mode.kind == "nearest" { nearest(c, y, dim, mode)? } else { weighted(c, y, dim, mode)? };
        if crops {
            let cells: Vec<f32> = (0..dim.to)
                .map(|i| f32::from(!(0.0..=(dim.from - 1) as f64).contains(&source(dim, mode, i))))
                .collect();
            let mut shape = vec![1; c.rank(x)];
            shape[dim.axis] = dim.to;
            let cells = c.f32s(&shape, &cells);
            let cells = c.cast(cells, ElemType::Bool)?;
            outside = Some(match outside {
                Some(so_far) => c.binary(redsc_ir::ops::BinaryKind::BitOr, so_far, cells)?,
                None => cells,
            });
        }
    }
    if let Some(outside) = outside {
        let elem = c.elem(y);
        let filler = c.scalar(elem, mode.extrapolation)?;
        y = c.select(outside, filler, y)?;
    }
    c.cast(y, elem)
}

/// The common case has an operator of its own: bilinear images whose samples sit in the middle of their cells.
fn as_image(c: &mut Call, x: ValueId, changed: &[&Dim], mode: &Mode) -> Outcome<Option<ValueId>> {
    let spatial = c.rank(x) == 4 && changed.iter().all(|dim| dim.axis >= 2) && !changed.is_empty();
    let exact = changed.iter().all(|dim| dim.to as f64 == dim.from as f64 * dim.scale);
    let (align_corners, half_pixel_centers) = match mode.coordinates.as_str() {
        "half_pixel" => (false, true),
        "align_corners" => (true, false),
        "asymmetric" => (false, false),
        _ => return Ok(None),
    };
    if mode.kind != "linear" || mode.antialias || !spatial || !exact || c.elem(x) != ElemType::F32 {
        return Ok(None);
    }
    let shape = c.shape(x);
    let to = |axis: usize| changed.iter().find(|dim| dim.axis == axis).map_or(shape[axis], |dim| dim.to);
    let size = [to(2), to(3)];
    if size.contains(&0) {
        return Ok(None);
    }
    let image = channels_last(c, x)?;
    let y =
        c.emit(Resize2d { kind: ResizeKind::Bilinear, size, align_corners, half_pixel_centers }, &[image])?;
    channels_first(c, y).map(Some)
}

/// Where a sample of the result lies in the operand.
fn source(dim: &Dim, mode: &Mode, i: usize) -> f64 {
    let (x, from, to) = (i as f64, dim.from as f64, dim.to as f64);
    match mode.coordinates.as_str() {
        "align_corners" if dim.to > 1 => x * (from - 1.0) / (to - 1.0),
        "align_corners" => 0.0,
        "asymmetric" => x / dim.scale,
        "pytorch_half_pixel" if dim.to > 1 => (x + 0.5) / dim.scale - 0.5,
        "pytorch_half_pixel" => 0.0,
        "tf_half_pixel_for_nn" => (x + 0.5) / dim.scale,
        "half_pixel_symmetric" => {
            let adjustment = to / (dim.scale * from);
            let center = from / 2.0;
            center * (1.0 - adjustment) + (x + 0.5) / dim.scale - 0.5
        }
        "tf_crop_and_resize" => {
            let (start, end) = dim.region;
            if dim.to > 1 {
                start * (from - 1.0) + x * (end - start) * (from - 1.0) / (to - 1.0)
            } else {
                0.5 * (start + end) * (from - 1.0)
            }
        }
        _ => (x + 0.5) / dim.scale - 0.5,
    }
}

fn nearest(c: &mut Call, x: ValueId, dim: &Dim, mode: &Mode) -> Outcome<ValueId> {
    let pick = |i: usize| {
        let at = source(dim, mode, i);
        let chosen = match mode.nearest.as_str() {
            "floor" => at.floor(),
            "ceil" => at.ceil(),
            "round_prefer_ceil" => (at + 0.5).floor(),
            _ => (at - 0.5).ceil(),
        };
        chosen.clamp(0.0, (dim.from.max(1) - 1) as f64) as i32
    };
    let picks: Vec<i32> = (0..dim.to).map(pick).collect();
    let indices = c.constant(ElemType::I32, &[dim.to], &picks);
    c.gather(x, indices, dim.axis)
}

/// A matrix with the weights of the operand's cells for each sample.
fn weighted(c: &mut Call, x: ValueId, dim: &Dim, mode: &Mode) -> Outcome<ValueId> {
    let rows: Vec<f32> = (0..dim.to).flat_map(|i| weights(dim, mode, i)).collect();
    c.charge(8 * rows.len() as u64)?;
    let matrix = c.f32s(&[dim.to, dim.from], &rows);
    let last = c.rank(x) - 1;
    let moved = c.swap_axes(x, dim.axis, last)?;
    let y = layer(c, moved, matrix, None)?;
    c.swap_axes(y, dim.axis, last)
}

fn weights(dim: &Dim, mode: &Mode, i: usize) -> Vec<f32> {
    let at = source(dim, mode, i);
    let is_cubic = mode.kind == "cubic";
    // Shrinking widens the kernel, so that every cell counts.
    let stretch = if mode.antialias { dim.scale.min(1.0) } else { 1.0 };
    let kernel = |distance: f64| {
        if is_cubic {
            cubic(distance * stretch, mode.cubic)
        } else {
            (1.0 - (distance * stretch).abs()).max(0.0)
        }
    };
    let reach = (if is_cubic { 2.0 } else { 1.0 } / stretch).ceil() as i64 + 1;
    let base = at.floor() as i64;
    let mut row = vec![0.0f64; dim.from];
    let last = dim.from as i64 - 1;
    for cell in base - reach..=base + reach {
        let weight = kernel(at - cell as f64);
        if mode.exclude_outside && !(0..=last).contains(&cell) {
            continue;
        }
        row[cell.clamp(0, last) as usize] += weight;
    }
    let total: f64 = row.iter().sum();
    let norm = if mode.exclude_outside || mode.antialias { total } else { 1.0 };
    row.iter().map(|weight| (weight / norm) as f32).collect()
}

/// Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 8 with a free coefficient.
fn cubic(distance: f64, a: f64) -> f64 {
    let d = distance.abs();
    if d <= 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
    } else {
        0.0
    }
}
