//! The C kernels of redsc as text, and what of that text a set of kernels needs.
//!
//! Kernels are real C99 files that compile alone: `ref` is portable, `dsp` and `mve` use the extensions of Arm
//! cores, `common` holds what they share. A code generator asks [`bundle`] for the files of the kernels that a
//! model uses and gets each needed text once, dependencies first.

/// One C file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path below `runtime-c/src`, e.g. `ref/conv2d_s8.c`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The text of some kernels and of everything that they include.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// System headers, sorted, e.g. `stdint.h`.
    pub system_includes: Vec<&'static str>,
    /// Our files, each after those that it includes, without include directives and `#pragma once`.
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
    "common/depthwise_lines.h"
    "common/dot.h"
    "common/exponentials.h"
    "common/fixed.h"
    "common/fixed_log.h"
    "common/order.h"
    "common/redsc_copy.h"
    "common/redsc_elementwise.h"
    "common/redsc_kernel.h"
    "common/redsc_normalize.h"
    "common/redsc_params.h"
    "common/redsc_quantize.h"
    "common/redsc_recurrent.h"
    "common/redsc_reduce.h"
    "common/redsc_resize.h"
    "common/requant.h"
    "common/sigmoid16.h"
    "common/window.h"
    "dsp/conv2d_s8_dsp.c"
    "dsp/depthwise_s8_dsp.c"
    "dsp/dsp.h"
    "dsp/fully_connected_s8_dsp.c"
    "dsp/gemm_s8.h"
    "mve/conv2d_s8_mve.c"
    "mve/depthwise_s8_mve.c"
    "mve/fully_connected_s8_mve.c"
    "mve/gemm_s8.h"
    "ref/average_pool2d.c"
    "ref/average_pool2d_f32.c"
    "ref/binary_f32.c"
    "ref/binary_int.c"
    "ref/cast.c"
    "ref/compare_codes.c"
    "ref/compare_f32.c"
    "ref/compare_int.c"
    "ref/conv2d_f32.c"
    "ref/conv2d_s16.c"
    "ref/conv2d_s8.c"
    "ref/conv2d_u8.c"
    "ref/copy.c"
    "ref/depthwise_conv2d_f32.c"
    "ref/depthwise_conv2d_s16.c"
    "ref/depthwise_conv2d_s8.c"
    "ref/depthwise_conv2d_u8.c"
    "ref/dequantize.c"
    "ref/dequantize_axis.c"
    "ref/dequantize_f16.c"
    "ref/extremum.c"
    "ref/fill.c"
    "ref/fully_connected_f32.c"
    "ref/fully_connected_s16.c"
    "ref/fully_connected_s8.c"
    "ref/fully_connected_u8.c"
    "ref/leaky_relu.c"
    "ref/leaky_relu_f32.c"
    "ref/log_softmax_f32.c"
    "ref/log_softmax_s8.c"
    "ref/lstm_f32.c"
    "ref/lstm_s8.c"
    "ref/lut.c"
    "ref/max_pool2d.c"
    "ref/max_pool2d_f32.c"
    "ref/product.c"
    "ref/quantize.c"
    "ref/quotient.c"
    "ref/reduce_extremum.c"
    "ref/reduce_extremum_f32.c"
    "ref/reduce_sum.c"
    "ref/reduce_sum_f32.c"
    "ref/rescale.c"
    "ref/resize_bilinear.c"
    "ref/resize_bilinear_f32.c"
    "ref/resize_nearest.c"
    "ref/rsqrt.c"
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

/// The texts of `paths` and of what they include, dependencies first.
///
/// # Errors
/// The path or include that [`SOURCES`] does not hold.
pub fn bundle<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Bundle, String> {
    let mut bundle = Bundle::default();
    for path in paths {
        add(path, &mut bundle)?;
    }
    bundle.system_includes.sort_unstable();
    bundle.system_includes.dedup();
    Ok(bundle)
}

fn add(path: &str, bundle: &mut Bundle) -> Result<(), String> {
    let source = source(path).ok_or_else(|| format!("there is no C source `{path}`"))?;
    if bundle.files.iter().any(|(known, _)| *known == source.path) {
        return Ok(());
    }
    let mut text = String::new();
    for line in source.text.lines() {
        match include(line) {
            Some(Include::System(header)) => bundle.system_includes.push(header),
            Some(Include::Own(header)) => add(header, bundle)?,
            None if line.trim() == "#pragma once" => {}
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    bundle.files.push((source.path, squeeze_blank_lines(&text)));
    Ok(())
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

/// Removes what include directives leave behind: runs of blank lines, and those at either end.
fn squeeze_blank_lines(text: &str) -> String {
    let mut squeezed = String::new();
    let mut blank = true;
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        if !(is_blank && blank) {
            squeezed.push_str(line);
            squeezed.push('\n');
        }
        blank = is_blank;
    }
    squeezed.trim_end().to_string() + "\n"
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
        for folder in ["common", "ref", "dsp", "mve"] {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
            for entry in entries {
                found.insert(format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()));
            }
        }
        let listed: Vec<&str> = SOURCES.iter().map(|s| s.path).collect();
        assert_eq!(listed, found.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn dependencies_come_first_and_once() {
        let bundle = bundle(["ref/conv2d_s8.c", "ref/fully_connected_s8.c"]).unwrap();
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
        assert!(bundle.files.iter().all(|(_, text)| !text.contains("#include")));
    }

    #[test]
    fn unknown_files_are_named() {
        assert_eq!(bundle(["ref/none.c"]), Err("there is no C source `ref/none.c`".into()));
    }
}
