//! The TFLite file format: reader and writer types generated from `tflite.fbs`.
//!
//! For a table `T`, `TRef` reads a field from the bytes when it is asked for (every access can fail on a damaged
//! file), and `T` is the owned form that [`planus::Builder`] writes. A crate of its own, because the generated code
//! is long and changes rarely.

pub use planus;

/// Four bytes at offset 4 of every TFLite file.
pub const IDENTIFIER: [u8; 4] = *b"TFL3";

#[allow(missing_docs, unsafe_code, unused, clippy::all, reason = "generated; documented by tflite.fbs")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tflite.rs"));
}

pub use generated::tflite;

/// The file with `model` as its root.
///
/// [`planus::Builder::finish`] of 1.3.0 writes the identifier and the offset of the root in the wrong order; this
/// puts them right.
pub fn write_file(
    builder: &mut planus::Builder,
    model: impl planus::WriteAsOffset<tflite::Model>,
) -> Vec<u8> {
    let mut file = builder.finish(model, Some(IDENTIFIER)).to_vec();
    if let [i0, i1, i2, i3, o0, o1, o2, o3, ..] = file[..]
        && [i0, i1, i2, i3] == IDENTIFIER
    {
        let root = u32::from_le_bytes([o0, o1, o2, o3]) + IDENTIFIER.len() as u32;
        file[..4].copy_from_slice(&root.to_le_bytes());
        file[4..8].copy_from_slice(&IDENTIFIER);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::planus::{Builder, ReadAsRoot};
    use super::{IDENTIFIER, tflite, write_file};

    #[test]
    fn written_files_read_back() {
        let model = tflite::Model { version: 3, description: Some("m".into()), ..Default::default() };
        let file = write_file(&mut Builder::new(), &model);
        assert_eq!(file[4..8], IDENTIFIER);
        let read = tflite::ModelRef::read_as_root(&file).unwrap();
        assert_eq!(tflite::Model::try_from(read).unwrap(), model);
    }

    #[test]
    fn members_have_the_numbers_of_the_format() {
        assert_eq!(tflite::BuiltinOperator::StablehloCase as i32, 209);
        assert_eq!(tflite::BuiltinOperator::StridedSlice.schema_name(), "STRIDED_SLICE");
        assert_eq!(tflite::TensorType::Float8E5m2 as i8, 22);
    }
}
