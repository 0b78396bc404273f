//! C on emulated Cortex-M cores: build an image, run it under QEMU, count its instructions exactly.
//!
//! The counts are of executed instructions, not of cycles: no wait states, caches, dual issue or vector beats.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use redsc_ir::Target;

use crate::cc;
use crate::tools::{self, Finished};

const GCC: &str = "arm-none-eabi-gcc";
const SIZE: &str = "arm-none-eabi-size";
const QEMU: &str = "qemu-system-arm";

/// A core that QEMU has a board for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Core {
    /// Cortex-M0 on a micro:bit: 256 KiB of flash, 16 KiB of RAM.
    M0,
    /// Cortex-M3 on mps2-an385.
    M3,
    /// Cortex-M4 with FPU on mps2-an386.
    M4,
    /// Cortex-M7 with double-precision FPU on mps2-an500.
    M7,
    /// Cortex-M33 with FPU on mps2-an505.
    M33,
    /// Cortex-M55 with MVE on mps3-an547.
    M55,
}

/// What the rig must know of a core's board.
struct Board {
    machine: &'static str,
    script: &'static str,
    define: &'static str,
    /// Each instruction advances QEMU's clock by `1 << shift` ns; `rig/c/counter.c` is written for these values.
    icount_shift: u8,
}

impl Core {
    /// All cores, smallest first.
    pub const ALL: [Core; 6] = [Core::M0, Core::M3, Core::M4, Core::M7, Core::M33, Core::M55];

    /// The short name: `m4`.
    pub fn name(self) -> &'static str {
        &self.target_name()["cortex-".len()..]
    }

    /// The name of the target that redsc compiles for: `cortex-m4`.
    pub fn target_name(self) -> &'static str {
        match self {
            Core::M0 => "cortex-m0",
            Core::M3 => "cortex-m3",
            Core::M4 => "cortex-m4",
            Core::M7 => "cortex-m7",
            Core::M33 => "cortex-m33",
            Core::M55 => "cortex-m55",
        }
    }

    /// The cores named in `list`: `m4,m55`.
    ///
    /// # Errors
    /// For an unknown name.
    pub fn parse_list(list: &str) -> Result<Vec<Core>, String> {
        list.split(',').filter(|name| !name.is_empty()).map(str::parse).collect()
    }

    /// The target that redsc compiles for, with its compiler flags.
    ///
    /// # Panics
    /// If redsc does not know it.
    pub fn target(self) -> &'static Target {
        Target::named(self.target_name()).expect("every core of the rig is a built-in target")
    }

    fn board(self) -> Board {
        let board = |machine, script, define, icount_shift| Board { machine, script, define, icount_shift };
        match self {
            Core::M0 => board("microbit", "m0.ld", "-DRIG_MICROBIT", 8),
            Core::M3 => board("mps2-an385", "mps2.ld", "-DRIG_MPS2", 7),
            Core::M4 => board("mps2-an386", "mps2.ld", "-DRIG_MPS2", 7),
            Core::M7 => board("mps2-an500", "mps2.ld", "-DRIG_MPS2", 7),
            Core::M33 => board("mps2-an505", "m33.ld", "-DRIG_AN505", 8),
            Core::M55 => board("mps3-an547", "m55.ld", "-DRIG_AN547", 7),
        }
    }
}

impl std::fmt::Display for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Core {
    type Err = String;

    fn from_str(name: &str) -> Result<Core, String> {
        let known = |core: &Core| core.name() == name || core.target_name() == name;
        Core::ALL
            .into_iter()
            .find(known)
            .ok_or_else(|| format!("unknown core `{name}` (m0, m3, m4, m7, m33, m55)"))
    }
}

/// Whether cross compiler and emulator are installed; says so if not (see [`tools::available`]).
///
/// # Panics
/// If one is missing and tools are required.
pub fn available() -> bool {
    tools::available(&[GCC, SIZE, QEMU])
}

