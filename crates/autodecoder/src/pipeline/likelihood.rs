//! Importance-weighted bounds on the log likelihood of the test images.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use autodecoder_evaluation::{ImportanceBounds, mean_difference};
use autodecoder_training::{DeviceImages, Observer};
use tch::Tensor;

use super::finite;
use super::train::remove;
use crate::experiment::ModelConfig;
use crate::progress::{Progress, say};
use crate::results::{Difference, ImportanceResults, Seconds, read_json, write_json};
use crate::session::{Session, TrainedModel};

/// How long the work is watched before it is said how long it will take.
const WATCHED: Duration = Duration::from_secs(1);

/// Whose samples are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proposal {
    /// The posterior's that inference or the encoder gave an image.
    Rows,
    /// Those of a posterior that was moved from there to where the bound of several samples is highest.
    Fitted,
}

/// Where a model's bounds are kept.
fn file(session: &Session, name: &str, proposal: Proposal) -> PathBuf {
    session.folder.model(name).join(match proposal {
        Proposal::Rows => "likelihood.json",
        Proposal::Fitted => "likelihood-fitted.json",
    })
}

/// Removes a model's bounds: its rows are to become others.
///
/// # Errors
/// Where a file cannot be removed.
pub(super) fn forget(session: &Session, name: &str) -> Result<()> {
    [Proposal::Rows, Proposal::Fitted].iter().try_for_each(|&p| remove(&file(session, name, p)))
}

/// The bounds of a model and how they compare, computed where that was not done yet: they can take
/// longer than the training. `None` where the experiment asks for none, and where the model has none.
///
/// # Errors
/// Where the run is told to stop, or a file cannot be read or written.
pub(super) fn bounds(
    session: &Session,
    trained: &TrainedModel,
    test: &DeviceImages,
    proposal: Proposal,
) -> Result<Option<ImportanceResults>> {
    let config = trained.config;
    let settings = &session.experiment.evaluation.importance;
    let wanted = match proposal {
        Proposal::Rows => settings.samples > 0,
        Proposal::Fitted => settings.fits_proposals() && config.kind.is_variational(),
    };
    let path = file(session, &config.name, proposal);
    if !wanted || !path.exists() && !compute(session, trained, test, proposal)? {
        return Ok(None);
    }
    let mut bounds = read(&path)?;
    let each = std::mem::take(&mut bounds.each);
    let difference = difference(session, config, &each, proposal)?;
    Ok(Some(ImportanceResults { bounds, difference }))
}

fn read(path: &Path) -> Result<ImportanceBounds> {
    read_json(path).context(
        "these bounds are damaged; remove the file, and `autodecoder evaluate` computes them again",
    )
}

/// How far the bounds `each` of a model's images are ahead of those of the first model that has some.
fn difference(
    session: &Session,
    config: &ModelConfig,
    each: &[f64],
    proposal: Proposal,
) -> Result<Option<Difference>> {
    let mut models = session.experiment.models.iter();
    let first = models.find(|model| file(session, &model.name, proposal).exists());
    let Some(first) = first.filter(|first| first.name != config.name) else {
        return Ok(None);
    };
    // Densities of something else, and densities under another prior, are no rivals.
    if first.likelihood != config.likelihood || first.inference.prior != config.inference.prior {
        return Ok(None);
    }
    let theirs = read(&file(session, &first.name, proposal))?.each;
    let found = mean_difference(each, &theirs);
    Ok(found.map(|(log_likelihood, standard_error)| Difference {
        from: first.name.clone(),
        log_likelihood,
        standard_error,
    }))
}

/// Computes the bounds of a model and writes their file; whether it has any.
fn compute(
    session: &Session,
    trained: &TrainedModel,
    test: &DeviceImages,
    proposal: Proposal,
) -> Result<bool> {
    let name = &trained.config.name;
    let began = Instant::now();
    let mut rows = session.load_test(trained)?.rows;
    if proposal == Proposal::Fitted {
        rows = fitted(session, trained, &rows, test)?;
    }
    let mut watch = Forecast::new(match proposal {
        Proposal::Rows => format!("likelihood {name}"),
        Proposal::Fitted => format!("likelihood {name} by fitted proposals"),
    });
    let bounds = finite::importance_bounds(session, &trained.model, &rows, test, &mut watch)?;
    let Some(bounds) = bounds else {
        watch.progress.clear();
        say(&format!("{name}: its likelihood has no bound, as a point has no density"));
        return Ok(false);
    };
    let seconds = watch.started.elapsed().as_secs_f64();
    watch.progress.finish(&outcome(&bounds, seconds));
    let mut all: Seconds = read_json(&session.folder.seconds(name))?;
    let seconds = match proposal {
        Proposal::Rows => &mut all.likelihood,
        Proposal::Fitted => &mut all.likelihood_fitted,
    };
    *seconds = Some(began.elapsed().as_secs_f64());
    write_json(&session.folder.seconds(name), &all)?;
    write_json(&file(session, name, proposal), &bounds)?;
    Ok(true)
}

/// The `rows` of the images that the bounds are of, moved to where the bound of the proposals' samples is highest.
fn fitted(
    session: &Session,
    trained: &TrainedModel,
    rows: &Tensor,
    test: &DeviceImages,
) -> Result<Tensor> {
    let mut progress = Progress::new(format!("fit proposals {}", trained.config.name));
    let started = Instant::now();
    let rows = finite::proposals(session, trained, rows, test, &mut progress)?;
    let seconds = started.elapsed().as_secs_f64();
    progress.finish(&format!("{} images in {seconds:.1} s", rows.size()[0]));
    Ok(rows)
}

fn outcome(bounds: &ImportanceBounds, seconds: f64) -> String {
    let best = bounds.tightest().map_or(String::new(), |bound| {
        let (nats, error) = (bound.log_likelihood, bound.standard_error);
        format!("at least {nats:.2} ± {error:.2} nats, ")
    });
    let (samples, images) = (bounds.samples, bounds.images);
    format!("{best}{samples} samples of each of {images} images in {seconds:.1} s")
}

/// Says how long the work will take, as soon as there is something to tell it from.
#[derive(Debug)]
struct Forecast {
    label: String,
    progress: Progress,
    started: Instant,
    said: bool,
}

impl Forecast {
    fn new(label: String) -> Forecast {
        let progress = Progress::new(label.clone());
        Forecast { label, progress, started: Instant::now(), said: false }
    }
}

impl Observer for Forecast {
    fn step(&mut self, done: u64, total: u64) {
        self.progress.step(done, total);
        let elapsed = self.started.elapsed();
        if !self.said && elapsed >= WATCHED && done < total {
            self.said = true;
            let whole = elapsed.as_secs_f64() * total as f64 / done as f64;
            say(&format!("{}: will take about {}", self.label, duration(whole)));
        }
    }

    fn should_stop(&self) -> bool {
        self.progress.should_stop()
    }
}

/// Seconds in words, rounded to what an estimate is worth.
fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_people_would_take() {
        for (seconds, text) in
            [(2.4, "2 s"), (89.0, "89 s"), (90.0, "2 minutes"), (3000.0, "50 minutes")]
        {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(9000.0), "2.5 hours");
    }
}
