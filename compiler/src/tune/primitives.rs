//! Differentiable operators on NHWC batches of real numbers that the autodiff crate does not have, or has slowly:
//! elementwise curves, windows laid out as rows of a matrix, depthwise convolution, maxima of windows.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use redsc_ir::params::window::Axis;

/// A function of one number and its derivative.
pub(super) trait Curve: Copy + Send + Sync + 'static {
    /// The function.
    fn value(&self, x: f32) -> f32;
    /// Its derivative, or what takes its place where it has none.
    fn slope(&self, x: f32) -> f32;
}

/// `curve` of every element of `x`.
pub(super) fn map<C: Curve>(x: &Tensor, curve: C) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Map(curve))
}

/// The grid of a quantized value: multiples of `scale` between two codes. The derivative is that of the clamp: rounding
/// is taken for the identity (straight-through estimator; Bengio et al., 2013, "Estimating or propagating gradients
/// through stochastic neurons").
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    /// Real value of one step.
    pub scale: f32,
    /// The code of zero.
    pub zero_point: f32,
    /// Smallest and largest code.
    pub codes: [f32; 2],
}

impl Grid {
    /// The nearest code.
    pub fn code(&self, x: f32) -> f32 {
        ((x / self.scale).round() + self.zero_point).clamp(self.codes[0], self.codes[1])
    }
}

impl Curve for Grid {
    fn value(&self, x: f32) -> f32 {
        (self.code(x) - self.zero_point) * self.scale
    }

    fn slope(&self, x: f32) -> f32 {
        let code = x / self.scale + self.zero_point;
        if (self.codes[0] - 0.5..=self.codes[1] + 0.5).contains(&code) { 1.0 } else { 0.0 }
    }
}

/// Limits of a real value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clamp {
    pub low: f32,
    pub high: f32,
}

impl Curve for Clamp {
    fn value(&self, x: f32) -> f32 {
        x.clamp(self.low, self.high)
    }

    fn slope(&self, x: f32) -> f32 {
        if self.low < x && x < self.high { 1.0 } else { 0.0 }
    }
}

/// `x` where positive, `alpha · x` elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leaky {
    pub alpha: f32,
}

impl Curve for Leaky {
    fn value(&self, x: f32) -> f32 {
        if x > 0.0 { x } else { self.alpha * x }
    }

    fn slope(&self, x: f32) -> f32 {
        if x > 0.0 { 1.0 } else { self.alpha }
    }
}

/// The logistic function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Logistic;

impl Curve for Logistic {
    fn value(&self, x: f32) -> f32 {
        1.0 / (1.0 + (-x).exp())
    }

    fn slope(&self, x: f32) -> f32 {
        let y = self.value(x);
        y * (1.0 - y)
    }
}

/// The hyperbolic tangent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tanh;

impl Curve for Tanh {
    fn value(&self, x: f32) -> f32 {
        x.tanh()
    }

    fn slope(&self, x: f32) -> f32 {
        1.0 - x.tanh().powi(2)
    }
}

struct Map<C>(C);

impl<C: Curve> CustomOp1 for Map<C> {
    fn name(&self) -> &'static str {
        "map"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y: Vec<f32> = elements(x, layout)?.iter().map(|&x| self.0.value(x)).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        x.apply_op2_no_bwd(&dy.contiguous()?, &MapBack(self.0)).map(Some)
    }
}

struct MapBack<C>(C);

impl<C: Curve> CustomOp2 for MapBack<C> {
    fn name(&self) -> &'static str {
        "map-back"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        dy: &CpuStorage,
        dy_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, dy) = (elements(x, x_layout)?, elements(dy, dy_layout)?);
        let dx: Vec<f32> = x.iter().zip(dy).map(|(&x, &dy)| dy * self.0.slope(x)).collect();
        Ok((CpuStorage::F32(dx), x_layout.shape().clone()))
    }
}

/// Where the windows of a batch `[n, y.input, x.input, c]` lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub y: Axis,
    pub x: Axis,
}

/// One tap of one window: the cell of the output, the number of the tap, the cell of the input; all count pixels.
struct Tap {
    output: usize,
    tap: usize,
    input: usize,
}

