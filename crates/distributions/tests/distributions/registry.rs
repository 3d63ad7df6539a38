//! Parts by name, one's own among them.

use std::fmt::Debug;
use std::sync::Arc;

use autodecoder_distributions::{Gaussian, Point, Posterior, Registry, standard};

#[test]
fn every_standard_posterior_is_found_under_its_own_name() {
    let names = ["gaussian", "gumbel", "laplace", "logistic", "point", "uniform"];
    assert_eq!(standard().names(), names);
    for name in names {
        assert_eq!(standard().get(name).unwrap().name(), name);
    }
}

#[test]
fn an_unknown_name_lists_the_known_ones_and_the_nearest() {
    let error = standard().get("gausian").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown posterior \"gausian\": known are gaussian, gumbel, laplace, logistic, point, \
         uniform; did you mean \"gaussian\"?"
    );
    assert_eq!((error.kind, error.name.as_str()), ("posterior", "gausian"));
    assert_eq!(error.known, standard().names());
}

#[test]
fn a_name_unlike_all_others_gets_no_suggestion() {
    for name in ["", "student_t", "x"] {
        let message = standard().get(name).unwrap_err().to_string();
        assert!(message.ends_with("point, uniform"), "{message}");
    }
    let message = standard().get("Laplace").unwrap_err().to_string();
    assert!(message.ends_with("did you mean \"laplace\"?"), "{message}");
}

#[test]
fn a_part_of_ones_own_is_added_or_replaces_one() {
    let registry = standard().with("mine", Arc::new(Point) as Arc<dyn Posterior>);
    assert_eq!(registry.names().len(), standard().names().len() + 1);
    assert_eq!(registry.get("mine").unwrap().name(), "point");
    let replaced = registry.with("mine", Arc::new(Gaussian) as Arc<dyn Posterior>);
    assert_eq!(replaced.get("mine").unwrap().name(), "gaussian");
    assert_eq!(replaced.clone().names(), replaced.names());
}

#[test]
fn a_registry_holds_any_kind_of_part() {
    trait Colour: Debug + Send + Sync {}
    #[derive(Debug)]
    struct Red;
    impl Colour for Red {}
    let colours: Registry<dyn Colour> = Registry::new("colour").with("red", Arc::new(Red));
    assert!(colours.get("red").is_ok());
    let message = colours.get("rot").unwrap_err().to_string();
    assert_eq!(message, "unknown colour \"rot\": known are red");
    assert_eq!(format!("{colours:?}"), "Registry { kind: \"colour\", names: [\"red\"] }");
}

#[test]
fn posteriors_can_cross_threads() {
    fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Registry<dyn Posterior>>();
}
