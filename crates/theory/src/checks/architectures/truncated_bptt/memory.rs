//! A task whose answer lies 19 steps back, for chunks of 5.

use rand::Rng as _;
use tch::{Device, Kind, Tensor};

use super::network::{Border, Parameters, Task, by_autograd, outputs, train};
use super::{SPAN, STEPS};
use crate::toolkit::compare::largest;
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Precision, Verdict};

/// A bit of ±1 at the first step, noise at all; the bit is wanted at the last.
fn memory_task(context: &Context, purpose: &str) -> Task {
    let count = 64;
    let mut rng = context.rng(purpose);
    let bits: Vec<f64> = (0..count).map(|_| if rng.random() { 1.0 } else { -1.0 }).collect();
    let bits = Tensor::from_slice(&bits);
    let zeros = Tensor::zeros([count, STEPS, 1], (Kind::Double, Device::Cpu));
    let (signal, targets) = (zeros.copy(), zeros.copy());
    signal.select(1, 0).copy_(&bits.unsqueeze(1));
    targets.select(1, STEPS - 1).copy_(&bits.unsqueeze(1));
    let noise = 0.1 * context.normal(&format!("{purpose} noise"), &[count, STEPS, 1]);
    let counts = Tensor::zeros([1, STEPS, 1], (Kind::Double, Device::Cpu));
    let _ = counts.select(1, STEPS - 1).fill_(1.0);
    Task { inputs: Tensor::cat(&[signal, noise], 2), targets, counts }
}

/// The share of new sequences whose bit is read right after training.
fn right(context: &Context, start: &Parameters, span: i64, border: Border) -> f64 {
    let trained = train(start, &memory_task(context, "truncated-bptt training"), span, border);
    let test = memory_task(context, "truncated-bptt test");
    let read = outputs(&trained, &test.inputs, span, border).select(1, STEPS - 1);
    let hits = read.sign().eq_tensor(&test.targets.select(1, STEPS - 1));
    hits.to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
}

/// How often the bit is read right, starting from two networks.
struct Rights {
    /// A network that lets the bit in and keeps it, its state handed on every 5 steps.
    carried: f64,
    /// The same with its state reset every 5 steps.
    reset: f64,
    /// A network that does not let the bit in yet, with S = 5.
    unwritten: f64,
    /// The same with S = T.
    whole: f64,
    /// The gradient of the weights that would let it in, with S = 5.
    slope: f64,
}

fn measure(context: &Context) -> Rights {
    let width = 6;
    let keeping = [
        0.3 * context.normal("truncated-bptt write", &[2, width]),
        Tensor::eye(width, (Kind::Double, Device::Cpu)),
        0.3 * context.normal("truncated-bptt read", &[width, 1]),
    ];
    let blind = keeping.each_ref().map(Tensor::copy);
    let _ = blind[0].get(0).fill_(0.0);
    let task = memory_task(context, "truncated-bptt training");
    let slopes = by_autograd(&blind, &task, SPAN, Border::Cut);
    Rights {
        carried: right(context, &keeping, SPAN, Border::Cut),
        reset: right(context, &keeping, SPAN, Border::Reset),
        unwritten: right(context, &blind, SPAN, Border::Cut),
        whole: right(context, &blind, STEPS, Border::Cut),
        slope: largest(&slopes[0].get(0)),
    }
}

/// What is learned about an input 19 steps back with S = 5.
pub(super) fn findings(context: &Context) -> [Finding; 3] {
    let rights = measure(context);
    [at_most_s(&rights), handed_on(&rights), credit(&rights)]
}

fn percent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 0))
}

fn at_most_s(rights: &Rights) -> Finding {
    Finding {
        id: "at-most-s".into(),
        claim: "TBPTT allows to learn relations between inputs that are at most S steps apart"
            .into(),
        source: "001, Sequence models, answer 3, part 3".into(),
        expected: "a bit from 19 steps back is read right by chance, 50 %, with S = 5".into(),
        measured: percent(rights.carried),
        verdict: Verdict::holds_if(rights.carried < 0.75),
        precision: Precision::Relative(0.2),
    }
}

fn handed_on(rights: &Rights) -> Finding {
    Finding {
        id: "carried".into(),
        claim: "The hidden state that is handed on carries information beyond S".into(),
        source: "standard result".into(),
        expected:
            "the bit is read right with it, and by chance if the state is reset every 5 steps"
                .into(),
        measured: format!("{} with it, {} without", percent(rights.carried), percent(rights.reset)),
        verdict: Verdict::holds_if(rights.carried > 0.9 && rights.reset < 0.75),
        precision: Precision::Relative(0.2),
    }
}

fn credit(rights: &Rights) -> Finding {
    let Rights { unwritten, whole, slope, .. } = *rights;
    Finding {
        id: "credit".into(),
        claim: "What TBPTT cannot learn is to store what is needed more than S steps later".into(),
        source: "standard result".into(),
        expected: "no gradient for a weight that does not let the bit in yet: the bit is read by \
                   chance with S = 5, and right with S = T"
            .into(),
        measured: format!(
            "gradient {slope}; {} with S = 5, {} with S = T",
            percent(unwritten),
            percent(whole)
        ),
        verdict: Verdict::holds_if(slope == 0.0 && unwritten < 0.75 && whole > 0.9),
        precision: Precision::Relative(0.2),
    }
}
