//! Pooling.

use redsc_ir::ops::{
    Accumulate, Activation, BinaryKind, CompareKind, DepthwiseConv2d, Pool2d, PoolKind, ReduceKind,
    ScatterKind, UnaryKind,
};
use redsc_ir::{ElemType, ValueId};

use super::super::builder::strides;
use super::super::call::Call;
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::super::math::least;
use super::conv::{Window, channels_first, channels_last};
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("MaxPool", 1..=ON, 1..=1, max_pool),
    row("AveragePool", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = average(c, x)?;
        one(y)
    }),
    row("LpPool", 2..=ON, 1..=1, lp_pool),
    row("GlobalAveragePool", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = global(c, x, ReduceKind::Mean)?;
        one(y)
    }),
    row("GlobalMaxPool", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = global(c, x, ReduceKind::Max)?;
        one(y)
    }),
    row("GlobalLpPool", 2..=ON, 1..=1, |c| {
        let (x, p) = (c.operand(0)?, c.int("p", 2));
        let powers = norm_powers(c, x, p)?;
        let sum = global(c, powers, ReduceKind::Sum)?;
        let y = norm_root(c, sum, p)?;
        one(y)
    }),
    row("MaxUnpool", 9..=ON, 2..=3, max_unpool),
];

pub(super) fn global(c: &mut Call, x: ValueId, kind: ReduceKind) -> Outcome<ValueId> {
    let axes: Vec<usize> = (2..c.rank(x)).collect();
    c.reduce(kind, x, &axes, true)
}

/// The window, with as much padding at the end as the rounding mode asks for, and the extents of the result.
fn window(c: &Call, x: ValueId) -> Outcome<(Window, Vec<usize>)> {
    let kernel = c.ints("kernel_shape").ok_or_else(|| damaged("the attribute `kernel_shape` is missing"))?;
    let shape = c.shape(x);
    let kernel: Option<Vec<usize>> =
        kernel.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n > 0)).collect();
    let kernel = kernel.filter(|kernel| kernel.len() + 2 == shape.len());
    let kernel = kernel.ok_or_else(|| form("`kernel_shape` does not fit the operand"))?;
    let mut window = Window::read(c, kernel, &shape[2..])?;
    let ceil = c.int("ceil_mode", 0) != 0;
    let mut output = Vec::new();
    for i in 0..window.kernel.len() {
        let padded = shape[i + 2] + window.before[i] + window.after[i];
        let room =
            padded.checked_sub(window.reach(i)).ok_or_else(|| form("the window is larger than the input"))?;
        let mut steps = if ceil { room.div_ceil(window.stride[i]) } else { room / window.stride[i] };
        // A window must not begin in the padding at the end.
        if ceil && steps * window.stride[i] >= shape[i + 2] + window.before[i] {
            steps -= 1;
        }
        let needed = steps * window.stride[i] + window.reach(i);
        window.after[i] += needed.saturating_sub(padded);
        output.push(steps + 1);
    }
    Ok((window, output))
}

/// Maximum, and if asked for where it was.
fn max_pool(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let (window, output) = window(c, x)?;
    if c.results > 1 {
        return with_indices(c, x, &window, &output);
    }
    let plain = window.dilation.iter().all(|&d| d == 1);
    let narrow = (0..window.kernel.len())
        .all(|i| window.before[i] < window.kernel[i] && window.after[i] < window.kernel[i]);
    let y = if plain && narrow && c.elem(x) == ElemType::F32 {
        pool_pairs(c, x, &window, PoolKind::Max)?
    } else {
        max_of_taps(c, x, &window, &output)?
    };
    one(y)
}

/// Pools images two dimensions at a time: extremes of extremes are extremes.
fn pool_pairs(c: &mut Call, x: ValueId, window: &Window, kind: PoolKind) -> Outcome<ValueId> {
    let shape = c.shape(x);
    let (n, channels) = (shape[0], shape[1]);
    match window.kernel.len() {
        1 => {
            let image = c.reshape(x, &[n, channels, 1, shape[2]])?;
            let y = pool_image(c, image, &window.as_image(), kind)?;
            let pooled = c.shape(y);
            c.reshape(y, &[n, channels, pooled[3]])
        }
        2 => pool_image(c, x, window, kind),
        3 => {
            let layers = c.reshape(x, &[n, channels * shape[2], shape[3], shape[4]])?;
            let y = pool_image(c, layers, &part(window, 1..3), kind)?;
            let [_, _, height, width] = c.shape(y)[..] else { return Err(form("no image")) };
            let columns = c.reshape(y, &[n, channels, shape[2], height * width])?;
            let mut along = part(window, 0..1);
            along.kernel.push(1);
            along.stride.push(1);
            along.dilation.push(1);
            along.before.push(0);
            along.after.push(0);
            let y = pool_image(c, columns, &along, kind)?;
            let depth = c.shape(y)[2];
            c.reshape(y, &[n, channels, depth, height, width])
        }
        dims => Err(form(format!("pooling over {dims} dimensions is not supported"))),
    }
}

