//! scratch
use redsc_codegen::{COptions, Optimize, emit_c};
fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap();
    let out = std::path::PathBuf::from(args.next().unwrap());
    let bytes = std::fs::read(&path).unwrap();
    let module = if bytes.starts_with(b"module") {
        redsc_ir::text::parse(std::str::from_utf8(&bytes).unwrap(), &|_| None).unwrap()
    } else {
        redsc::frontend::load(&bytes, "m").unwrap()
    };
    let target = redsc_ir::Target::named("generic").unwrap();
    let plan = redsc_passes::plan(&module, target, &Default::default()).unwrap_or_else(|e| {
        for e in e {
            println!("{e}");
        }
        std::process::exit(1)
    });
    let mut options = COptions::new("model");
    for a in args {
        match a.as_str() {
            "-t" => options.trace = true,
            "-w" => options.weights_separate = true,
            "-x" => options.arena_external = true,
            "-s" => options.optimize = Optimize::Size,
            _ => panic!(),
        }
    }
    match emit_c(&module, &plan, target, &options) {
        Ok(a) => {
            for a in a {
                std::fs::write(out.join(&a.name), &a.bytes).unwrap();
            }
        }
        Err(e) => {
            for e in e {
                println!("{}: {}", e.location, e.message);
            }
            std::process::exit(1)
        }
    }
}