/// A linked program for a core.
#[derive(Debug)]
pub struct Image {
    /// What it was built for.
    pub core: Core,
    /// The ELF file.
    pub elf: PathBuf,
    /// How much of what it contains.
    pub sizes: Sizes,
}

/// Bytes in a linked image after garbage collection, without those of the rig itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Machine code of the measured objects.
    pub model_code: u64,
    /// Constants of the measured objects: weights, tables, parameters.
    pub model_const: u64,
    /// Initialised variables of the measured objects; they take flash and RAM.
    pub model_data: u64,
    /// Zero-initialised variables of the measured objects, the arena among them.
    pub model_bss: u64,
    /// Code and constants of the C and compiler libraries.
    pub lib_code: u64,
    /// Initialised variables of the libraries.
    pub lib_data: u64,
    /// Zero-initialised variables of the libraries.
    pub lib_bss: u64,
}

impl Sizes {
    /// Flash for code: all but the model's constants.
    pub fn code(&self) -> u64 {
        self.model_code + self.model_data + self.lib_code + self.lib_data
    }

    /// Static RAM, the arena included.
    pub fn ram(&self) -> u64 {
        self.model_data + self.model_bss + self.lib_data + self.lib_bss
    }
}

/// Why there is no image.
#[derive(Debug)]
pub enum BuildError {
    /// The board's memory is too small for the program: a reason to skip it there.
    DoesNotFit(String),
    /// The sources do not compile or link; the compiler's messages.
    Failed(String),
}

impl From<String> for BuildError {
    fn from(message: String) -> Self {
        BuildError::Failed(message)
    }
}

/// Compiles `sources` with `flags` (a `main` and what it needs), links them with the rig, in `dir`.
///
/// Sources whose name begins with `model` are the measured ones of [`Sizes`].
///
/// # Errors
/// See [`BuildError`].
pub fn build(core: Core, dir: &Path, sources: &[PathBuf], flags: &[&str]) -> Result<Image, BuildError> {
    let rig = crate::unpack(dir)?;
    let mut objects = Vec::new();
    for source in sources {
        objects.push(compile(core, dir, source, flags)?);
    }
    for name in ["startup.c", "semihost.c", "counter.c", "report.c"] {
        objects.push(compile(core, dir, &rig.join(name), &["-O2", "-Wall", "-Wextra", "-Werror"])?);
    }
    let elf = dir.join("image.elf");
    link(core, dir, &objects)?;
    let sizes = measure(&elf)?;
    Ok(Image { core, elf, sizes })
}

fn gcc(core: Core, dir: &Path) -> Command {
    let mut command = Command::new(GCC);
    command.current_dir(dir).args(&core.target().cflags);
    command
}

/// Compiles one source. Objects have relative names, by which the linker script tells rig, model and libraries apart.
fn compile(core: Core, dir: &Path, source: &Path, flags: &[&str]) -> Result<String, BuildError> {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let is_rig = source.starts_with(crate::sources(dir));
    let object = if is_rig { format!("rig_{stem}.o") } else { format!("{stem}.o") };
    let mut command = gcc(core, dir);
    command.args(["-std=gnu99", "-ffunction-sections", "-fdata-sections", "-fno-common"]);
    command.arg(core.board().define).arg("-I").arg(dir).arg("-I").arg(crate::sources(dir));
    command.args(flags).arg("-c").arg(source).arg("-o").arg(&object);
    cc::compile(&mut command)?;
    Ok(object)
}

fn link(core: Core, dir: &Path, objects: &[String]) -> Result<(), BuildError> {
    let mut command = gcc(core, dir);
    command.args(["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections"]);
    command.arg("-L").arg(crate::sources(dir).join("ld")).arg("-T").arg(core.board().script);
    command.args(objects).args(["-lm", "-o", "image.elf"]);
    match cc::compile(&mut command) {
        Ok(_) => Ok(()),
        Err(message) if message.contains("overflowed") => {
            let line = message.lines().find(|line| line.contains("overflowed")).unwrap_or_default();
            Err(BuildError::DoesNotFit(line.trim().to_owned()))
        }
        Err(message) => Err(BuildError::Failed(message)),
    }
}