fn part(window: &Window, range: std::ops::Range<usize>) -> Window {
    Window {
        kernel: window.kernel[range.clone()].to_vec(),
        stride: window.stride[range.clone()].to_vec(),
        dilation: window.dilation[range.clone()].to_vec(),
        before: window.before[range.clone()].to_vec(),
        after: window.after[range].to_vec(),
    }
}

fn pool_image(c: &mut Call, x: ValueId, window: &Window, kind: PoolKind) -> Outcome<ValueId> {
    let x = channels_last(c, x)?;
    let (filter, stride) = ([window.kernel[0], window.kernel[1]], [window.stride[0], window.stride[1]]);
    let y =
        c.emit(Pool2d { kind, padding: window.padding(), filter, stride, act: Activation::None }, &[x])?;
    channels_first(c, y)
}

/// All taps of a window as tensors of the result's shape; cells around the operand hold `filler`.
fn taps(c: &mut Call, x: ValueId, window: &Window, output: &[usize], filler: f64) -> Outcome<Vec<ValueId>> {
    const MOST: usize = 1024;
    let with = |cells: &[usize]| [&[0, 0], cells].concat();
    let padded = c.pad(x, &with(&window.before), &with(&window.after), filler)?;
    let mut parts = vec![padded];
    for (i, &extent) in output.iter().enumerate() {
        if parts.len() * window.kernel[i] > MOST {
            return Err(form("so large a window is not supported in this form"));
        }
        let mut next = Vec::new();
        for part in parts {
            for tap in 0..window.kernel[i] {
                next.push(c.stride(
                    part,
                    i + 2,
                    tap * window.dilation[i],
                    extent,
                    window.stride[i] as i64,
                )?);
            }
        }
        parts = next;
    }
    Ok(parts)
}

fn max_of_taps(c: &mut Call, x: ValueId, window: &Window, output: &[usize]) -> Outcome<ValueId> {
    let elem = c.elem(x);
    let x = c.widened(x)?;
    let parts = taps(c, x, window, output, least(elem))?;
    let mut best = parts[0];
    for &part in &parts[1..] {
        best = c.maximum(best, part)?;
    }
    c.cast(best, elem)
}

/// The position of the first maximum in the flattened operand.
fn with_indices(c: &mut Call, x: ValueId, window: &Window, output: &[usize]) -> Outcome<Vec<Item>> {
    let elem = c.elem(x);
    let shape = c.shape(x);
    let wide = c.widened(x)?;
    let values = taps(c, wide, window, output, least(elem))?;
    let mut steps = strides(&shape);
    if c.int("storage_order", 0) == 1 {
        // Column major within an image.
        let mut step = 1;
        for axis in 2..shape.len() {
            steps[axis] = step;
            step *= shape[axis];
        }
    }
    let places = c.tabulate(ElemType::I32, &shape, |index| {
        index.iter().zip(&steps).map(|(i, s)| i * s).sum::<usize>() as i32
    })?;
    let places = taps(c, places, window, output, 0.0)?;
    let (mut best, mut at) = (values[0], places[0]);
    for (&value, &place) in values[1..].iter().zip(&places[1..]) {
        let better = c.compare(CompareKind::Greater, value, best)?;
        best = c.select(better, value, best)?;
        at = c.select(better, place, at)?;
    }
    let best = c.cast(best, elem)?;
    let at = c.cast(at, ElemType::I64)?;
    Ok(vec![best.into(), at.into()])
}

/// Mean; padding counts or not.
pub(super) fn average(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let given = {
        let (window, _) = window(c, x)?;
        (window.before.clone(), window.after.clone())
    };
    let (window, output) = window(c, x)?;
    let shape = c.shape(x);
    let counts_padding = c.int("count_include_pad", 0) != 0;
    let plain = window.dilation.iter().all(|&d| d == 1);
    let narrow = (0..window.kernel.len())
        .all(|i| window.before[i] < window.kernel[i] && window.after[i] < window.kernel[i]);
    let padded = given.0.iter().chain(&given.1).any(|&cells| cells > 0);
    if plain && narrow && (!counts_padding || !padded) {
        return pool_pairs(c, x, &window, PoolKind::Average);
    }
    // How many cells count: those of the operand, or those up to the declared padding too.
    let declared = declared_padding(c, window.kernel.len());
    let counted = |i: usize, o: usize| {
        let hits = |&tap: &usize| {
            let at = (o * window.stride[i] + tap * window.dilation[i]) as i64 - window.before[i] as i64;
            let (low, high) = if counts_padding {
                (-(window.before[i] as i64), (shape[i + 2] + declared[i].unwrap_or(window.after[i])) as i64)
            } else {
                (0, shape[i + 2] as i64)
            };
            (low..high).contains(&at)
        };
        (0..window.kernel[i]).filter(hits).count()
    };
    let counts: Vec<Vec<usize>> =
        (0..output.len()).map(|i| (0..output[i]).map(|o| counted(i, o)).collect()).collect();
    let sum = window_sum(c, x, &window, &output)?;
    let divisor = c.tabulated(&output, |index| {
        index.iter().enumerate().map(|(i, &o)| counts[i][o] as f32).product::<f32>()
    })?;
    c.div(sum, divisor)
}