impl Windows {
    /// `[n, y.input, x.input, c]` to `[n · y.output · x.output, y.taps · x.taps · c]`; cells of the padding are zero.
    pub fn rows(self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Rows(self))
    }

    /// Depthwise convolution of `[n, y.input, x.input, c]` with `[y.taps · x.taps, c]`.
    pub fn depthwise(self, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op2(&w.contiguous()?, Depthwise(self))
    }

    /// The largest element of each window, channel by channel.
    pub fn maxima(self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Maxima(self))
    }

    /// For each window the reciprocal of the number of its taps that lie inside of the input.
    pub fn shares(self) -> Vec<f32> {
        let taps = |oy: usize, ox: usize| self.y.inside(oy).len() * self.x.inside(ox).len();
        let share = |oy| (0..self.x.output).map(move |ox| 1.0 / taps(oy, ox).max(1) as f32);
        (0..self.y.output).flat_map(share).collect()
    }

    fn inputs(self) -> usize {
        self.y.input * self.x.input
    }

    fn outputs(self) -> usize {
        self.y.output * self.x.output
    }

    fn taps(self) -> usize {
        self.y.taps * self.x.taps
    }

    /// All taps inside of one image, window by window.
    fn all(self) -> Vec<Tap> {
        let mut taps = Vec::new();
        for (oy, ox) in (0..self.y.output).flat_map(|oy| (0..self.x.output).map(move |ox| (oy, ox))) {
            for (ky, kx) in self.y.inside(oy).flat_map(|ky| self.x.inside(ox).map(move |kx| (ky, kx))) {
                taps.push(Tap {
                    output: oy * self.x.output + ox,
                    tap: ky * self.x.taps + kx,
                    input: self.y.position(oy, ky) * self.x.input + self.x.position(ox, kx),
                });
            }
        }
        taps
    }
}

/// The elements of pixel `index` of image `image`, with `pixels` pixels of `channels` elements an image.
fn pixel(image: usize, pixels: usize, index: usize, channels: usize) -> Range<usize> {
    let begin = (image * pixels + index) * channels;
    begin..begin + channels
}

struct Rows(Windows);

impl CustomOp1 for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (windows, x) = (self.0, elements(x, layout)?);
        let (n, _, _, c) = layout.shape().dims4()?;
        let taps = windows.all();
        let mut rows = vec![0.0; n * windows.outputs() * windows.taps() * c];
        for image in 0..n {
            for tap in &taps {
                let to = pixel(
                    image,
                    windows.outputs() * windows.taps(),
                    tap.output * windows.taps() + tap.tap,
                    c,
                );
                rows[to].copy_from_slice(&x[pixel(image, windows.inputs(), tap.input, c)]);
            }
        }
        Ok((CpuStorage::F32(rows), Shape::from((n * windows.outputs(), windows.taps() * c))))
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        dy.contiguous()?.apply_op1_no_bwd(&RowsBack(self.0)).map(Some)
    }
}

struct RowsBack(Windows);

impl CustomOp1 for RowsBack {
    fn name(&self) -> &'static str {
        "rows-back"
    }

    fn cpu_fwd(&self, dy: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (windows, dy) = (self.0, elements(dy, layout)?);
        let (rows, columns) = layout.shape().dims2()?;
        let (n, c) = (rows / windows.outputs().max(1), columns / windows.taps().max(1));
        let taps = windows.all();
        let mut dx = vec![0.0; n * windows.inputs() * c];
        for image in 0..n {
            for tap in &taps {
                let from = pixel(
                    image,
                    windows.outputs() * windows.taps(),
                    tap.output * windows.taps() + tap.tap,
                    c,
                );
                add(&mut dx[pixel(image, windows.inputs(), tap.input, c)], &dy[from]);
            }
        }
        Ok((CpuStorage::F32(dx), Shape::from((n, windows.y.input, windows.x.input, c))))
    }
}

struct Depthwise(Windows);

