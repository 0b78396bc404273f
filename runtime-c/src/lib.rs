//! The C kernels of redsc as text, and what of that text a set of kernels needs.
//!
//! Kernels are real C99 files that compile alone: `ref` is portable, `dsp`, `fpu` and `mve` use the extensions of
//! Arm cores, `common` holds what they share. A code generator asks [`bundle`] for the kernels that a model uses and gets
//! each needed function, type and macro once, dependencies first.

mod items;

use items::{Item, reachable, split};

/// One C file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path below `runtime-c/src`, e.g. `ref/conv2d_s8.c`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The text of some kernels and of everything that they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// System headers, sorted, e.g. `stdint.h`.
    pub system_includes: Vec<&'static str>,
    /// What is needed of our files, each file after those that it includes.
    pub files: Vec<(&'static str, String)>,
}

/// Lists the C files.
macro_rules! sources {
    ($($path:literal)*) => {
        /// All C files, sorted by path.
        pub const SOURCES: &[Source] = &[$(Source { path: $path, text: include_str!($path) },)*];
    };
}

sources! {
    "common/codes.h"
    "common/common_scale.h"
    "common/dot.h"
    "common/exponentials.h"
    "common/fixed.h"
    "common/fixed_log.h"
    "common/gather.h"
    "common/half.h"
    "common/lstm_cell.h"
    "common/nested.h"
    "common/order.h"
    "common/packed.h"
    "common/redsc_batch_matmul.h"
    "common/redsc_copy.h"
    "common/redsc_elementwise.h"
    "common/redsc_kernel.h"
    "common/redsc_normalize.h"
    "common/redsc_params.h"
    "common/redsc_pick.h"
    "common/redsc_quantize.h"
    "common/redsc_recurrent.h"
    "common/redsc_reduce.h"
    "common/redsc_resize.h"
    "common/requant.h"
    "common/rows.h"
    "common/scale_down.h"
    "common/sigmoid16.h"
    "common/sparse.h"
    "common/window.h"
    "dsp/conv2d_nested_s8_dsp.c"
    "dsp/conv2d_rows_s8_dsp.c"
    "dsp/conv2d_s16_dsp.c"
    "dsp/conv2d_s8_dsp.c"
    "dsp/conv2d_sparse_s8_dsp.c"
    "dsp/depthwise_s16_dsp.c"
    "dsp/depthwise_s8_dsp.c"
    "dsp/dsp.h"
    "dsp/fully_connected_s8_dsp.c"
    "dsp/gemm_nested_s8.h"
    "dsp/gemm_s8.h"
    "dsp/gemv_s8.h"
    "dsp/lstm_cell.h"
    "dsp/lstm_s8_dsp.c"
    "dsp/sigmoid.h"
    "dsp/sigmoid_s16_dsp.c"
    "dsp/sums_s8.h"
    "dsp/svdf_s8_dsp.c"
    "dsp/wide.h"
    "dsp/windows.h"
    "fpu/conv2d_f32_fpu.c"
    "fpu/depthwise_f32_fpu.c"
    "fpu/dot4_f32.h"
    "fpu/exp_f32.h"
    "fpu/fully_connected_f32_fpu.c"
    "fpu/lstm_f32_fpu.c"
    "fpu/taps_f32.h"
    "mve/conv2d_nested_s8_mve.c"
    "mve/conv2d_rows_s8_mve.c"
    "mve/conv2d_s16_mve.c"
    "mve/conv2d_s8_mve.c"
    "mve/copy.h"
    "mve/depthwise_s16_mve.c"
    "mve/depthwise_s8_mve.c"
    "mve/extremum_s8_mve.c"
    "mve/fully_connected_s8_mve.c"
    "mve/gemm_nested_s8.h"
    "mve/gemm_s8.h"
    "mve/gemv_s8.h"
    "mve/lanes.h"
    "mve/lstm_cell.h"
    "mve/lstm_s8_mve.c"
    "mve/product_s8_mve.c"
    "mve/sigmoid16.h"
    "mve/sigmoid_s16_mve.c"
    "mve/sum_s8_mve.c"
    "mve/sums_s8.h"
    "mve/svdf_s8_mve.c"
    "mve/vectors.h"
    "mve/windows.h"
    "ref/average_pool2d.c"
    "ref/average_pool2d_f32.c"
    "ref/batch_matmul_f32.c"
    "ref/batch_matmul_s16.c"
    "ref/batch_matmul_s8.c"
    "ref/binary_f32.c"
    "ref/binary_int.c"
    "ref/cast.c"
    "ref/compare_codes.c"
    "ref/compare_f32.c"
    "ref/compare_int.c"
    "ref/conv2d_f32.c"
    "ref/conv2d_s16.c"
    "ref/conv2d_s8.c"
    "ref/conv2d_sparse_s8.c"
    "ref/conv2d_tiled_s8.c"
    "ref/conv2d_u8.c"
    "ref/copy.c"
    "ref/depthwise_conv2d_f32.c"
    "ref/depthwise_conv2d_s16.c"
    "ref/depthwise_conv2d_s8.c"
    "ref/depthwise_conv2d_u8.c"
    "ref/depthwise_tiled_s8.c"
    "ref/dequantize.c"
    "ref/dequantize_axis.c"
    "ref/dequantize_f16.c"
    "ref/extremum.c"
    "ref/fill.c"
    "ref/fully_connected_f32.c"
    "ref/fully_connected_s16.c"
    "ref/fully_connected_s8.c"
    "ref/fully_connected_sparse_s8.c"
    "ref/fully_connected_tiled_s8.c"
    "ref/fully_connected_u8.c"
    "ref/gather.c"
    "ref/leaky_relu.c"
    "ref/leaky_relu_f32.c"
    "ref/log_softmax_f32.c"
    "ref/log_softmax_s8.c"
    "ref/lstm_f32.c"
    "ref/lstm_s16.c"
    "ref/lstm_s8.c"
    "ref/lut.c"
    "ref/max_pool2d.c"
    "ref/max_pool2d_f32.c"
    "ref/product.c"
    "ref/quantize.c"
    "ref/quotient.c"
    "ref/reduce_extremum.c"
    "ref/reduce_extremum_f32.c"
    "ref/reduce_int.c"
    "ref/reduce_product_f32.c"
    "ref/reduce_sum.c"
    "ref/reduce_sum_f32.c"
    "ref/rescale.c"
    "ref/resize_bilinear.c"
    "ref/resize_bilinear_f32.c"
    "ref/resize_nearest.c"
    "ref/rsqrt.c"
    "ref/scatter.c"
    "ref/scatter_combine.c"
    "ref/scatter_combine_f32.c"
    "ref/select.c"
    "ref/sigmoid_s16.c"
    "ref/softmax.c"
    "ref/softmax_f32.c"
    "ref/softmax_s16.c"
    "ref/sum.c"
    "ref/svdf_f32.c"
    "ref/svdf_s8.c"
    "ref/transpose_conv2d_f32.c"
    "ref/transpose_conv2d_s16.c"
    "ref/transpose_conv2d_s8.c"
    "ref/transpose_conv2d_u8.c"
    "ref/unary_f32.c"
    "ref/unary_s32.c"
}

