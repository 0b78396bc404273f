//! Convolutions: of images, lines (images of one row) and volumes (sums of convolutions of their layers).

use redsc_ir::ops::{Accumulate, Activation, Conv2d, DepthwiseConv2d, Padding, TransposeConv2d};
use redsc_ir::{ElemType, Op, ValueId};

use super::super::call::Call;
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::linear::{EXACT_DEPTH, centered};
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Conv", 1..=ON, 2..=3, |c| {
        let (x, w, bias) = (c.operand(0)?, c.operand(1)?, c.optional(2)?);
        let y = conv(c, x, w, bias)?;
        one(y)
    }),
    row("ConvInteger", 10..=ON, 2..=4, conv_integer),
    row("ConvTranspose", 1..=ON, 2..=3, conv_transpose),
];

/// What windows have in common, one entry for each spatial dimension.
pub(super) struct Window {
    pub(super) kernel: Vec<usize>,
    pub(super) stride: Vec<usize>,
    pub(super) dilation: Vec<usize>,
    pub(super) before: Vec<usize>,
    pub(super) after: Vec<usize>,
}

impl Window {
    /// Reads the attributes; `kernel` and `input` are the spatial extents of filter and operand.
    pub(super) fn read(c: &Call, kernel: Vec<usize>, input: &[usize]) -> Outcome<Window> {
        let dims = kernel.len();
        let list = |name: &str| -> Outcome<Vec<usize>> {
            let given = c.ints(name).filter(|list| !list.is_empty()).map(<[i64]>::to_vec);
            let given = given.unwrap_or_else(|| vec![1; dims]);
            let positive = |&n: &i64| usize::try_from(n).ok().filter(|&n| n > 0);
            let numbers: Option<Vec<usize>> = given.iter().map(positive).collect();
            numbers.filter(|n| n.len() == dims).ok_or_else(|| damaged(format!("`{name}` is {given:?}")))
        };
        let (stride, dilation) = (list("strides")?, list("dilations")?);
        let mut window = Window { kernel, stride, dilation, before: vec![0; dims], after: vec![0; dims] };
        match c.word("auto_pad", "NOTSET").as_str() {
            "SAME_UPPER" => window.pad_same(input, true),
            "SAME_LOWER" => window.pad_same(input, false),
            "VALID" => {}
            _ => window.read_pads(c)?,
        }
        Ok(window)
    }

    fn read_pads(&mut self, c: &Call) -> Outcome {
        let dims = self.kernel.len();
        let Some(pads) = c.ints("pads").filter(|pads| !pads.is_empty()) else { return Ok(()) };
        let cells: Option<Vec<usize>> = pads.iter().map(|&n| usize::try_from(n).ok()).collect();
        let cells = cells.filter(|cells| cells.len() == 2 * dims);
        let cells = cells.ok_or_else(|| form(format!("`pads` is {pads:?}")))?;
        (self.before, self.after) = (cells[..dims].to_vec(), cells[dims..].to_vec());
        Ok(())
    }

    fn pad_same(&mut self, input: &[usize], more_after: bool) {
        for (i, &extent) in input.iter().enumerate().take(self.kernel.len()) {
            let reach = self.reach(i);
            let steps = extent.div_ceil(self.stride[i]).max(1) - 1;
            let total = (steps * self.stride[i] + reach).saturating_sub(extent);
            let (less, more) = (total / 2, total - total / 2);
            (self.before[i], self.after[i]) = if more_after { (less, more) } else { (more, less) };
        }
    }

    /// Cells from the first to the last tap of a dimension.
    pub(super) fn reach(&self, i: usize) -> usize {
        (self.kernel[i].max(1) - 1).saturating_mul(self.dilation[i]).saturating_add(1)
    }

    /// Drops the first dimension, for the layers of a volume.
    fn inner(&self) -> Window {
        Window {
            kernel: self.kernel[1..].to_vec(),
            stride: self.stride[1..].to_vec(),
            dilation: self.dilation[1..].to_vec(),
            before: self.before[1..].to_vec(),
            after: self.after[1..].to_vec(),
        }
    }

    /// A line as an image of one row.
    pub(super) fn as_image(&self) -> Window {
        let with = |value: usize, list: &[usize]| [&[value], list].concat();
        if self.kernel.len() >= 2 {
            return Window {
                kernel: self.kernel.clone(),
                stride: self.stride.clone(),
                dilation: self.dilation.clone(),
                before: self.before.clone(),
                after: self.after.clone(),
            };
        }
        Window {
            kernel: with(1, &self.kernel),
            stride: with(1, &self.stride),
            dilation: with(1, &self.dilation),
            before: with(0, &self.before),
            after: with(0, &self.after),
        }
    }

