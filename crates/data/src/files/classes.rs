//! Words as class numbers.

use std::path::Path;

use super::OwnDataError;
use crate::Error;

/// The number of each word in the sorted list of all words, and that list: by value where all are whole
/// numbers, else by letters. `path` is where the words come from, for the message.
///
/// # Errors
/// [`OwnDataError::Classes`] beyond 256.
pub(super) fn number(path: &Path, words: &[String]) -> Result<(Vec<u8>, Vec<String>), Error> {
    let mut classes = words.to_vec();
    let value = |word: &String| word.parse::<i64>().ok();
    if classes.iter().all(|word| value(word).is_some()) {
        classes.sort_by(|a, b| (value(a), a).cmp(&(value(b), b)));
    } else {
        classes.sort();
    }
    classes.dedup();
    let found = classes.len();
    if found > 256 {
        return Err(OwnDataError::Classes { path: path.to_owned(), found }.into());
    }
    let places: std::collections::HashMap<&String, u8> = classes.iter().zip(0..=u8::MAX).collect();
    let labels = words.iter().map(|word| places[word]).collect();
    Ok((labels, classes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(words: &[&str]) -> (Vec<u8>, Vec<String>) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        number(Path::new("x"), &words).unwrap()
    }

    #[test]
    fn words_sort_by_letters_and_numbers_by_value() {
        assert_eq!(numbered(&["b", "a", "b"]), (vec![1, 0, 1], vec!["a".into(), "b".into()]));
        assert_eq!(numbered(&["10", "9"]), (vec![1, 0], vec!["9".into(), "10".into()]));
        let many: Vec<String> = (0..257).map(|word| word.to_string()).collect();
        assert!(number(Path::new("x"), &many).unwrap_err().to_string().contains("257 classes"));
        assert_eq!(number(Path::new("x"), &many[..256]).unwrap().0[255], 255);
    }
}
