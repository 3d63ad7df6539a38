//! Flags' values that cannot be: devices and numbers of threads that there are not, and the like.

use super::experiments::TINY;
use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, sample};

fn error_with(flag: &str, value: &str) -> String {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    let before = folder.contents();
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let message = error_of(&[
        "train",
        "--experiment",
        &experiment,
        "--data",
        data,
        "--run",
        &run,
        flag,
        value,
    ]);
    assert_same(&before, &folder.contents());
    message
}

#[test]
fn rejects_words_that_name_no_device() {
    for word in ["nonsense", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:99999999999999999999"] {
        let message = error_with("--device", word);
        assert_says(&message, &["--device", word, "expected auto, cpu, cuda or cuda:N"]);
    }
}

#[test]
fn rejects_cuda_where_there_is_none() {
    if tch::Cuda::is_available() {
        println!("skipped: this machine has a CUDA device");
        return;
    }
    for device in ["cuda", "cuda:0", "cuda:7"] {
        let message = error_with("--device", device);
        assert_says(&message, &["--device cuda", "CUDA", "--device cpu", "cargo xtask doctor"]);
    }
}

#[test]
fn rejects_impossible_numbers_of_threads() {
    for threads in ["0", "-1", "1025", "many"] {
        assert_says(&error_with("--threads", threads), &["--threads", threads]);
    }
}

#[test]
fn rejects_impossible_intervals_between_checkpoints() {
    for seconds in ["-1", "NaN", "inf", "86401", "often"] {
        let message = error_with("--checkpoint-every", seconds);
        assert_says(&message, &["--checkpoint-every", seconds, "seconds from 0 to 86400"]);
    }
}

#[test]
fn rejects_commands_and_flags_that_do_not_exist() {
    assert_says(&error_of(&["trian"]), &["trian", "train"]);
    assert_says(&error_of(&["train", "--frce"]), &["--frce", "--force"]);
    assert_says(&error_of(&["train", "--force", "--resume"]), &["--force", "--resume"]);
    assert_says(&error_of(&["evaluate"]), &["--run"]);
}
