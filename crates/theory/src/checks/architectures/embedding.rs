//! An embedding looks rows up: values, gradient, shape, and what models of bare token numbers miss.

use anyhow::Result;
use rand::Rng as _;
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::largest_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

const TOKENS: i64 = 42;

/// libtorch's embedding: `[…]` token numbers to `[…, width]`.
fn library(weight: &Tensor, tokens: &Tensor) -> Tensor {
    Tensor::embedding(weight, tokens, -1, false, false)
}

/// The same from indexing alone, which accepts token numbers of any shape.
fn looked_up(weight: &Tensor, tokens: &Tensor) -> Tensor {
    weight.index(&[Some(tokens)])
}

/// The same as a matrix product: row i of the identity times the weight is row i of the weight.
fn product(weight: &Tensor, tokens: &Tensor) -> Tensor {
    tokens.one_hot(TOKENS).to_kind(weight.kind()).matmul(weight)
}

/// Token numbers of the given shape, all but the last, so that one row goes without.
fn tokens(context: &Context, shape: &[i64]) -> Tensor {
    let mut rng = context.rng("embedding tokens");
    let count: i64 = shape.iter().product();
    let tokens: Vec<i64> = (0..count).map(|_| rng.random_range(0..TOKENS - 1)).collect();
    Tensor::from_slice(&tokens).reshape(shape)
}

/// Row look-up against one-hot product, the question's shape, and bare token numbers.
pub fn embedding(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let tokens = tokens(context, &[5, 6, 7, 8]);
    let weight = context.normal("embedding weight", &[TOKENS, 6]);
    outcome.findings.extend([
        values(&weight, &tokens),
        own(context, &weight, &tokens),
        gradient(context, &weight, &tokens),
    ]);
    let shapes = shapes(&tokens, &mut outcome);
    outcome.findings.extend(shapes);
    let numbers = bare_numbers(context, &mut outcome)?;
    outcome.findings.push(numbers);
    Ok(outcome)
}

fn values(weight: &Tensor, tokens: &Tensor) -> Finding {
    let difference = largest_difference(&library(weight, tokens), &product(weight, tokens));
    Finding {
        id: "one-hot".into(),
        claim: "An embedding is the product of one-hot vectors with its weight".into(),
        source: "standard result".into(),
        expected: "the same values as the look-up".into(),
        measured: format!("difference {}", at_most(difference, -14)),
        verdict: Verdict::holds_if(difference < 1e-14),
        precision: Precision::Exact,
    }
}

fn own(context: &Context, weight: &Tensor, tokens: &Tensor) -> Finding {
    let upstream = context.normal("embedding upstream", &library(weight, tokens).size());
    let derivative = |layer: fn(&Tensor, &Tensor) -> Tensor| {
        gradients(&[weight], |w| (layer(&w[0], tokens) * &upstream).sum(Kind::Double)).remove(0)
    };
    let value = largest_difference(&library(weight, tokens), &looked_up(weight, tokens));
    let slope = largest_difference(&derivative(library), &derivative(looked_up));
    Finding {
        id: "own".into(),
        claim: "embedding_weight[input_tensor] implements nn.Embedding".into(),
        source: "001, Sequence models, answer 2, part 2".into(),
        expected: "the values and the gradient of libtorch’s embedding".into(),
        measured: format!("differences {} and {}", at_most(value, -14), at_most(slope, -12)),
        verdict: Verdict::holds_if(value < 1e-14 && slope < 1e-12),
        precision: Precision::Exact,
    }
}

/// Row t of the gradient is the sum of what comes back at the places where token t stands.
fn gradient(context: &Context, weight: &Tensor, tokens: &Tensor) -> Finding {
    let upstream = context.normal("embedding upstream", &library(weight, tokens).size());
    let by_autograd =
        gradients(&[weight], |w| (library(&w[0], tokens) * &upstream).sum(Kind::Double)).remove(0);
    let sums = by_autograd.zeros_like();
    let rows = tokens.reshape([-1]);
    let flat = upstream.reshape([-1, upstream.size()[4]]);
    for place in 0..rows.numel() as i64 {
        let mut row = sums.get(rows.int64_value(&[place]));
        row += flat.get(place);
    }
    let difference = largest_difference(&by_autograd, &sums);
    let unused = by_autograd.get(TOKENS - 1).abs().max().double_value(&[]);
    Finding {
        id: "gradient".into(),
        claim: "A row’s gradient is the sum over the places of its token; a token that does not \
                occur has none"
            .into(),
        source: "standard result".into(),
        expected: "a loop over all 1680 places; 0 for token 41, which does not occur".into(),
        measured: format!("difference {}; {unused} for token 41", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12 && unused == 0.0),
        precision: Precision::Exact,
    }
}

