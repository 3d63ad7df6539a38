//! Options of parts, as experiment files give them.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// Reads the options of the `part` (`decoder`, `likelihood`, `optimiser`) called `name`.
///
/// Let `T` derive `Deserialize` with `#[serde(deny_unknown_fields)]`: serde's message then lists the
/// keys that there are.
///
/// # Errors
/// [`Error::Options`] with serde's message, which names the key.
pub fn read_options<T: DeserializeOwned>(
    part: &'static str,
    name: &str,
    options: &Value,
) -> Result<T, Error> {
    T::deserialize(options).map_err(|error| Error::Options {
        part,
        name: name.to_owned(),
        problem: error.to_string(),
    })
}
