//! The ratios to reach.

use autodecoder_training::Precision;

use crate::case::{Decoder, Setting, Work};
use crate::peer::Peer;
use crate::plan::Measure;
use crate::tsne::Program;

/// The smallest ratio, the other's over ours, with which a row's goal is reached; not every row has
/// one.
pub fn goal(measure: &Measure) -> Option<f64> {
    match measure {
        Measure::Speed(setting, peer) => speed(setting, *peer),
        // A step may take a tenth longer.
        Measure::Scaling { .. } => Some(1.0 / 1.1),
        Measure::Memory(_, None) => Some(1.0),
        Measure::Tsne(Program::OpenTsne) => Some(2.0),
        Measure::TimeToQuality(_) | Measure::Quality => Some(1.0),
        Measure::Memory(_, Some(_)) | Measure::Tsne(_) | Measure::Checkpoint(_) => None,
    }
}

fn speed(setting: &Setting, peer: Peer) -> Option<f64> {
    let Setting { work, decoder, variational, count, batch, precision } = *setting;
    // What was asked for was asked of f32, or what is proven to do the same work as precisely.
    if precision == Precision::Bf16 {
        return None;
    }
    match (work, peer) {
        (Work::Infer, Peer::Tuned) => Some(1.5),
        (Work::Infer, _) => None,
        (Work::Train, Peer::Course) => {
            let asked = decoder == Decoder::Mlp && variational && (count, batch) == (60_000, 64);
            asked.then_some(20.0)
        }
        // A step may take a quarter longer than its products alone.
        (Work::Train, Peer::Limit) => (batch == 256).then_some(1.0 / 1.25),
        (Work::Train, Peer::TunedBf16 | Peer::CompiledBf16) => None,
        (Work::Train, Peer::Tuned | Peer::Compiled) => {
            Some(if decoder == Decoder::Mlp && batch == 64 { 1.5 } else { 1.3 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_hang_on_decoder_batch_and_peer() {
        let setting = Setting {
            work: Work::Train,
            decoder: Decoder::Mlp,
            variational: true,
            count: 60_000,
            batch: 64,
            precision: Precision::F32,
        };
        let large = Setting { batch: 256, ..setting };
        assert_eq!(speed(&setting, Peer::Course), Some(20.0));
        assert_eq!(speed(&large, Peer::Course), None);
        let half = Setting { precision: Precision::Bf16, ..setting };
        assert_eq!(speed(&half, Peer::Course), None);
        let sums = Setting { precision: Precision::Bf16x3, ..setting };
        assert_eq!(speed(&sums, Peer::Course), Some(20.0));
        assert_eq!(speed(&setting, Peer::Tuned), Some(1.5));
        assert_eq!(speed(&large, Peer::Compiled), Some(1.3));
        assert_eq!(speed(&setting, Peer::Limit), None);
        assert_eq!(speed(&large, Peer::Limit), Some(0.8));
    }
}
