//! Small experiments, and changes to them.

use toml::{Table, Value};

use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, sample};

/// Two models of a few hundred values, trained for a moment.
pub const TINY: &str = r#"
name = "tiny"
seed = 3

[data]
train = 60
test = 20

[training]
epochs = 3
batch_size = 25

[inference]
steps = 5
batch_size = 8

[evaluation]
draws = 2

[figures]
images = 3
samples = 6
interpolation_steps = 2

[figures.tsne]
perplexity = 5.0
epochs = 20

[[models]]
name = "ad"
kind = "auto-decoder"
latent_dim = 2
decoder = { kind = "mlp", hidden = [8] }

[[models]]
name = "vad"
kind = "variational-auto-decoder"
latent_dim = 2
decoder = { kind = "mlp", hidden = [8] }

[[comparisons]]
question = "How long?"
model = "vad"
train = 30
test = 10
variants = [{ name = "as chosen" }, { name = "once", set = { training = { epochs = 1 } } }]
"#;

/// [`TINY`] with the value at `path` (`training.epochs`, `models.0.name`, …) replaced, or added.
pub fn tiny_with(path: &str, value: &str) -> String {
    tiny_with_all(&[(path, value)])
}

/// [`TINY`] with several changes.
pub fn tiny_with_all(changes: &[(&str, &str)]) -> String {
    let mut table: Table = TINY.parse().unwrap();
    for (path, value) in changes {
        let value: Table = format!("value = {value}").parse().unwrap();
        let (parents, key) = path.rsplit_once('.').unwrap_or(("", path));
        table_at(&mut table, parents).insert(key.to_owned(), value["value"].clone());
    }
    table.to_string()
}

fn table_at<'a>(root: &'a mut Table, path: &str) -> &'a mut Table {
    let mut words = path.split('.').filter(|word| !word.is_empty());
    let Some(first) = words.next() else {
        return root;
    };
    let mut value = root.entry(first).or_insert_with(|| Table::new().into());
    for word in words {
        value = match value {
            Value::Array(items) => &mut items[word.parse::<usize>().unwrap()],
            Value::Table(table) => table.entry(word).or_insert_with(|| Table::new().into()),
            _ => panic!("{path}: {word} is no table"),
        };
    }
    value.as_table_mut().unwrap()
}

/// An experiment file that must be refused with all of `fragments` in the message, and with nothing
/// changed on disk, though `--force` allows an old run to be replaced.
pub fn assert_rejected(text: &str, fragments: &[&str]) {
    let folder = Folder::new();
    let experiment = folder.write("experiment.toml", text);
    let old =
        "[environment]\nautodecoder = \"0\"\nlibtorch = \"0\"\ndevice = \"cpu\"\nthreads = 1\n";
    folder.write("run/experiment.toml", old);
    folder.write("run/results.json", "{}");
    let before = folder.contents();
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let arguments =
        ["reproduce", "--force", "--experiment", &experiment, "--run", &run, "--data", data];
    let message = error_of(&arguments);
    assert_same(&before, &folder.contents());
    assert_says(&message, fragments);
    println!("{message}");
}

/// [`assert_rejected`] for [`TINY`] with one change each: path, value, what the message must say.
pub fn assert_all_rejected(cases: &[(&str, &str, &[&str])]) {
    for (path, value, fragments) in cases {
        println!("{path} = {value}");
        assert_rejected(&tiny_with(path, value), fragments);
    }
}
