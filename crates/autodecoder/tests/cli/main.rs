//! The program, run as a user runs it: what it leaves, and what it says when something is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests, which clippy.toml only allows inside test functions"
)]

mod amortisation;
mod artefacts;
mod bad_data;
mod bad_device;
mod bad_experiment;
mod bad_folder;
mod bad_names;
mod bad_order;
mod bad_sizes;
mod closed_pipe;
mod decode;
mod dependencies;
mod diverged;
mod document;
mod elsewhere;
mod epoch_samples;
mod experiments;
mod folder;
mod full_disk;
mod hidden;
mod incomplete;
mod interrupted;
mod killed;
mod likelihood;
mod locked;
mod lost_files;
mod own_data;
mod program;
mod replaced;
mod report_text;
mod repository;
mod reproducible;
mod results_schema;
mod sample_quality;
mod seeds;
mod shared_runs;
mod sweep;
