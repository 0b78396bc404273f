//! Generates the Rust types of `onnx.proto`, without the protobuf compiler.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=onnx.proto");

    let descriptors = protox::compile(["onnx.proto"], ["."]).expect("onnx.proto is valid");
    prost_build::Config::new()
        // Weights stay slices of the file.
        .bytes(["."])
        .compile_fds(descriptors)
        .expect("the generator accepts what the compiler accepted");
}
