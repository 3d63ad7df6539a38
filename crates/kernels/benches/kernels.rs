//! How long the kernels of a training step take, in the sizes of Fashion-MNIST: `cargo bench -p
//! autodecoder-kernels`, on the threads that `RAYON_NUM_THREADS` names.

use std::hint::black_box;

use autodecoder_kernels::{
    Activation, Adam, Affine, Bernoulli, Learned, Loss, Network, Packed, Precision, RowIndices,
    Stage, Team, Update, UpdateStep, Wanted, Workspace,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const ADAM: Adam = Adam { betas: [0.9, 0.999], epsilon: 1e-8 };
/// Rows of a chunk: as many as the training engine takes.
const CHUNK: usize = 16;

/// Numbers in ±1 without a pattern that matters.
fn numbers(count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect()
}

fn rows(criterion: &mut Criterion) {
    const ROWS: usize = 60_000;
    const WIDTH: usize = 64;
    let mut table = numbers(ROWS * WIDTH);
    let mut group = criterion.benchmark_group("rows of 64 in a table of 60,000");
    for count in [64, 256] {
        // A stride without a common factor: distinct rows, far from one another.
        let indices: Vec<i64> = (0..count).map(|i| i * 7919 % ROWS as i64).collect();
        let Ok(chosen) = RowIndices::new(&indices, ROWS) else { continue };
        let mut batch = vec![0.0; indices.len() * WIDTH];
        group.throughput(Throughput::Elements(indices.len() as u64));
        group.bench_function(BenchmarkId::new("check", count), |bencher| {
            bencher.iter(|| RowIndices::new(black_box(&indices), ROWS).is_ok());
        });
        group.bench_function(BenchmarkId::new("gather", count), |bencher| {
            bencher.iter(|| chosen.gather(black_box(&table), WIDTH, black_box(&mut batch)));
        });
        group.bench_function(BenchmarkId::new("scatter", count), |bencher| {
            bencher.iter(|| chosen.scatter(black_box(&mut table), WIDTH, black_box(&batch)));
        });
    }
    group.finish();
}

fn adam(criterion: &mut Criterion) {
    const COUNT: usize = 500_000;
    let (mut values, gradient) = (numbers(COUNT), numbers(COUNT));
    let (mut first, mut second) = (vec![0.0; COUNT], vec![0.0; COUNT]);
    let mut step = 0.0;
    let mut group = criterion.benchmark_group("optimiser");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("Adam, 500,000 values", |bencher| {
        bencher.iter(|| {
            step += 1.0;
            let state: &mut [&mut [f32]] = &mut [&mut first, &mut second];
            ADAM.update(black_box(&mut values), black_box(&gradient), state, step, 1e-3);
        });
    });
    group.finish();
}

fn loss(criterion: &mut Criterion) {
    const PIXELS: usize = 784;
    const IMAGES: usize = 64;
    let logits: Vec<f32> = numbers(PIXELS * IMAGES).into_iter().map(|x| 4.0 * x).collect();
    let pixels: Vec<f32> = numbers(PIXELS * IMAGES).into_iter().map(f32::abs).collect();
    let mut gradient = logits.clone();
    let mut group = criterion.benchmark_group("loss");
    group.throughput(Throughput::Elements(logits.len() as u64));
    group.bench_function("Bernoulli, 64 images of 784", |bencher| {
        bencher.iter(|| {
            gradient.copy_from_slice(black_box(&logits));
            let images = gradient.chunks_exact_mut(PIXELS).zip(pixels.chunks_exact(PIXELS));
            images.map(|(logits, pixels)| Bernoulli.apply(logits, pixels)).sum::<f64>()
        });
    });
    group.finish();
}

fn networks(criterion: &mut Criterion) {
    for precision in [Precision::F32, Precision::Bf16, Precision::Bf16x3] {
        network(criterion, precision);
    }
}

fn network(criterion: &mut Criterion, precision: Precision) {
    const ROWS: usize = 64;
    let widths = [32, 256, 512, 784];
    let linear = |pair: &[usize]| Stage::Linear { inputs: pair[0], outputs: pair[1] };
    let relu = Stage::Activation(Activation::Relu);
    let mut stages: Vec<Stage> = widths.windows(2).flat_map(|pair| [linear(pair), relu]).collect();
    stages.pop();
    let Some(network) = Network::new(widths[0], stages) else { return };
    let mut weights: Vec<Layer> =
        network.stages().iter().filter_map(Stage::parameters).map(Layer::new).collect();
    let mut packed = Packed::new(&network, &affines(&weights), precision);
    let mut workspace = Workspace::new(&network, (ROWS, CHUNK), precision);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Ok(mut team) = Team::new(threads) else { return };
    let mut step = 0.0;
    let mut group = criterion.benchmark_group("perceptron 32, 256, 512, 784");
    group.throughput(Throughput::Elements(ROWS as u64));
    let name = format!("forward, backward and update, 64 rows, {precision:?}");
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            step += 1.0;
            let parameters = affines(&weights);
            team.map(workspace.chunks(ROWS), |mut chunk| {
                chunk.input().fill(0.1);
                network.forward(&parameters, &packed, &mut chunk);
                let (outputs, gradient) = chunk.output();
                // Pulls all outputs to 0, so that they stay sane however often it runs.
                gradient.copy_from_slice(outputs);
                network.backward(&parameters, &packed, &mut chunk, Wanted::Parameters);
            });
            let learned = weights.iter_mut().map(Layer::learned).collect();
            let update = UpdateStep { rule: &ADAM, step, rate: 1e-4, rows: ROWS, images: ROWS };
            let tasks = network.update(&workspace, &mut packed, learned, &update);
            team.map(tasks, |task| task());
        });
    });
    group.finish();
}

/// Weight, then bias: the values and both of Adam's moments.
struct Layer([[Vec<f32>; 3]; 2]);

impl Layer {
    fn new(sizes: [usize; 2]) -> Layer {
        Layer(sizes.map(|size| {
            let values = numbers(size).into_iter().map(|x| 0.05 * x).collect();
            [values, vec![0.0; size], vec![0.0; size]]
        }))
    }

    fn learned(&mut self) -> Learned<'_> {
        let [weight, bias] = &mut self.0;
        let [weight, first, second] = weight;
        let weight_state = vec![first.as_mut_slice(), second];
        let [bias, first, second] = bias;
        Learned { weight, weight_state, bias, bias_state: vec![first.as_mut_slice(), second] }
    }
}

fn affines(layers: &[Layer]) -> Vec<Affine<'_>> {
    layers
        .iter()
        .map(|Layer([weight, bias])| Affine { weight: &weight[0], bias: &bias[0] })
        .collect()
}

// The macro makes a public function without documentation.
#[allow(missing_docs)]
mod group {
    use super::{adam, criterion_group, loss, networks, rows};

    criterion_group!(kernels, rows, adam, loss, networks);
}

criterion_main!(group::kernels);
