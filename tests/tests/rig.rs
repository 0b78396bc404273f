//! The rig itself: exact counts, faults, file transfer, memory limits, on every emulated core.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use redsc_tests::qemu::{self, BuildError, Core};
use redsc_tests::{cc, tools};

const LIMIT: Duration = Duration::from_secs(60);

fn write_source(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// A loop of known length: `adds`, `bne` per round, and a few instructions around it.
const LOOP: &str = r#"
#include "rig.h"
static void rounds(uint32_t n)
{
    __asm__ volatile(".syntax unified\n1: subs %0, #1\n\tbne 1b" : "+l"(n) : : "cc");
}
int main(void)
{
    for (uint32_t n = 1; n <= 1000000u; n *= 1000u) {
        rig_count_start();
        rounds(n);
        rig_value("insns", rig_count_stop());
    }
    return 0;
}
"#;

#[test]
fn instruction_counts_are_exact() {
    if !qemu::available() {
        return;
    }
    for core in Core::ALL {
        let dir = tempfile::tempdir().unwrap();
        let source = write_source(dir.path(), "loop.c", LOOP);
        let image = qemu::build(core, dir.path(), &[source], &["-O2"]).unwrap();
        let run = qemu::run(&image, dir.path(), LIMIT).unwrap();
        let counts = tools::values(&run.stdout, "insns");
        let differences: Vec<_> = counts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(differences, [2 * 999, 2 * 999_000], "{core:?}: {counts:?}");
        assert!(counts[0] < 16, "{core:?}: {counts:?}");
    }
}

const ECHO: &str = r#"
#include "rig.h"
static uint8_t bytes[4096];
static uint32_t deep(uint32_t n)
{
    volatile uint8_t frame[1000];
    frame[n] = 1;
    return n == 0 ? frame[0] : 2u;
}
int main(void)
{
    const int in = rig_open_read("in.bin");
    const int out = rig_open_write("out.bin");
    rig_stack_paint();
    rig_read(in, bytes, sizeof bytes);
    rig_write(out, bytes, sizeof bytes);
    rig_value("deep", deep(7));
    rig_value("stack", rig_stack_used());
    return 0;
}
"#;

#[test]
fn files_and_stack_are_seen_from_outside() {
    if !qemu::available() {
        return;
    }
    let sent: Vec<u8> = (0..4096u32).map(|i| ((i * i) >> 3) as u8).collect();
    for core in Core::ALL {
        let dir = tempfile::tempdir().unwrap();
        let source = write_source(dir.path(), "echo.c", ECHO);
        fs::write(dir.path().join("in.bin"), &sent).unwrap();
        let image = qemu::build(core, dir.path(), &[source], &["-O1"]).unwrap();
        let run = qemu::run(&image, dir.path(), LIMIT).unwrap();
        assert_eq!(fs::read(dir.path().join("out.bin")).unwrap(), sent, "{core:?}");
        let stack = tools::values(&run.stdout, "stack")[0];
        assert!((990..1400).contains(&stack), "{core:?}: {stack} bytes of stack");
    }
}

#[test]
fn a_fault_is_an_error_with_its_address() {
    if !qemu::available() {
        return;
    }
    let text = "int main(void) { __asm__ volatile(\"udf #0\"); return 0; }";
    for core in Core::ALL {
        let dir = tempfile::tempdir().unwrap();
        let source = write_source(dir.path(), "fault.c", text);
        let image = qemu::build(core, dir.path(), &[source], &["-O1"]).unwrap();
        let error = qemu::run(&image, dir.path(), LIMIT).unwrap_err();
        assert!(error.contains("fault.pc=0x"), "{core:?}: {error}");
    }
}

#[test]
fn what_exceeds_a_board_does_not_fit() {
    if !qemu::available() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let text = "static volatile char big[15500]; int main(void) { return big[3]; }";
    let source = write_source(dir.path(), "model_big.c", text);
    let sources = [source];
    let error = qemu::build(Core::M0, dir.path(), &sources, &["-O1"]).unwrap_err();
    assert!(matches!(error, BuildError::DoesNotFit(_)), "{error:?}");
    let image = qemu::build(Core::M3, dir.path(), &sources, &["-O1"]).unwrap();
    assert_eq!(image.sizes.model_bss, 15500);
    assert!(image.sizes.lib_code < 16, "the rig must not need libraries: {:?}", image.sizes);
}

#[test]
fn sanitizers_stop_undefined_behaviour_on_the_host() {
    if !cc::available() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let text =
        "#include \"rig.h\"\nint main(void) { volatile int big = 0x7fffffff; big = big + 1; return 0; }";
    let mut sources = cc::rig_sources(dir.path());
    sources.push(write_source(dir.path(), "overflow.c", text));
    let program = cc::build(dir.path(), &sources, cc::STRICT).unwrap();
    let error = cc::run(&program, dir.path(), LIMIT).unwrap_err();
    assert!(error.contains("signed integer overflow"), "{error}");
}

#[test]
fn compiler_messages_reach_the_reader() {
    if !cc::available() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let source = write_source(dir.path(), "wrong.c", "int main(void) { return misspelt; }");
    let error = cc::build(dir.path(), &[source], cc::STRICT).unwrap_err();
    assert!(error.contains("misspelt") && error.contains("wrong.c"), "{error}");
}
