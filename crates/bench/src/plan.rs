//! The rows of the report.

use autodecoder_training::Precision;

use crate::case::{Decoder, Setting, Work};
use crate::peer::Peer;
use crate::tsne::Program;

/// Negative ELBOs, nats, whose time of reaching is measured.
pub const LEVELS: [u32; 4] = [245, 242, 240, 238];

/// What a row measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Time of a step, a peer's over ours.
    Speed(Setting, Peer),
    /// Time of our step with few images over that with many.
    Scaling {
        /// With many images.
        many: Setting,
        /// With few.
        few: Setting,
    },
    /// Peak memory, a peer's over ours; or else a bound over ours.
    Memory(Setting, Option<Peer>),
    /// Share of the time of training that goes into checkpoints.
    Checkpoint(Setting),
    /// Time of a t-SNE map, the other program's over ours.
    Tsne(Program),
    /// Time until the negative ELBO is below a level, the VAE's over ours.
    TimeToQuality(u32),
    /// Negative ELBO at the end of the longest schedule, the VAE's over ours.
    Quality,
}

impl Measure {
    /// Whether it can be taken on a GPU: memory is the CPU's, and bfloat16 and the other programs run there
    /// only.
    fn is_for_any_device(self) -> bool {
        match self {
            Measure::Speed(setting, _) => setting.precision == Precision::F32,
            Measure::Scaling { .. } => true,
            _ => false,
        }
    }

    /// Whether this processor computes in f32 what is to be measured of another precision.
    fn is_of_f32_again(self) -> bool {
        match self {
            Measure::Speed(Setting { precision, .. }, _) => {
                precision != Precision::F32 && precision.is_f32()
            }
            _ => false,
        }
    }
}

/// A row to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What is measured.
    pub name: String,
    /// What it is compared with.
    pub against: String,
    /// How.
    pub measure: Measure,
}

const BASE: Setting = Setting {
    work: Work::Train,
    decoder: Decoder::Mlp,
    variational: true,
    count: 60_000,
    batch: 64,
    precision: Precision::F32,
};
const BF16: Setting = Setting { precision: Precision::Bf16, ..BASE };
const BF16X3: Setting = Setting { precision: Precision::Bf16x3, ..BASE };
const MILLION: Setting = Setting { count: 1_000_000, ..BASE };
const FEW: Setting = Setting { count: 10_000, ..BASE };
const INFERENCE: Setting = Setting { work: Work::Infer, count: 10_000, batch: 250, ..BASE };

/// The rows that `device` can give whose names begin with `only`, in the report's order; a choice of
/// fast ones if `quick`.
pub fn rows(quick: bool, only: &str, device: &str) -> Vec<Planned> {
    let measures = if quick { quick_measures() } else { all_measures() };
    let possible = |measure: &Measure| {
        (device == "cpu" || measure.is_for_any_device()) && !measure.is_of_f32_again()
    };
    measures
        .into_iter()
        .filter(possible)
        .map(planned)
        .filter(|row| row.name.starts_with(only))
        .collect()
}

fn quick_measures() -> Vec<Measure> {
    use Peer::{Course, Limit, Tuned, TunedBf16};
    let mut found = speeds(BASE, &[Course, Tuned, Limit]);
    found.extend(speeds(Setting { decoder: Decoder::Conv, ..BASE }, &[Tuned, Limit]));
    found.extend(speeds(Setting { variational: false, ..BASE }, &[Tuned]));
    found.extend(speeds(BF16X3, &[Tuned]));
    found.extend(speeds(BF16, &[Tuned, TunedBf16]));
    found.extend(speeds(INFERENCE, &[Tuned]));
    found.extend([Measure::Memory(BASE, None), Measure::Memory(BASE, Some(Tuned))]);
    found.push(Measure::Checkpoint(BASE));
    found
}