impl CustomOp2 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (windows, x, w) = (self.0, elements(x, x_layout)?, elements(w, w_layout)?);
        let (n, _, _, c) = x_layout.shape().dims4()?;
        let taps = windows.all();
        let mut y = vec![0.0; n * windows.outputs() * c];
        for image in 0..n {
            for tap in &taps {
                let weights = &w[tap.tap * c..][..c];
                let from = &x[pixel(image, windows.inputs(), tap.input, c)];
                add_product(&mut y[pixel(image, windows.outputs(), tap.output, c)], from, weights);
            }
        }
        Ok((CpuStorage::F32(y), Shape::from((n, windows.y.output, windows.x.output, c))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dy = dy.contiguous()?;
        let dx = dy.apply_op2_no_bwd(w, &DepthwiseInput(self.0))?;
        let dw = x.apply_op2_no_bwd(&dy, &DepthwiseWeights(self.0))?;
        Ok((Some(dx), Some(dw)))
    }
}

/// The gradient of the input from that of the output and the weights.
struct DepthwiseInput(Windows);

impl CustomOp2 for DepthwiseInput {
    fn name(&self) -> &'static str {
        "depthwise-input"
    }

    fn cpu_fwd(
        &self,
        dy: &CpuStorage,
        dy_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (windows, dy, w) = (self.0, elements(dy, dy_layout)?, elements(w, w_layout)?);
        let (n, _, _, c) = dy_layout.shape().dims4()?;
        let taps = windows.all();
        let mut dx = vec![0.0; n * windows.inputs() * c];
        for image in 0..n {
            for tap in &taps {
                let weights = &w[tap.tap * c..][..c];
                let from = &dy[pixel(image, windows.outputs(), tap.output, c)];
                add_product(&mut dx[pixel(image, windows.inputs(), tap.input, c)], from, weights);
            }
        }
        Ok((CpuStorage::F32(dx), Shape::from((n, windows.y.input, windows.x.input, c))))
    }
}

/// The gradient of the weights from the input and the gradient of the output.
struct DepthwiseWeights(Windows);

impl CustomOp2 for DepthwiseWeights {
    fn name(&self) -> &'static str {
        "depthwise-weights"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        dy: &CpuStorage,
        dy_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (windows, x, dy) = (self.0, elements(x, x_layout)?, elements(dy, dy_layout)?);
        let (n, _, _, c) = x_layout.shape().dims4()?;
        let taps = windows.all();
        let mut dw = vec![0.0; windows.taps() * c];
        for image in 0..n {
            for tap in &taps {
                let from = &x[pixel(image, windows.inputs(), tap.input, c)];
                let gradient = &dy[pixel(image, windows.outputs(), tap.output, c)];
                add_product(&mut dw[tap.tap * c..][..c], from, gradient);
            }
        }
        Ok((CpuStorage::F32(dw), Shape::from((windows.taps(), c))))
    }
}

struct Maxima(Windows);

impl CustomOp1 for Maxima {
    fn name(&self) -> &'static str {
        "maxima"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (windows, x) = (self.0, elements(x, layout)?);
        let (n, _, _, c) = layout.shape().dims4()?;
        let taps = windows.all();
        let mut y = vec![f32::NEG_INFINITY; n * windows.outputs() * c];
        for image in 0..n {
            for tap in &taps {
                let from = &x[pixel(image, windows.inputs(), tap.input, c)];
                for (y, &x) in y[pixel(image, windows.outputs(), tap.output, c)].iter_mut().zip(from) {
                    *y = y.max(x);
                }
            }
        }
        Ok((CpuStorage::F32(y), Shape::from((n, windows.y.output, windows.x.output, c))))
    }

    /// The gradient goes to every element that equals the maximum, in equal parts.
    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let windows = self.0;
        let (n, _, _, c) = x.dims4()?;
        let [x_values, y_values, dy] =
            [x, y, dy].map(|t| t.contiguous().and_then(|t| t.flatten_all()).and_then(|t| t.to_vec1::<f32>()));
        let (x_values, y_values, dy) = (x_values?, y_values?, dy?);
        let taps = windows.all();
        let cells = |image: usize, tap: &Tap| {
            let (from, to) = (windows.inputs(), windows.outputs());
            pixel(image, from, tap.input, c).zip(pixel(image, to, tap.output, c))
        };
        let mut ties = vec![0.0f32; y_values.len()];
        let mut dx = vec![0.0f32; x_values.len()];
        for (image, tap) in (0..n).flat_map(|image| taps.iter().map(move |tap| (image, tap))) {
            for (i, o) in cells(image, tap).filter(|&(i, o)| x_values[i] == y_values[o]) {
                let _ = i;
                ties[o] += 1.0;
            }
        }
        for (image, tap) in (0..n).flat_map(|image| taps.iter().map(move |tap| (image, tap))) {
            for (i, o) in cells(image, tap).filter(|&(i, o)| x_values[i] == y_values[o]) {
                dx[i] += dy[o] / ties[o];
            }
        }
        Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn add_product(to: &mut [f32], a: &[f32], b: &[f32]) {
    to.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to += a * b);
}