    /// The padding of an image.
    pub(super) fn padding(&self) -> Padding {
        Padding { top: self.before[0], bottom: self.after[0], left: self.before[1], right: self.after[1] }
    }
}

/// `[batch, channels, length]` as an image of one row.
pub(super) fn as_image(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    match c.shape(x)[..] {
        [a, b, length] => c.reshape(x, &[a, b, 1, length]),
        _ => Ok(x),
    }
}

/// Images with channels last.
pub(super) fn channels_last(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    c.transpose(x, &[0, 2, 3, 1])
}

/// Images with channels first.
pub(super) fn channels_first(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    c.transpose(x, &[0, 3, 1, 2])
}

fn groups(c: &Call) -> Outcome<usize> {
    usize::try_from(c.int("group", 1))
        .ok()
        .filter(|&g| g > 0)
        .ok_or_else(|| damaged("`group` is not positive"))
}

/// `(x, w, bias?)` with channels first.
pub(super) fn conv(c: &mut Call, x: ValueId, w: ValueId, bias: Option<ValueId>) -> Outcome<ValueId> {
    let (input, weights) = (c.shape(x), c.shape(w));
    if input.len() != weights.len() || !(3..=5).contains(&input.len()) {
        return Err(form(format!("{} and {} dimensions of input and weights", input.len(), weights.len())));
    }
    let window = Window::read(c, weights[2..].to_vec(), &input[2..])?;
    let groups = groups(c)?;
    match input.len() {
        3 => {
            let (x, w) = (as_image(c, x)?, as_image(c, w)?);
            let y = image_conv(c, x, w, bias, &window.as_image(), groups)?;
            let shape = c.shape(y);
            c.reshape(y, &[shape[0], shape[1], shape[3]])
        }
        4 => image_conv(c, x, w, bias, &window, groups),
        _ => volume_conv(c, x, w, bias, &window, groups),
    }
}

fn image_conv(
    c: &mut Call,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    window: &Window,
    groups: usize,
) -> Outcome<ValueId> {
    let (channels, outputs) = (c.shape(x)[1], c.shape(w)[0]);
    let depthwise = groups == channels && groups > 1 && outputs % channels == 0;
    let x = channels_last(c, x)?;
    let (padding, stride) = (window.padding(), [window.stride[0], window.stride[1]]);
    let dilation = [window.dilation[0], window.dilation[1]];
    let (act, accumulate) = (Activation::None, Accumulate::Centered);
    let (op, w): (Op, ValueId) = if depthwise {
        (
            DepthwiseConv2d { padding, stride, dilation, act, accumulate }.into(),
            c.transpose(w, &[1, 2, 3, 0])?,
        )
    } else {
        (Conv2d { padding, stride, dilation, act, accumulate }.into(), channels_last(c, w)?)
    };
    let mut inputs = vec![x, w];
    inputs.extend(bias);
    let y = c.emit(op, &inputs)?;
    channels_first(c, y)
}

/// A volume is a batch of layers; each tap of the filter's depth is a convolution of all of them.
fn volume_conv(
    c: &mut Call,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    window: &Window,
    groups: usize,
) -> Outcome<ValueId> {
    let (mut before, mut after) = (vec![0; 5], vec![0; 5]);
    (before[2], after[2]) = (window.before[0], window.after[0]);
    let x = c.pad(x, &before, &after, 0.0)?;
    let [batch, channels, depth, height, width] =
        <[usize; 5]>::try_from(c.shape(x)).map_err(|_| form("no volume"))?;
    let layers =
        depth.checked_sub(window.reach(0)).ok_or_else(|| form("the window is larger than the input"))?
            / window.stride[0]
            + 1;
    let x = c.transpose(x, &[0, 2, 1, 3, 4])?;
    let inner = window.inner();
    let mut sum = None;
    for tap in 0..window.kernel[0] {
        let part = c.stride(x, 1, tap * window.dilation[0], layers, window.stride[0] as i64)?;
        let images = c.reshape(part, &[batch * layers, channels, height, width])?;
        let filter = c.index(w, 2, tap)?;
        let bias = bias.filter(|_| tap == 0);
        let y = image_conv(c, images, filter, bias, &inner, groups)?;
        sum = Some(match sum {
            Some(sum) => c.add(sum, y)?,
            None => y,
        });
    }
    let y = sum.ok_or_else(|| form("the filter is empty"))?;
    let shape = c.shape(y);
    let y = c.reshape(y, &[batch, layers, shape[1], shape[2], shape[3]])?;
    c.transpose(y, &[0, 2, 1, 3, 4])
}