fn all_measures() -> Vec<Measure> {
    use Peer::{Compiled, CompiledBf16, Course, Limit, Tuned, TunedBf16};
    let everyone = [Course, Tuned, Compiled, Limit];
    let mut found = Vec::new();
    for decoder in [Decoder::Mlp, Decoder::Conv] {
        for batch in [64, 256] {
            found.extend(speeds(Setting { decoder, batch, ..BASE }, &everyone));
        }
    }
    found.extend(speeds(Setting { variational: false, ..BASE }, &everyone));
    found.extend(speeds(FEW, &[Course, Tuned]));
    // Without Course, whose dense Adam takes seconds for a step over so many rows.
    found.extend(speeds(MILLION, &[Tuned]));
    found.push(Measure::Scaling { many: MILLION, few: FEW });
    for batch in [64, 256] {
        found.extend(speeds(Setting { batch, ..BF16X3 }, &everyone));
    }
    for (decoder, batch) in [(Decoder::Mlp, 64), (Decoder::Mlp, 256), (Decoder::Conv, 64)] {
        let peers: &[Peer] = if decoder == Decoder::Mlp {
            &[Course, Tuned, Compiled, TunedBf16, CompiledBf16]
        } else {
            &[Tuned, TunedBf16]
        };
        found.extend(speeds(Setting { decoder, batch, ..BF16 }, peers));
    }
    for decoder in [Decoder::Mlp, Decoder::Conv] {
        found.extend(speeds(Setting { decoder, ..INFERENCE }, &[Tuned, Compiled, Limit]));
    }
    found.extend(speeds(Setting { precision: Precision::Bf16x3, ..INFERENCE }, &[Tuned, Limit]));
    found.extend(speeds(Setting { precision: Precision::Bf16, ..INFERENCE }, &[Tuned, TunedBf16]));
    for against in [None, Some(Course), Some(Tuned)] {
        found.push(Measure::Memory(BASE, against));
    }
    found.extend([None, Some(Tuned)].map(|against| Measure::Memory(MILLION, against)));
    found.push(Measure::Checkpoint(BASE));
    found.extend([Program::OpenTsne, Program::ScikitLearn].map(Measure::Tsne));
    found.extend(LEVELS.map(Measure::TimeToQuality));
    found.push(Measure::Quality);
    found
}

fn speeds(setting: Setting, peers: &[Peer]) -> Vec<Measure> {
    peers.iter().map(|&peer| Measure::Speed(setting, peer)).collect()
}

fn planned(measure: Measure) -> Planned {
    let (name, against) = match measure {
        Measure::Speed(setting, peer) => (setting.name(), peer.name().to_owned()),
        Measure::Scaling { many, few } => {
            (format!("step/{}/n{}", many.decoder.name(), many.count), format!("n{}", few.count))
        }
        Measure::Memory(setting, against) => {
            let name = format!("memory/{}/n{}", setting.decoder.name(), setting.count);
            (name, against.map_or("bound", Peer::name).to_owned())
        }
        Measure::Checkpoint(setting) => {
            let name = format!("checkpoint/{}/n{}", setting.decoder.name(), setting.count);
            (name, "training".to_owned())
        }
        Measure::Tsne(program) => ("tsne/10000".to_owned(), program.name().to_owned()),
        Measure::TimeToQuality(level) => (format!("time-to-quality/{level}"), "vae".to_owned()),
        Measure::Quality => ("quality/last-epoch".to_owned(), "vae".to_owned()),
    };
    Planned { name, against, measure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_have_the_same_names() {
        let rows = rows(false, "", "cpu");
        for (i, a) in rows.iter().enumerate() {
            let same = |b: &Planned| (&a.name, &a.against) == (&b.name, &b.against);
            assert!(!rows[..i].iter().any(same), "{} / {}", a.name, a.against);
        }
    }

    #[test]
    fn quick_rows_are_a_choice_of_all_rows() {
        let all = rows(false, "", "cpu");
        let quick = rows(true, "", "cpu");
        assert!(quick.len() * 2 < all.len());
        assert!(quick.iter().all(|row| all.contains(row)));
    }

    #[test]
    fn a_prefix_chooses_rows() {
        let names: Vec<String> = rows(false, "time-to", "cpu")
            .into_iter()
            .map(|row| format!("{} {}", row.name, row.against))
            .collect();
        let levels = ["245", "242", "240", "238"];
        assert_eq!(names, levels.map(|level| format!("time-to-quality/{level} vae")));
        assert_eq!(rows(false, "train/mlp/n60000/b64", "cpu").len(), 4);
        assert!(rows(false, "nothing", "cpu").is_empty());
    }

    #[test]
    fn a_gpu_gives_no_rows_of_memory_or_of_programs_for_the_cpu() {
        let names: Vec<String> =
            rows(false, "", "cuda:0").into_iter().map(|row| row.name).collect();
        assert!(names.contains(&"train/mlp/n60000/b64".to_owned()), "{names:?}");
        let begins = |start: &str| names.iter().any(|name| name.starts_with(start));
        assert!(!["memory", "checkpoint", "tsne", "time-to", "quality"].into_iter().any(begins));
    }
}