/// The padding after each dimension that the node declares, without what the rounding mode adds.
fn declared_padding(c: &Call, dims: usize) -> Vec<Option<usize>> {
    let explicit = !c.has("auto_pad") || c.word("auto_pad", "NOTSET") == "NOTSET";
    let pads = c.ints("pads").filter(|pads| pads.len() == 2 * dims && explicit);
    let cells = |i: usize| pads.map_or(0, |pads| usize::try_from(pads[dims + i]).unwrap_or(0));
    (0..dims).map(|i| explicit.then(|| cells(i))).collect()
}

/// Sums over windows: a depthwise convolution with ones.
fn window_sum(c: &mut Call, x: ValueId, window: &Window, output: &[usize]) -> Outcome<ValueId> {
    if window.kernel.len() > 2 {
        let parts = taps(c, x, window, output, 0.0)?;
        let mut sum = parts[0];
        for &part in &parts[1..] {
            sum = c.add(sum, part)?;
        }
        return Ok(sum);
    }
    let shape = c.shape(x);
    let image = super::conv::as_image(c, x)?;
    let window = window.as_image();
    let channels = shape[1];
    let ones = c.filled(ElemType::F32, &[1, window.kernel[0], window.kernel[1], channels], 1.0)?;
    let image = channels_last(c, image)?;
    let op = DepthwiseConv2d {
        padding: window.padding(),
        stride: [window.stride[0], window.stride[1]],
        dilation: [window.dilation[0], window.dilation[1]],
        act: Activation::None,
        accumulate: Accumulate::Centered,
    };
    let sum = c.emit(op, &[image, ones])?;
    let sum = channels_first(c, sum)?;
    c.reshape(sum, &[&shape[..2], output].concat())
}

fn lp_pool(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, p) = (c.operand(0)?, c.int("p", 2));
    let (window, output) = window(c, x)?;
    let powers = norm_powers(c, x, p)?;
    let sum = window_sum(c, powers, &window, &output)?;
    let y = norm_root(c, sum, p)?;
    one(y)
}

/// `|x|^p`
pub(super) fn norm_powers(c: &mut Call, x: ValueId, p: i64) -> Outcome<ValueId> {
    match p {
        1 => c.unary(UnaryKind::Abs, x),
        2 => c.mul(x, x),
        p => {
            let magnitude = c.unary(UnaryKind::Abs, x)?;
            c.with(BinaryKind::Power, magnitude, p as f64)
        }
    }
}

/// The `p`-th root.
pub(super) fn norm_root(c: &mut Call, x: ValueId, p: i64) -> Outcome<ValueId> {
    match p {
        1 => Ok(x),
        2 => c.unary(UnaryKind::Sqrt, x),
        p => c.with(BinaryKind::Power, x, 1.0 / p as f64),
    }
}

/// Elements back where they came from, zeros elsewhere.
fn max_unpool(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices) = (c.operand(0)?, c.operand(1)?);
    let shape = c.shape(x);
    let kernel = c.ints("kernel_shape").ok_or_else(|| damaged("the attribute `kernel_shape` is missing"))?;
    let strides_of = c.ints("strides").map_or_else(|| vec![1; kernel.len()], <[i64]>::to_vec);
    let pads = c.ints("pads").map_or_else(|| vec![0; 2 * kernel.len()], <[i64]>::to_vec);
    if kernel.len() + 2 != shape.len() || strides_of.len() != kernel.len() || pads.len() != 2 * kernel.len() {
        return Err(form("`kernel_shape`, `strides` and `pads` do not fit the operand"));
    }
    let natural = |i: usize| {
        let extent = (shape[i + 2] as i64 - 1) * strides_of[i] - pads[i] - pads[kernel.len() + i] + kernel[i];
        usize::try_from(extent).map_err(|_| form("the padding leaves nothing"))
    };
    let spatial = (0..kernel.len()).map(natural).collect::<Outcome<Vec<_>>>()?;
    let small = [&shape[..2], &spatial].concat();
    let wanted = match c.optional_integers(2, "the shape")? {
        Some(wanted) => super::super::call::extents(&wanted, "the shape")?,
        None => small.clone(),
    };
    let count: usize = wanted.iter().product();
    let elem = c.elem(x);
    let empty = c.filled(elem, &[count], 0.0)?;
    let elements = c.ty(x).elements();
    let (x, at) = (c.reshape(x, &[elements])?, c.reshape(indices, &[elements])?);
    let flat = c.scatter(ScatterKind::Set, empty, at, x)?;
    let y = c.reshape(flat, &wanted)?;
    one(y)
}
