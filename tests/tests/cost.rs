//! Cost laws: there is one for every kernel that a core selects, and they agree with counts of emulated cores.

use redsc::predict;
use redsc::profile::{self, Settings, samples};
use redsc_ir::Target;
use redsc_ir::kernels::Kernel;
use redsc_passes::cost::{self, Laws};
use redsc_tests::golden::Case;
use redsc_tests::model::{self, Problem};
use redsc_tests::qemu::{self, Core};
use redsc_tests::{golden, tools};

/// Portable kernels that wait for a law on some core: GCC makes different code of them for each layer.
const WITHOUT_LAW: &[Kernel] = &[
    Kernel::BatchMatmulF32,
    Kernel::BatchMatmulS16,
    Kernel::BatchMatmulS8,
    Kernel::BinaryF32,
    Kernel::BinaryInt,
    Kernel::Cast,
    Kernel::CompareCodes,
    Kernel::CompareF32,
    Kernel::CompareInt,
    Kernel::Conv2dF32,
    Kernel::Conv2dS16,
    Kernel::Conv2dS8,
    Kernel::Conv2dU8,
    Kernel::DepthwiseConv2dF32,
    Kernel::DepthwiseConv2dS16,
    Kernel::DepthwiseConv2dS8,
    Kernel::DepthwiseConv2dU8,
    Kernel::DequantizeF16,
    Kernel::Extremum,
    Kernel::FullyConnectedF32,
    Kernel::FullyConnectedS16,
    Kernel::FullyConnectedS8,
    Kernel::FullyConnectedU8,
    Kernel::LeakyRelu,
    Kernel::LeakyReluF32,
    Kernel::LogSoftmaxF32,
    Kernel::LogSoftmaxS8,
    Kernel::LstmF32,
    Kernel::LstmS16,
    Kernel::LstmS8,
    Kernel::Quotient,
    Kernel::ReduceExtremum,
    Kernel::ReduceExtremumF32,
    Kernel::ResizeBilinear,
    Kernel::ResizeBilinearF32,
    Kernel::ResizeNearest,
    Kernel::Rsqrt,
    Kernel::SigmoidS16,
    Kernel::Sum,
    Kernel::SvdfF32,
    Kernel::SvdfS8,
    Kernel::TransposeConv2dF32,
    Kernel::TransposeConv2dS16,
    Kernel::TransposeConv2dS8,
    Kernel::TransposeConv2dU8,
    Kernel::UnaryF32,
    Kernel::UnaryS32,
];

#[test]
fn every_kernel_that_a_core_selects_has_a_law() {
    let mut missing = Vec::new();
    for core in [Core::M4, Core::M55] {
        let target = core.target();
        for &kernel in Kernel::ALL.iter().filter(|kernel| !WITHOUT_LAW.contains(kernel)) {
            let batch = samples::batch(kernel, target, 5, 6);
            for step in 0..batch.module.entry().nodes.len() {
                if let Err(error) = cost::step(&batch.operands(step), kernel, target) {
                    missing.push(format!("{}: {}", target.name, error.message));
                }
            }
        }
    }
    missing.sort_unstable();
    missing.dedup();
    assert!(missing.is_empty(), "docs/cost.md says how a kernel gets its law:\n{}", missing.join("\n"));
}

#[test]
fn targets_without_laws_are_errors() {
    let batch = samples::batch(Kernel::Conv2dS8, &Target::builtin()[0], 1, 1);
    let error = cost::step(&batch.operands(0), Kernel::Conv2dS8, &Target::builtin()[0]).unwrap_err();
    assert_eq!(error.to_string(), "#0: there are no cost laws for the target `generic`");
}

/// Kernels whose code does not depend on what GCC makes of a layer's constants.
const REGULAR: &[(Core, &str)] = &[(Core::M4, "_s8_dsp"), (Core::M55, "_s8_mve")];

/// How far a prediction may be off in instructions, however small the layer, besides what its law says.
const TOLERANCE: f64 = 60.0;

#[test]
fn laws_agree_with_counts_on_random_shapes() {
    if !qemu::available() {
        return;
    }
    let mut off = Vec::new();
    for &(core, name) in REGULAR {
        let settings = Settings { target: core.target().clone(), seed: 4242, shapes: 3 };
        for &kernel in Kernel::ALL.iter().filter(|kernel| kernel.symbol().ends_with(name)) {
            for point in profile::points(kernel, &settings).unwrap() {
                let counted = point.mean()[0];
                let laws = Laws::of(&settings.target).unwrap();
                let cost = laws.cost(kernel, &point.features).unwrap();
                if counted < cost.least - TOLERANCE || counted > cost.most + TOLERANCE {
                    let predicted = cost.instructions;
                    off.push(format!(
                        "{}: {predicted:.0} instead of {counted}: {}",
                        kernel.symbol(),
                        point.shape
                    ));
                }
            }
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

/// Predicted and counted instructions of one model.
fn prediction(case: &Case, core: Core) -> Result<(f64, f64), Problem> {
    let compiled = model::compile(case, core.target())?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let image = compiled.build_for_core(dir.path(), core, &["-O2"])?;
    let run = model::run_on_core(&image, dir.path(), &case.sequences()?)?;
    let cost = cost::module(&compiled.module, &compiled.plan, core.target());
    let predicted = cost.map_err(|e| Problem::Failed(e[0].to_string()))?.total.instructions;
    Ok((predicted, run.instructions.first().copied().unwrap_or(0) as f64))
}

/// How far whole networks may be off, in percent.
const NETWORK_TOLERANCE: f64 = 6.0;

#[test]
fn networks_take_what_was_predicted() {
    if !qemu::available() {
        return;
    }
    let models = ["image_mobilenet_int8", "kws_dscnn_int8", "anomaly_autoencoder_int8"];
    let mut off = Vec::new();
    for case in golden::fixtures().into_iter().filter(|case| models.contains(&case.name.as_str())) {
        for core in [Core::M4, Core::M55] {
            let (predicted, counted) = prediction(&case, core).unwrap();
            let error = 100.0 * (predicted / counted - 1.0);
            let line = format!("{} on {core}: {predicted:.0}, counted {counted}, {error:+.2} %", case.name);
            tools::note(&line);
            if error.abs() > NETWORK_TOLERANCE {
                off.push(line);
            }
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

#[test]
fn a_prediction_reads_like_this() {
    let case = golden::fixtures().into_iter().find(|case| case.name == "kws_dscnn_int8").unwrap();
    let target = Core::M4.target();
    let (module, plan) = predict::prepare(model::load(&case).unwrap(), target).unwrap();
    let prediction = predict::predict(&module, &plan, target, None).unwrap();
    insta::assert_snapshot!(predict::text::full(&prediction));
}
