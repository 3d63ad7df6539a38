//! Which crate may know which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

const TORCH: [&str; 2] = ["tch", "torch-sys"];
const CRATES: [&str; 11] = [
    "autodecoder",
    "autodecoder-bench",
    "autodecoder-classifier",
    "autodecoder-data",
    "autodecoder-distributions",
    "autodecoder-evaluation",
    "autodecoder-kernels",
    "autodecoder-models",
    "autodecoder-theory",
    "autodecoder-training",
    "autodecoder-visualization",
];

fn metadata() -> Metadata {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--offline", "--locked", "--filter-platform", &platform].map(str::to_owned);
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap()
}

/// Names of all packages that `root` needs to be built and, with its own dev-dependencies, tested.
fn reachable(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let start = nodes.iter().find(|node| names[&node.id] == root).expect(root);
    let mut found = BTreeSet::new();
    let mut waiting = vec![&start.id];
    while let Some(id) = waiting.pop() {
        let node = nodes.iter().find(|node| node.id == *id).unwrap();
        for dependency in &node.deps {
            let built = |kind| kind != DependencyKind::Development || *id == start.id;
            let needed = dependency.dep_kinds.iter().any(|info| built(info.kind));
            if needed && found.insert(names[&dependency.pkg].to_owned()) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    found
}

fn assert_apart(metadata: &Metadata, package: &str, forbidden: &[&str]) {
    let found = reachable(metadata, package);
    let reached: Vec<_> = forbidden.iter().filter(|name| found.contains(**name)).collect();
    assert!(reached.is_empty(), "{package} reaches {reached:?}");
}

#[test]
fn data_kernels_and_visualization_build_without_libtorch() {
    let metadata = metadata();
    assert_apart(&metadata, "autodecoder-data", &TORCH);
    assert_apart(&metadata, "autodecoder-kernels", &TORCH);
    assert_apart(&metadata, "autodecoder-visualization", &TORCH);
    // The same search finds libtorch where it is, so it can fail.
    assert!(reachable(&metadata, "autodecoder-models").contains("torch-sys"));
}

#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    for package in ["autodecoder-data", "autodecoder-kernels", "autodecoder-visualization"] {
        assert_apart(&metadata, package, &CRATES);
    }
    let others: Vec<&str> =
        CRATES.into_iter().filter(|name| *name != "autodecoder-kernels").collect();
    assert_apart(&metadata, "autodecoder-distributions", &others);
    assert_apart(
        &metadata,
        "autodecoder-models",
        &[
            "autodecoder",
            "autodecoder-classifier",
            "autodecoder-data",
            "autodecoder-theory",
            "autodecoder-training",
            "autodecoder-evaluation",
            "autodecoder-visualization",
        ],
    );
    assert_apart(
        &metadata,
        "autodecoder-training",
        &[
            "autodecoder",
            "autodecoder-classifier",
            "autodecoder-evaluation",
            "autodecoder-theory",
            "autodecoder-visualization",
        ],
    );
    // Evaluation compares features, whatever they come from.
    for (package, other) in [
        ("autodecoder-classifier", "autodecoder-evaluation"),
        ("autodecoder-evaluation", "autodecoder-classifier"),
    ] {
        let others = ["autodecoder", "autodecoder-theory", "autodecoder-visualization", other];
        assert_apart(&metadata, package, &others);
    }
    // The program and the theory are two users of the same parts.
    assert_apart(&metadata, "autodecoder", &["autodecoder-theory"]);
    assert_apart(&metadata, "autodecoder-theory", &["autodecoder"]);
    // The benchmark resolves presets as the program does, and nobody needs the benchmark.
    assert_apart(&metadata, "autodecoder-bench", &["autodecoder-theory"]);
    for package in CRATES.into_iter().filter(|name| *name != "autodecoder-bench") {
        assert_apart(&metadata, package, &["autodecoder-bench"]);
    }
}

#[test]
fn xtask_builds_before_anything_else() {
    let metadata = metadata();
    assert_apart(&metadata, "xtask", &CRATES);
    assert_apart(&metadata, "xtask", &TORCH);
}