/// Exact in single precision: input channels are taken in groups whose sums stay exact.
fn conv_integer(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, w) = (c.operand(0)?, c.operand(1)?);
    let (x_zero, w_zero) = (c.optional(2)?, c.optional(3)?);
    let rank = c.rank(w);
    let x = centered(c, x, x_zero, 0)?;
    let w = centered(c, w, w_zero, rank.saturating_sub(1))?;
    let weights = c.shape(w);
    let taps: usize = weights[2..].iter().product();
    let per_part = EXACT_DEPTH / taps.max(1);
    if weights[1] <= per_part || per_part == 0 || groups(c)? != 1 {
        if weights[1] * taps > EXACT_DEPTH {
            return Err(form("sums of so many products are not supported"));
        }
        let y = conv(c, x, w, None)?;
        let y = c.cast(y, ElemType::I32)?;
        return one(y);
    }
    let mut sum = None;
    let mut begin = 0;
    while begin < weights[1] {
        let count = per_part.min(weights[1] - begin);
        let (left, right) = (c.narrow(x, 1, begin, count)?, c.narrow(w, 1, begin, count)?);
        let part = conv(c, left, right, None)?;
        let part = c.cast(part, ElemType::I32)?;
        sum = Some(match sum {
            Some(sum) => c.add(sum, part)?,
            None => part,
        });
        begin += count;
    }
    one(sum.ok_or_else(|| form("there are no channels"))?)
}

/// `(x, w, bias?)` with weights `[inputs, outputs / groups, …]`.
fn conv_transpose(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, w, bias) = (c.operand(0)?, c.operand(1)?, c.optional(2)?);
    let (input, weights) = (c.shape(x), c.shape(w));
    if input.len() != weights.len() || !(3..=5).contains(&input.len()) {
        return Err(form(format!("{} and {} dimensions of input and weights", input.len(), weights.len())));
    }
    let dims = input.len() - 2;
    let window = Window::read(c, weights[2..].to_vec(), &input[2..])?;
    let extra: Vec<usize> = match c.ints("output_padding").filter(|list| list.len() == dims) {
        Some(list) => list.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect(),
        None => vec![0; dims],
    };
    let (window, output) = transposed_window(c, window, &input[2..], &extra)?;
    let groups = groups(c)?;
    let (x_parts, w_parts) = (equal_parts(c, x, 1, groups)?, equal_parts(c, w, 0, groups)?);
    let bias_parts = match bias {
        Some(bias) => equal_parts(c, bias, 0, groups)?.into_iter().map(Some).collect(),
        None => vec![None; groups],
    };
    let mut results = Vec::new();
    for ((x, w), bias) in x_parts.into_iter().zip(w_parts).zip(bias_parts) {
        results.push(transposed(c, x, w, bias, &window, &output)?);
    }
    let y = c.concat(&results, 1)?;
    one(y)
}

fn equal_parts(c: &mut Call, x: ValueId, axis: usize, parts: usize) -> Outcome<Vec<ValueId>> {
    let extent = c.shape(x)[axis];
    if !extent.is_multiple_of(parts) {
        return Err(form(format!("{extent} channels do not divide into {parts} groups")));
    }
    c.split(x, axis, &vec![extent / parts; parts])
}

/// The extents of the result and what is cut before them.
fn transposed_window(
    c: &Call,
    mut window: Window,
    input: &[usize],
    extra: &[usize],
) -> Outcome<(Window, Vec<usize>)> {
    let full: Vec<usize> = (0..input.len())
        .map(|i| (input[i].max(1) - 1) * window.stride[i] + window.reach(i) + extra[i])
        .collect();
    let auto = c.word("auto_pad", "NOTSET");
    let same = auto.starts_with("SAME");
    let given = c.ints("output_shape").filter(|list| list.len() >= input.len());
    let wanted: Option<Vec<usize>> = match given {
        Some(list) => {
            Some(list[list.len() - input.len()..].iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect())
        }
        None if same => Some((0..input.len()).map(|i| input[i] * window.stride[i]).collect()),
        None => None,
    };
    let Some(wanted) = wanted else {
        let left = |i: usize| full[i].checked_sub(window.before[i] + window.after[i]).filter(|&n| n > 0);
        let output: Option<Vec<usize>> = (0..input.len()).map(left).collect();
        return output.map(|output| (window, output)).ok_or_else(|| form("the padding leaves nothing"));
    };
    for i in 0..input.len() {
        let total = full[i].saturating_sub(wanted[i]);
        let (less, more) = (total / 2, total - total / 2);
        // What an odd number leaves over is cut at the start, unless the name says otherwise.
        window.before[i] = if auto == "SAME_UPPER" || auto == "NOTSET" { less } else { more };
    }
    Ok((window, wanted))
}

