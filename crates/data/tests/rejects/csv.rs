//! CSV files.

use autodecoder_data::{Error, ImageShape, read_csv};

use crate::{IMAGES, OneFile, gzip, refused};

fn csv_error(text: &[u8]) -> Error {
    let file = OneFile::new(text);
    refused(&file.path, read_csv(&file.path, ImageShape::grey(1, 2)))
}

#[test]
fn rejects_csv_with_wrong_number_of_columns() {
    let error = csv_error(b"label,a,b\n1,2,3\n4,5\n");
    is!(error, Error::CsvColumns { row: 3, expected: 3, found: 2, .. });
    let error = csv_error(b"1,2,3,4\n");
    is!(error, Error::CsvColumns { row: 1, expected: 3, found: 4, .. });
    let error = csv_error(b"label,a\n1,2,3\n");
    is!(error, Error::CsvColumns { row: 1, expected: 3, found: 2, .. });
}

#[test]
fn rejects_csv_value_that_is_no_integer() {
    for field in ["x", "", "1.5", "0x1f", "1e2", "nan"] {
        let error = csv_error(format!("1,2,3\n1,2,{field}\n").as_bytes());
        is!(error, Error::CsvValue { row: 2, column: 3, .. });
        assert!(error.to_string().contains(&format!("found {field:?}")), "{error}");
    }
    let error = csv_error(&[b"1,2,".as_slice(), &[b'x'; 10_000]].concat());
    assert!(error.to_string().len() < 250, "{error}");
    let error = csv_error(b"1,2,\xff\xfe\n");
    is!(error, Error::CsvValue { column: 3, .. });
}

#[test]
fn rejects_csv_value_out_of_range() {
    for field in ["256", "-1", "1000", "99999999999999999999999"] {
        let error = csv_error(format!("label,a,b\n1,{field},3\n").as_bytes());
        is!(error, Error::CsvValue { row: 2, column: 2, .. });
    }
}

#[test]
fn rejects_csv_with_a_header_only() {
    for text in ["label,a,b\n", "label,a,b", "\n\n"] {
        let error = csv_error(text.as_bytes());
        is!(error, Error::NoImages { .. });
    }
}

#[test]
fn rejects_binary_files_named_csv() {
    for (bytes, name) in
        [(&IMAGES[..], "IDX data"), (&gzip(b"1,2,3\n"), "gzip data"), (b"1\0", "binary")]
    {
        let error = csv_error(bytes);
        is!(error, Error::Format { part: "kind of file", .. });
        assert!(error.to_string().contains(name), "{error}");
    }
}
