//! Is the VAD below everything else on missing pixels, and does the gap widen? From the numbers.

use super::cell::Cell;
use super::figure::capital;
use super::method::{Method, Training};
use super::plan::Plan;
use super::points::{MISSING, mean};

/// The question is asked from here on, per cent missing.
const FROM: u32 = 30;

/// A share of missing pixels with the VAD's error, and the lowest of others'.
struct Row {
    missing: u32,
    vad: f64,
    best: (Method, f64),
    vae: f64,
}

/// The sentence; `None` where no share from 30 per cent on was measured.
pub(super) fn sentence(plan: &Plan, cells: &[Cell], training: Training) -> Option<String> {
    let shares = plan.missing.iter().filter(|&&share| share >= FROM);
    let rows: Vec<Row> = shares.filter_map(|&share| row(cells, training, share)).collect();
    let (first, last) = (rows.first()?, rows.last()?);
    let lost: Vec<&Row> = rows.iter().filter(|row| row.vad >= row.best.1).collect();
    let exceptions = lost.iter().map(|row| {
        let (method, error) = row.best;
        format!(
            "at {} {} has {} and the VAD {}",
            ratio(row.missing),
            method.title(),
            thousandths(error),
            thousandths(row.vad)
        )
    });
    let exceptions = exceptions.collect::<Vec<String>>().join("; ");
    let verdict = match (lost.len(), rows.len()) {
        (0, _) => "is below every baseline and both VAEs at every ratio".to_owned(),
        (lost, all) if lost == all => format!("is the lowest at no ratio ({exceptions})"),
        (lost, all) => {
            format!("is the lowest at {} of {all} ratios ({exceptions})", all - lost)
        }
    };
    let to_best = gap(&rows, |row| row.best.1 - row.vad);
    let to_vae = gap(&rows, |row| row.vae - row.vad);
    Some(format!(
        "{}, the VAD's error on missing pixels {verdict} from {} to {}. Its distance to the best of the \
         others {to_best}, and to the better VAE {to_vae} (mean squared error × 10³).",
        capital(training.title()),
        ratio(first.missing),
        ratio(last.missing)
    ))
}

fn row(cells: &[Cell], training: Training, missing: u32) -> Option<Row> {
    let error = |method| Some(mean(cells, (training, method), missing, MISSING)?.mean);
    let others = Method::ALL.into_iter().filter(|&method| method != Method::Vad);
    let errors: Option<Vec<(Method, f64)>> =
        others.map(|method| Some((method, error(method)?))).collect();
    let lowest = |a: &(Method, f64), b: &(Method, f64)| a.1.total_cmp(&b.1);
    let errors = errors?;
    let best = errors.iter().copied().min_by(lowest)?;
    let vae = errors.into_iter().filter(|(method, _)| method.has_encoder()).min_by(lowest)?.1;
    Some(Row { missing, vad: error(Method::Vad)?, best, vae })
}

/// How a distance goes from the first share to the last.
fn gap(rows: &[Row], of: impl Fn(&Row) -> f64) -> String {
    let gaps: Vec<f64> = rows.iter().map(of).collect();
    let (first, last) = (gaps[0], gaps[gaps.len() - 1]);
    let course = match gaps.is_sorted_by(|a, b| a < b) {
        // The VAD is not ahead: there is nothing that could widen.
        _ if last <= 0.0 => "does not end in its favour",
        true if gaps.len() > 1 => "widens at every step",
        _ if last > first => "widens, not at every step",
        _ => "does not widen",
    };
    format!("{course}, from {} to {}", thousandths(first), thousandths(last))
}

fn ratio(missing: u32) -> String {
    format!("{:.1}", f64::from(missing) / 100.0)
}

fn thousandths(error: f64) -> String {
    format!("{:.2}", error * 1e3)
}

#[cfg(test)]
mod tests {
    use autodecoder_evaluation::ImputationErrors;

    use super::super::cell::Test;
    use super::*;
    use crate::ImageDigests;

    /// Cells whose errors on missing pixels are `errors` thousandths, in the order of [`Method::ALL`],
    /// a row per share.
    fn cells(shares: &[u32], errors: &[[f64; 6]]) -> Vec<Cell> {
        let cell = |(&trained, errors): (&u32, &[f64; 6])| {
            let of_method = |(method, &error): (Method, &f64)| {
                let error = error / 1e3;
                let mse = ImputationErrors { observed: error, all: error, missing: error };
                let images = ImageDigests { train: "a".to_owned(), test: "b".to_owned() };
                let tests = vec![Test { missing: trained, mse, drawn: Vec::new() }];
                Cell { method, trained, seed: 1, images, tests, seconds: 1.0 }
            };
            Method::ALL.into_iter().zip(errors).map(of_method).collect::<Vec<Cell>>()
        };
        shares.iter().zip(errors).flat_map(cell).collect()
    }

    fn answer(shares: &[u32], errors: &[[f64; 6]]) -> Option<String> {
        let plan = Plan { missing: shares.to_vec(), ..Plan::standard() };
        sentence(&plan, &cells(shares, errors), Training::Incomplete)
    }

    #[test]
    fn a_clear_win_with_a_widening_gap_reads_so() {
        let errors = [
            [9.0, 5.0, 5.0, 5.0, 5.0, 5.0],
            [10.0, 14.0, 13.0, 90.0, 20.0, 12.0],
            [12.0, 22.0, 21.0, 90.0, 30.0, 19.0],
        ];
        assert_eq!(
            answer(&[10, 30, 90], &errors).unwrap(),
            "Trained on incomplete images, the VAD's error on missing pixels is below every baseline and \
             both VAEs at every ratio from 0.3 to 0.9. Its distance to the best of the others widens at \
             every step, from 2.00 to 7.00, and to the better VAE widens at every step, from 3.00 to 9.00 \
             (mean squared error × 10³)."
        );
    }

    #[test]
    fn a_loss_is_named() {
        let errors = [
            [10.0, 14.0, 13.0, 90.0, 20.0, 12.0],
            [11.0, 15.0, 18.0, 90.0, 20.0, 10.0],
            [12.0, 15.0, 18.0, 90.0, 20.0, 14.0],
        ];
        let found = answer(&[30, 60, 90], &errors).unwrap();
        let lost = "is the lowest at 2 of 3 ratios (at 0.6 PCA (EM) has 10.00 and the VAD 11.00)";
        assert!(found.contains(lost), "{found}");
        assert!(found.contains("others does not widen, from 2.00 to 2.00"), "{found}");
        assert!(found.contains("better VAE does not widen, from 3.00 to 3.00"), "{found}");
        let found = answer(&[30, 90], &[errors[1], errors[1]]).unwrap();
        let behind = "others does not end in its favour, from -1.00 to -1.00";
        assert!(found.contains(behind), "{found}");
        assert!(found.contains("is the lowest at no ratio (at 0.3"), "{found}");
        assert_eq!(answer(&[10], &errors[..1]), None);
    }
}
