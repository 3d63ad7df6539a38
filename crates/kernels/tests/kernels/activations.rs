//! Activations and their derivatives against float64 and central differences.

use autodecoder_kernels::Activation;

use crate::make::{assert_close, numbers_within, slopes, wide};

const ALL: [Activation; 3] = [Activation::Relu, Activation::Silu, Activation::Tanh];

fn reference(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
    }
}

fn forward(activation: Activation, x: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len()];
    activation.forward(x, &mut y);
    y
}

/// The gradient at `x` where that of the values is `dy`.
fn backward(activation: Activation, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = vec![f32::NAN; x.len()];
    activation.backward(x, &forward(activation, x), dy, &mut dx);
    dx
}

#[test]
fn values_equal_a_plain_loop() {
    for activation in ALL {
        for (length, limit) in [(0, 1.0), (1, 3.0), (7, 1e-3), (16, 9.0), (33, 1.0), (2001, 30.0)] {
            let x = numbers_within(limit, length, length as u64);
            let expected: Vec<f64> = wide(&x).iter().map(|&x| reference(activation, x)).collect();
            assert_close(&forward(activation, &x), &expected, 4e-7, 0.0);
        }
    }
}

#[test]
fn gradients_equal_central_differences() {
    for activation in ALL {
        for (length, limit) in [(0, 1.0), (1, 3.0), (7, 0.1), (16, 9.0), (33, 1.0), (2001, 30.0)] {
            let x = numbers_within(limit, length, length as u64);
            let dy = numbers_within(5.0, length, 99);
            let expected: Vec<f64> = wide(&x)
                .iter()
                .zip(wide(&dy))
                .map(|(&x, dy)| dy * slopes(&[x], 1e-6, |x| reference(activation, x[0]))[0])
                .collect();
            assert_close(&backward(activation, &x, &dy), &expected, 1e-6, 3e-6);
        }
    }
}

#[test]
fn far_out_they_reach_their_limits() {
    for x in [1e3, 1e4, 1e30, f32::MAX] {
        let found = ALL.map(|activation| {
            let both = [x, -x];
            [forward(activation, &both), backward(activation, &both, &[2.0; 2])].concat()
        });
        // Value on the right, on the left; gradient on the right, on the left.
        let expected = [[x, 0.0, 2.0, 0.0], [x, 0.0, 2.0, 0.0], [1.0, -1.0, 0.0, 0.0]];
        for (found, expected) in found.iter().zip(expected) {
            assert_close(found, &wide(&expected), 0.0, 1e-30);
        }
    }
}

#[test]
fn zero_of_either_sign_stays_zero() {
    for activation in ALL {
        assert_eq!(forward(activation, &[0.0, -0.0]), [0.0, 0.0]);
    }
    // PyTorch's convention, too: no slope at the kink.
    assert_eq!(backward(Activation::Relu, &[0.0, -0.0], &[1.0; 2]), [0.0; 2]);
    assert_eq!(backward(Activation::Silu, &[0.0, -0.0], &[1.0; 2]), [0.5; 2]);
    assert_eq!(backward(Activation::Tanh, &[0.0, -0.0], &[1.0; 2]), [1.0; 2]);
}

/// A diverged run must not look sane.
#[test]
fn a_nan_comes_through_forward_and_backward() {
    for activation in ALL {
        for place in 0..19 {
            let mut x = vec![0.5; 19];
            x[place] = f32::NAN;
            let (y, dx) = (forward(activation, &x), backward(activation, &x, &[1.0; 19]));
            for at in 0..19 {
                assert_eq!(y[at].is_nan(), at == place, "{activation:?}");
                // What a ReLU does there is pass the gradient on: it must not be 0.
                let lost = dx[at] == 0.0;
                assert!(!lost, "{activation:?} hides a NaN: {}", dx[at]);
            }
            let mut dy = vec![1.0; 19];
            dy[place] = f32::NAN;
            assert!(backward(activation, &[0.5; 19], &dy)[place].is_nan(), "{activation:?}");
        }
    }
}
