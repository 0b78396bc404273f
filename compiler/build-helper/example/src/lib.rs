//! Keyword spotting: the network is compiled by `build.rs` and called through the generated safe module.

/// The generated module.
pub mod kws {
    include!(concat!(env!("OUT_DIR"), "/kws.rs"));
}

/// The class with the highest score for one window of features, quantized as the network's input is.
///
/// Returns `None` if the network is in use elsewhere or `features` has another length than its input.
pub fn spot(features: &[i8]) -> Option<usize> {
    let mut network = kws::Model::take()?;
    let input = network.input_0();
    if input.len() != features.len() {
        return None;
    }
    input.copy_from_slice(features);
    network.invoke().ok()?;
    let scores = network.output_0();
    (0..scores.len()).max_by_key(|&class| scores[class])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_runs() {
        let mut network = kws::Model::take().expect("nobody else uses the network");
        let length = network.input_0().len();
        drop(network);
        let class = spot(&vec![0; length]);
        assert!(class.is_some());
        assert_eq!(class, spot(&vec![0; length]), "the same features give the same class");
        assert_eq!(spot(&[]), None);
    }
}