/// The source of that path, or the one in `common` of that name.
pub fn source(path: &str) -> Option<&'static Source> {
    let is_it = |s: &&Source| s.path == path || s.path.strip_prefix("common/") == Some(path);
    SOURCES.iter().find(is_it)
}

/// The texts of kernels, given by file and function, and of what they need, dependencies first.
///
/// # Errors
/// The path or include that [`SOURCES`] does not hold.
pub fn bundle<'a>(kernels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Bundle, String> {
    let mut files = Files::default();
    let mut symbols = Vec::new();
    for (path, symbol) in kernels {
        files.add(path)?;
        symbols.push(symbol);
    }
    let mut bundle = Bundle { system_includes: files.system_includes, files: Vec::new() };
    bundle.system_includes.sort_unstable();
    bundle.system_includes.dedup();
    for item in reachable(files.items, &symbols) {
        match bundle.files.last_mut() {
            Some((file, text)) if *file == item.file => *text += &format!("\n{}", item.text),
            _ => bundle.files.push((item.file, item.text)),
        }
    }
    Ok(bundle)
}

/// Files on their way into a bundle.
#[derive(Default)]
struct Files {
    known: Vec<&'static str>,
    system_includes: Vec<&'static str>,
    items: Vec<Item>,
}

impl Files {
    /// Adds a file after those that it includes, unless it is there already.
    fn add(&mut self, path: &str) -> Result<(), String> {
        let source = source(path).ok_or_else(|| format!("there is no C source `{path}`"))?;
        if self.known.contains(&source.path) {
            return Ok(());
        }
        self.known.push(source.path);
        let mut text = String::new();
        for line in source.text.lines() {
            match include(line) {
                Some(Include::System(header)) => self.system_includes.push(header),
                Some(Include::Own(header)) => self.add(header)?,
                None if line.trim() == "#pragma once" => {}
                None => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        self.items.extend(split(source.path, &text));
        Ok(())
    }
}

/// What a line includes.
enum Include<'l> {
    System(&'l str),
    Own(&'l str),
}

fn include(line: &str) -> Option<Include<'_>> {
    let rest = line.trim().strip_prefix("#include")?.trim();
    if let Some(header) = rest.strip_prefix('<') {
        return Some(Include::System(header.strip_suffix('>')?));
    }
    Some(Include::Own(rest.strip_prefix('"')?.strip_suffix('"')?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_listed_and_sorted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = BTreeSet::new();
        for folder in ["common", "ref", "dsp", "fpu", "mve"] {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
            for entry in entries {
                found.insert(format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()));
            }
        }
        let listed: Vec<&str> = SOURCES.iter().map(|s| s.path).collect();
        assert_eq!(listed, found.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn dependencies_come_first_and_only_what_is_needed() {
        let bundle = bundle([
            ("ref/conv2d_s8.c", "redsc_conv2d_s8"),
            ("ref/fully_connected_s8.c", "redsc_fully_connected_s8"),
        ]);
        let bundle = bundle.unwrap();
        let paths: Vec<&str> = bundle.files.iter().map(|(path, _)| *path).collect();
        assert_eq!(
            paths,
            [
                "common/redsc_kernel.h",
                "common/requant.h",
                "common/dot.h",
                "common/redsc_params.h",
                "common/window.h",
                "ref/conv2d_s8.c",
                "ref/fully_connected_s8.c"
            ]
        );
        assert_eq!(bundle.system_includes, ["stddef.h", "stdint.h", "string.h"]);
        let text: String = bundle.files.into_iter().map(|(_, text)| text).collect();
        assert!(
            !text.contains("#include") && !text.contains("redsc_dot_u8") && !text.contains("redsc_pool2d_t")
        );
    }

    #[test]
    fn every_file_defines_what_its_name_says() {
        for source in SOURCES.iter().filter(|source| source.path.starts_with("ref/")) {
            let name = source.path.trim_start_matches("ref/").trim_end_matches(".c");
            let symbol = format!("redsc_{name}");
            let bundle = bundle([(source.path, symbol.as_str())]).unwrap();
            assert!(bundle.files.iter().any(|(path, _)| *path == source.path), "{}", source.path);
        }
    }

    #[test]
    fn unknown_files_are_named() {
        assert_eq!(bundle([("ref/none.c", "redsc_none")]), Err("there is no C source `ref/none.c`".into()));
    }
}
