//! The machine that native code is made for: instruction set, vectors, and the way it multiplies bytes.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};

use redsc_ir::Diagnostic;

/// Whether code is loaded where it is made or linked somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// In this process.
    Jit,
    /// In an object file, position independent.
    Object,
}

/// How sums of products of bytes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteDot {
    /// Four products of unsigned and signed bytes for each lane in one instruction (x86 `vpdpbusd`).
    Unsigned,
    /// Four products of signed bytes for each lane in one instruction (Arm `sdot`).
    Signed,
    /// None: bytes are widened.
    Widened,
}

/// An instruction set with what the emitters want to know of it.
pub(super) struct Machine {
    pub(super) isa: OwnedTargetIsa,
    /// Whether there are 128-bit vectors.
    pub(super) simd: bool,
    pub(super) byte_dot: ByteDot,
    /// Whether products are added in one instruction.
    pub(super) fma: bool,
}

impl Machine {
    /// The machine that this program runs on, with all its extensions.
    pub(super) fn host() -> Result<Self, Diagnostic> {
        let builder = cranelift_native::builder().map_err(|e| unsupported("this machine", e))?;
        Machine::with(&builder.triple().to_string(), builder, Use::Jit)
    }

    /// As [`Machine::host`], for an object file.
    pub(super) fn host_object() -> Result<Self, Diagnostic> {
        let builder = cranelift_native::builder().map_err(|e| unsupported("this machine", e))?;
        Machine::with(&builder.triple().to_string(), builder, Use::Object)
    }

    /// The machine of a target triple such as `aarch64-unknown-linux-gnu`, with what every member of its family has.
    pub(super) fn of_triple(triple: &str) -> Result<Self, Diagnostic> {
        let parsed = triple.parse().map_err(|_| unsupported(triple, "this is no target triple"))?;
        let builder = isa::lookup(parsed).map_err(|e| unsupported(triple, &e.to_string()))?;
        Machine::with(triple, builder, Use::Object)
    }

    fn with(name: &str, builder: isa::Builder, purpose: Use) -> Result<Self, Diagnostic> {
        let finish = || -> Result<OwnedTargetIsa, String> {
            let mut flags = settings::builder();
            let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
            let pic = if purpose == Use::Object { "true" } else { "false" };
            let wanted = [("opt_level", "speed"), ("is_pic", pic), ("enable_verifier", verifier)];
            for (flag, value) in wanted {
                flags.set(flag, value).map_err(|e| e.to_string())?;
            }
            builder.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())
        };
        let isa = finish().map_err(|e| unsupported(name, &e))?;
        Ok(Machine::of_isa(isa))
    }

    fn of_isa(isa: OwnedTargetIsa) -> Self {
        let flags = isa.isa_flags();
        let has = |name: &str| flags.iter().any(|f| f.name == name && f.as_bool() == Some(true));
        let x86 = isa.name() == "x64";
        let arm = isa.name() == "aarch64";
        let vnni = has("has_avx") && has("has_avx_vnni") || has("has_avx512vl") && has("has_avx512vnni");
        let byte_dot = match () {
            () if x86 && vnni => ByteDot::Unsigned,
            () if arm && has("has_dotprod") => ByteDot::Signed,
            () => ByteDot::Widened,
        };
        let fma = arm || isa.name() == "riscv64" || has("has_fma");
        Machine { simd: x86 || arm, byte_dot, fma, isa }
    }
}

fn unsupported(machine: &str, reason: &str) -> Diagnostic {
    Diagnostic {
        code: "E0403",
        message: format!("there is no native code for {machine}: {reason}"),
        location: String::new(),
        span: None,
        help: "use `host` or a triple such as aarch64-unknown-linux-gnu, riscv64gc-unknown-linux-gnu".into(),
    }
}
