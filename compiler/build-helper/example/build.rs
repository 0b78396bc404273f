//! Compiles the network into this crate.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = "../../../tests/models/kws_dscnn_int8.tflite";
    redsc_build::Builder::new(model).target("generic").compile("kws")?;
    Ok(())
}
