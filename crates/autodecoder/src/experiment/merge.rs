//! Laying one TOML table over another.

use toml::{Table, Value};

/// `over` laid over `base`, key by key, tables within tables.
///
/// A table that names a part by `kind` replaces one of another kind whole: the options of an `mlp`
/// mean nothing to a `conv`.
pub(crate) fn merge(mut base: Table, over: &Table) -> Table {
    for (key, value) in over {
        let merged = match (base.remove(key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if same_kind(&old, new) => {
                Value::Table(merge(old, new))
            }
            _ => value.clone(),
        };
        base.insert(key.clone(), merged);
    }
    base
}

fn same_kind(old: &Table, new: &Table) -> bool {
    match (old.get("kind"), new.get("kind")) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, over: &str) -> Table {
        merge(base.parse().unwrap(), &over.parse().unwrap())
    }

    #[test]
    fn tables_merge_and_values_replace() {
        let result = merged("a = 1\n[t]\nx = 1\ny = [1, 2]", "[t]\ny = [3]\nz = 4");
        assert_eq!(result, "a = 1\n[t]\nx = 1\ny = [3]\nz = 4".parse().unwrap());
    }

    #[test]
    fn another_kind_replaces_the_whole_part() {
        let base = "decoder = { kind = \"mlp\", hidden = [2] }";
        let conv = "decoder = { kind = \"conv\" }";
        assert_eq!(merged(base, conv), conv.parse().unwrap());
        let wider = "decoder = { hidden = [4] }";
        let expected = "decoder = { kind = \"mlp\", hidden = [4] }";
        assert_eq!(merged(base, wider), expected.parse().unwrap());
    }
}