/// The elements of a contiguous tensor of real numbers.
fn elements<'s>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [f32]> {
    let CpuStorage::F32(all) = storage else { bail!("the tensor does not hold f32") };
    match layout.contiguous_offsets() {
        Some((begin, end)) => Ok(&all[begin..end]),
        None => bail!("the tensor is not contiguous"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    const WINDOWS: Windows = Windows {
        y: Axis { input: 5, output: 3, taps: 3, stride: 2, dilation: 1, before: 1 },
        x: Axis { input: 4, output: 4, taps: 2, stride: 1, dilation: 2, before: 1 },
    };

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = fastrand::Rng::with_seed(seed);
        (0..count).map(|_| rng.f32() * 2.0 - 1.0).collect()
    }

    fn variable(shape: &[usize], seed: u64) -> Var {
        let count = shape.iter().product();
        Var::from_tensor(&Tensor::from_vec(numbers(count, seed), shape, &Device::Cpu).unwrap()).unwrap()
    }

    /// A number that depends on every element of `y` in another way.
    fn weigh(y: &Tensor) -> Tensor {
        let weights = Tensor::from_vec(numbers(y.elem_count(), 7), y.shape(), &Device::Cpu).unwrap();
        (y * weights).unwrap().sum_all().unwrap()
    }

    /// Compares the gradient of `f` at `x` with differences.
    fn check(x: &Var, f: impl Fn(&Tensor) -> Tensor) {
        const STEP: f32 = 1e-2;
        let gradients = weigh(&f(x.as_tensor())).backward().unwrap();
        let gradient = gradients.get(x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let at = x.as_tensor().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (index, expected) in gradient.into_iter().enumerate() {
            let moved = |by: f32| {
                let mut moved = at.clone();
                moved[index] += by;
                let moved = Tensor::from_vec(moved, x.shape(), &Device::Cpu).unwrap();
                weigh(&f(&moved)).to_scalar::<f32>().unwrap()
            };
            let found = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            assert!((found - expected).abs() < 2e-2, "element {index}: {found} instead of {expected}");
        }
    }

    #[test]
    fn gradients_equal_differences() {
        let x = variable(&[2, 5, 4, 3], 1);
        let w = variable(&[6, 3], 2);
        check(&x, |x| WINDOWS.rows(x).unwrap());
        check(&x, |x| WINDOWS.depthwise(x, w.as_tensor()).unwrap());
        check(&w, |w| WINDOWS.depthwise(x.as_tensor(), w).unwrap());
        check(&x, |x| map(x, Logistic).unwrap());
        check(&x, |x| map(x, Tanh).unwrap());
    }

    #[test]
    fn maxima_pass_gradients_to_what_was_largest() {
        let x = Var::from_tensor(
            &Tensor::arange(0f32, 60.0, &Device::Cpu).unwrap().reshape((1, 5, 4, 3)).unwrap(),
        );
        check(&x.unwrap(), |x| WINDOWS.maxima(x).unwrap());
    }

    #[test]
    fn grids_round_and_pass_gradients_inside_only() {
        let grid = Grid { scale: 0.5, zero_point: 1.0, codes: [-4.0, 3.0] };
        assert_eq!([-9.0, -0.3, 0.8, 9.0].map(|x| grid.value(x)), [-2.5, -0.5, 1.0, 1.0]);
        assert_eq!([-9.0, -0.3, 0.8, 9.0].map(|x| grid.slope(x)), [0.0, 1.0, 1.0, 0.0]);
    }
}