/// One group with channels first.
fn transposed(
    c: &mut Call,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    window: &Window,
    output: &[usize],
) -> Outcome<ValueId> {
    match output.len() {
        1 => {
            let (x, w) = (as_image(c, x)?, as_image(c, w)?);
            let y = transposed_image(c, x, w, bias, &window.as_image(), [1, output[0]])?;
            let shape = c.shape(y);
            c.reshape(y, &[shape[0], shape[1], shape[3]])
        }
        2 => transposed_image(c, x, w, bias, window, [output[0], output[1]]),
        _ => transposed_volume(c, x, w, bias, window, output),
    }
}

fn transposed_image(
    c: &mut Call,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    window: &Window,
    output: [usize; 2],
) -> Outcome<ValueId> {
    let x = channels_last(c, x)?;
    let mut w = c.transpose(w, &[1, 2, 3, 0])?;
    for i in 0..2 {
        w = dilated(c, w, i + 1, window.dilation[i])?;
    }
    let padding = Padding { top: window.before[0], bottom: 0, left: window.before[1], right: 0 };
    let stride = [window.stride[0], window.stride[1]];
    let mut inputs = vec![x, w];
    inputs.extend(bias);
    let y = c.emit(TransposeConv2d { padding, stride, output, act: Activation::None }, &inputs)?;
    channels_first(c, y)
}

/// Zeros between the elements along a dimension.
fn dilated(c: &mut Call, x: ValueId, axis: usize, distance: usize) -> Outcome<ValueId> {
    let shape = c.shape(x);
    if distance == 1 || shape[axis] <= 1 {
        return Ok(x);
    }
    let apart = c.unsqueeze(x, &[axis + 1])?;
    let mut after = vec![0; shape.len() + 1];
    after[axis + 1] = distance - 1;
    let filled = c.pad(apart, &vec![0; shape.len() + 1], &after, 0.0)?;
    let mut merged = shape.clone();
    merged[axis] *= distance;
    let merged = c.reshape(filled, &merged)?;
    c.narrow(merged, axis, 0, (shape[axis] - 1) * distance + 1)
}

/// Layers spread by the stride, then one transposed convolution for each tap of the filter's depth, added up where they
/// fall.
fn transposed_volume(
    c: &mut Call,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    window: &Window,
    output: &[usize],
) -> Outcome<ValueId> {
    let spread = dilated(c, x, 2, window.stride[0])?;
    let [batch, channels, depth, height, width] =
        <[usize; 5]>::try_from(c.shape(spread)).map_err(|_| form("no volume"))?;
    let inner = window.inner();
    let x = c.transpose(spread, &[0, 2, 1, 3, 4])?;
    let images = c.reshape(x, &[batch * depth, channels, height, width])?;
    let mut sum = None;
    for tap in 0..window.kernel[0] {
        let filter = c.index(w, 2, tap)?;
        let y = transposed_image(c, images, filter, None, &inner, [output[1], output[2]])?;
        let outputs = c.shape(y)[1];
        let layers = c.reshape(y, &[batch, depth, outputs, output[1], output[2]])?;
        // Layer d of this tap is layer d + tap · dilation of the full result.
        let (first, last) = (tap * window.dilation[0], window.before[0]);
        let (mut before, mut after) = (vec![0; 5], vec![0; 5]);
        before[1] = first;
        after[1] = (output[0] + last).saturating_sub(first + depth);
        let placed = c.pad(layers, &before, &after, 0.0)?;
        let placed = c.narrow(placed, 1, last, output[0])?;
        sum = Some(match sum {
            Some(sum) => c.add(sum, placed)?,
            None => placed,
        });
    }
    let mut y = sum.ok_or_else(|| form("the filter is empty"))?;
    if let Some(bias) = bias {
        let outputs = c.ty(bias).elements();
        let column = c.reshape(bias, &[outputs, 1, 1])?;
        y = c.add(y, column)?;
    }
    c.transpose(y, &[0, 2, 1, 3, 4])
}