/// The shape without its 5·6·7·8·42000 numbers: all places with three widths, and one place with all
/// of the width.
fn shapes(tokens: &Tensor, outcome: &mut Outcome) -> [Finding; 2] {
    let zeros = |width| Tensor::zeros([TOKENS, width], (Kind::Float, Device::Cpu));
    let shape = |width, tokens: &Tensor| library(&zeros(width), tokens).size();
    for width in 1..=3 {
        outcome.show(format!("all tokens, width {width}: {:?}", shape(width, tokens)));
    }
    let one = tokens.narrow(0, 0, 1).narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1);
    let wide = shape(42_000, &one);
    outcome.show(format!("one token, width 42000: {wide:?}"));
    outcome.show("all of it: 1680·42000 = 70560000 numbers, 282 MB in single precision");
    let mut whole = shape(1, tokens);
    whole[4] = wide[4];
    [given_shape(&whole), printed_shape(&whole)]
}

fn given_shape(shape: &[i64]) -> Finding {
    Finding {
        id: "given-shape".into(),
        claim:
            "Y has the shape (batch_size, seq_length, embedding_size), and embedding_size is 128"
                .into(),
        source: "001, Sequence models, answer 2, part 1".into(),
        expected: "three axes, the last of 128".into(),
        measured: format!("{shape:?}: the tokens’ shape with the width behind it"),
        verdict: Verdict::holds_if(shape.len() == 3 && shape[2] == 128),
        precision: Precision::Exact,
    }
}

fn printed_shape(shape: &[i64]) -> Finding {
    Finding {
        id: "shape".into(),
        claim: "Y has the shape [5, 6, 7, 8, 42000]".into(),
        source: "001, Sequence models, question 2".into(),
        expected: "[5, 6, 7, 8, 42000]".into(),
        measured: format!("{shape:?}: the tokens’ shape with the width behind it"),
        verdict: Verdict::holds_if(shape == [5, 6, 7, 8, 42_000]),
        precision: Precision::Exact,
    }
}

/// Every token has a sentiment, and a sentence the mean of its tokens’. A linear model predicts it
/// from an embedding of width 1, or from the mean token number.
fn bare_numbers(context: &Context, outcome: &mut Outcome) -> Result<Finding> {
    let sentences = tokens(context, &[300, 10]);
    let sentiment = context.normal("embedding sentiment", &[TOKENS]);
    let sorted = sentiment.sort(0, false).0;
    let share = |sentiment: &Tensor, embedded: bool| {
        let target = sentiment.index(&[Some(&sentences)]).mean_dim(-1, false, Kind::Double);
        let features = if embedded {
            sentences.one_hot(TOKENS - 1).mean_dim(1, false, Kind::Double)
        } else {
            sentences.to_kind(Kind::Double).mean_dim(-1, true, Kind::Double)
        };
        explained(&features, &target)
    };
    let (any, ordered) = (share(&sentiment, false), share(&sorted, false));
    let embedded = share(&sentiment, true).min(share(&sorted, true));
    outcome.show(format!(
        "explained by the mean token number: {any:.3}; tokens numbered by sentiment: {ordered:.3}; \
         embedding: {embedded:.3}"
    ));
    Ok(Finding {
        id: "bare-numbers".into(),
        claim: "Trained on bare token numbers, a model depends on how the tokens are numbered"
            .into(),
        source: "001, Sequence models, question 1".into(),
        expected:
            "an embedding explains all of the variance under any numbering, the numbers do not"
                .into(),
        measured: format!(
            "numbers explain {} of the variance, {} if sorted by sentiment; an embedding {}",
            fixed(any, 2),
            fixed(ordered, 2),
            fixed(embedded, 2)
        ),
        verdict: Verdict::holds_if(any < 0.5 && ordered > 0.8 && embedded > 0.999),
        precision: Precision::Exact,
    })
}

/// The share of the target’s variance that the best linear model with an offset explains.
fn explained(features: &Tensor, target: &Tensor) -> f64 {
    let ones = target.ones_like().unsqueeze(1);
    let design = Tensor::cat(&[features, &ones], 1);
    let weights = design.pinverse(1e-10).matmul(&target.unsqueeze(1));
    let rest = target - design.matmul(&weights).squeeze_dim(1);
    1.0 - (rest.var(false) / target.var(false)).double_value(&[])
}
