//! The findings of a run together: theory.json, and how many hold.

use anyhow::Result;

use crate::{Finding, Verdict};

/// The findings as JSON: a list of objects with the keys `id`, `claim`, `source`, `expected`,
/// `measured` and `verdict`, all texts.
///
/// # Errors
///
/// None in practice: texts can always be written.
pub fn json<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Result<String> {
    let list: Vec<&Finding> = findings.into_iter().collect();
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

/// How many findings there are of each verdict, in words.
pub fn tally<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> String {
    let count = |verdict| findings.clone().filter(|finding| finding.verdict == verdict).count();
    format!(
        "of {} findings {} hold, {} hold with a condition, and {} are wrong as given",
        findings.clone().count(),
        count(Verdict::Holds),
        count(Verdict::HoldsWithCondition),
        count(Verdict::WrongAsGiven)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict) -> Finding {
        Finding::exact("one", "a claim", "004, question 1", "2", "2", verdict)
    }

    #[test]
    fn the_list_has_the_promised_keys() {
        let text = json([&finding(Verdict::WrongAsGiven)]).unwrap();
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<&String> = list[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["claim", "expected", "id", "measured", "source", "verdict"]);
        assert_eq!(list[0]["verdict"], "wrong as given");
    }

    #[test]
    fn verdicts_are_counted() {
        let all = [Verdict::Holds, Verdict::Holds, Verdict::WrongAsGiven].map(finding);
        let said = tally(all.iter());
        assert_eq!(said, "of 3 findings 2 hold, 0 hold with a condition, and 1 are wrong as given");
    }
}