/// Reads section sizes as `size -A` prints them: name, size, address.
fn measure(elf: &Path) -> Result<Sizes, String> {
    let listing =
        tools::run(Command::new(SIZE).arg("-A").arg(elf), Duration::from_secs(10))?.success(SIZE)?;
    let section = |name: &str| {
        let find = |line: &str| {
            let mut words = line.split_whitespace();
            (words.next()? == name).then(|| words.next()?.parse().ok()).flatten()
        };
        listing.stdout.lines().find_map(find).unwrap_or(0)
    };
    Ok(Sizes {
        model_code: section(".model_text"),
        model_const: section(".model_const"),
        model_data: section(".model_data"),
        model_bss: section(".model_bss"),
        lib_code: section(".lib_text") + section(".ARM.exidx"),
        lib_data: section(".lib_data"),
        lib_bss: section(".lib_bss"),
    })
}

/// Runs an image; the files that the program opens are in `dir`.
///
/// # Errors
/// What the program printed, if it ends with an error or a fault or runs longer than `limit`.
pub fn run(image: &Image, dir: &Path, limit: Duration) -> Result<Finished, String> {
    finish(emulator(image, dir), image, limit)
}

/// What a program executed between two marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions of all kinds.
    pub instructions: u64,
    /// Instructions that load, be it several registers.
    pub loads: u64,
    /// Instructions that store.
    pub stores: u64,
    /// Instructions that multiply.
    pub multiplies: u64,
}

/// Runs an image as [`run`] does and counts classes of instructions: one element for each pair of `rig_count_start` and
/// `rig_count_stop`, what an empty pair counts subtracted.
///
/// # Errors
/// As [`run`]; and if the plugin that counts cannot be built, which takes a C compiler for the host.
pub fn run_counting(image: &Image, dir: &Path, limit: Duration) -> Result<(Finished, Vec<Counts>), String> {
    let source = crate::unpack(dir)?.join("plugin.c");
    let plugin = cc::shared_library(dir, &source)?;
    let mut command = emulator(image, dir);
    command.arg("-plugin").arg(format!("{},out=counts.txt", plugin.display()));
    let finished = finish(command, image, limit)?;
    let text = std::fs::read_to_string(dir.join("counts.txt")).map_err(|e| format!("counts.txt: {e}"))?;
    let mut counts = text.lines().filter_map(Counts::parse);
    // The rig counts an empty region first.
    let empty = counts.next().ok_or("the plugin has counted nothing")?;
    Ok((finished, counts.map(|counts| counts.without(empty)).collect()))
}

impl Counts {
    fn parse(line: &str) -> Option<Counts> {
        let mut numbers = line.split(' ').map(|word| word.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Counts { instructions: next()?, loads: next()?, stores: next()?, multiplies: next()? })
    }

    /// Less what `other` contains.
    pub fn without(self, other: Counts) -> Counts {
        Counts {
            instructions: self.instructions.saturating_sub(other.instructions),
            loads: self.loads.saturating_sub(other.loads),
            stores: self.stores.saturating_sub(other.stores),
            multiplies: self.multiplies.saturating_sub(other.multiplies),
        }
    }
}

/// The emulator with an image, to be started.
fn emulator(image: &Image, dir: &Path) -> Command {
    let board = image.core.board();
    let mut command = Command::new(QEMU);
    command.current_dir(dir).args(["-M", board.machine, "-display", "none", "-monitor", "none"]);
    command.args(["-serial", "none", "-no-reboot", "-kernel"]).arg(&image.elf);
    command.arg("-icount").arg(format!("shift={},align=off,sleep=off", board.icount_shift));
    command.args(["-chardev", "stdio,id=out,signal=off"]);
    command.args(["-semihosting-config", "enable=on,target=native,chardev=out"]);
    command
}

fn finish(mut command: Command, image: &Image, limit: Duration) -> Result<Finished, String> {
    tools::run(&mut command, limit)?.success(&format!("program on {}", image.core.target_name()))
}
