//! Tables: rows of numbers under named columns.

use std::path::Path;

use ::csv::{ByteRecord, ReaderBuilder};

use super::OwnDataError;
use crate::csv::require_text;
use crate::source::Source;
use crate::{Error, Mask};

/// How much of a wrong cell an error message quotes, in characters.
const QUOTED: usize = 24;
/// The column that names a row's class and is no number of it.
pub(crate) const LABEL: &str = "label";

/// Numbers in rows and named columns; NaN where one is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    /// Row after row.
    values: Vec<f64>,
    /// A word a row, where there is a column of them.
    labels: Option<Vec<String>>,
}

impl Table {
    /// A table of `columns` and `values`, row after row; NaN where one is missing.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where the last row is incomplete, or there are no columns.
    pub fn new(columns: Vec<String>, values: Vec<f64>) -> Result<Table, Error> {
        let found = values.len();
        if columns.is_empty() || !found.is_multiple_of(columns.len()) {
            let expected = found.next_multiple_of(columns.len().max(1)).max(1);
            return Err(Error::Inconsistent { part: "values of a table", expected, found });
        }
        Ok(Table { columns, values, labels: None })
    }

    /// The same table without the cells that `mask` calls missing.
    #[must_use]
    pub fn with_observed(mut self, mask: &Mask) -> Table {
        let missing = self.values.iter_mut().zip(mask.flags()).filter(|(_, observed)| !**observed);
        missing.for_each(|(value, _)| *value = f64::NAN);
        self
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// All values, row after row; NaN where one is missing.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// What the column `label` says of each row, where there is one.
    pub fn labels(&self) -> Option<&[String]> {
        self.labels.as_deref()
    }
}

/// Where a file's columns go.
pub(crate) struct Layout {
    /// Names of the columns that hold numbers.
    pub columns: Vec<String>,
    /// Place of the column `label`, if there is one.
    pub label: Option<usize>,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Fields of a row.
    width: usize,
}

/// Reads a CSV file of numbers. The first row names the columns if any of its fields is a word, else
/// the columns are called `1`, `2`, …. A column called `label` names each row's class. A field that is
/// empty, `NaN`, `NA`, `N/A` or `null` is missing.
///
/// # Errors
/// [`Error::Missing`], [`Error::NotAFile`], [`Error::Read`], [`Error::Empty`]; [`Error::Format`] for a
/// file that is no text; [`OwnDataError::Cell`] for a field that is no number, [`OwnDataError::Row`] for a
/// row of another length, [`OwnDataError::Header`] for a name that two columns share or a file of
/// labels alone; [`Error::NoImages`] where there are no rows.
pub fn read_table(path: impl AsRef<Path>) -> Result<Table, Error> {
    let path = path.as_ref();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let layout = for_each_row(path, |row, at, layout| {
        let cells = row.iter().enumerate();
        for (place, field) in cells.filter(|_| at > 1 || !layout.header) {
            if Some(place) == layout.label {
                labels.push(String::from_utf8_lossy(field.trim_ascii()).into_owned());
            } else {
                values.push(number(field).ok_or_else(|| bad_cell(path, at, place, row, layout))?);
            }
        }
        Ok(())
    })?;
    if values.is_empty() {
        return Err(Error::NoImages { path: path.to_owned() });
    }
    let labels = layout.label.map(|_| labels);
    Ok(Table { columns: layout.columns, values, labels })
}

/// Calls `visit(row, number, layout)` for every row, the header too. Rows count from 1, a header
/// included and blank lines left out: the reader's own line numbers are of the blank lines that it skips.
pub(super) fn for_each_row(
    path: &Path,
    mut visit: impl FnMut(&ByteRecord, u64, &Layout) -> Result<(), Error>,
) -> Result<Layout, Error> {
    let source = Source::open(path)?;
    source.require_content()?;
    require_text(&source)?;
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.into_reader());
    let mut record = ByteRecord::new();
    let (mut layout, mut number): (Option<Layout>, u64) = (None, 0);
    let failed = |error: ::csv::Error| Error::read(path, error.into());
    while reader.read_byte_record(&mut record).map_err(failed)? {
        number += 1;
        let layout = match &layout {
            Some(layout) => layout,
            None => layout.insert(Layout::of(path, &record)?),
        };
        if record.len() != layout.width {
            let (expected, found) = (layout.width, record.len());
            let path = path.to_owned();
            return Err(OwnDataError::Row { path, row: number, expected, found }.into());
        }
        visit(&record, number, layout)?;
    }
    layout.ok_or_else(|| Error::NoImages { path: path.to_owned() })
}

impl Layout {
    /// What the first row says.
    fn of(path: &Path, first: &ByteRecord) -> Result<Layout, Error> {
        let header = first.iter().any(|field| number(field).is_none());
        let name = |(place, field): (usize, &[u8])| match header {
            true => String::from_utf8_lossy(field.trim_ascii()).into_owned(),
            false => (place + 1).to_string(),
        };
        let mut columns: Vec<String> = first.iter().enumerate().map(name).collect();
        let wrong =
            |problem: String| Error::from(OwnDataError::Header { path: path.to_owned(), problem });
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                return Err(wrong(format!("two columns are called {column:?}")));
            }
        }
        let label = columns.iter().position(|column| header && column == LABEL);
        let width = columns.len();
        label.map(|place| columns.remove(place));
        if columns.is_empty() {
            return Err(wrong("there is no column of numbers".to_owned()));
        }
        Ok(Layout { columns, label, header, width })
    }

    /// Which column of numbers lies at a place of the file's rows.
    pub fn column(&self, place: usize) -> Option<usize> {
        match self.label {
            Some(label) if label == place => None,
            Some(label) if label < place => Some(place - 1),
            _ => Some(place),
        }
    }

    /// Name of the column at a place of the file's rows.
    fn name(&self, place: usize) -> &str {
        self.column(place).map_or(LABEL, |column| &self.columns[column])
    }
}

fn bad_cell(path: &Path, at: u64, place: usize, row: &ByteRecord, layout: &Layout) -> Error {
    let field = String::from_utf8_lossy(row.get(place).unwrap_or_default());
    let cell = OwnDataError::Cell {
        path: path.to_owned(),
        row: at,
        column: layout.name(place).to_owned(),
        found: field.chars().take(QUOTED).collect(),
    };
    cell.into()
}

/// A field's number; NaN where it is missing, `None` where it is anything else.
pub(crate) fn number(field: &[u8]) -> Option<f64> {
    let text = str::from_utf8(field.trim_ascii()).ok()?;
    let missing = ["", "nan", "na", "n/a", "null"];
    if missing.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(f64::NAN);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        read_table(&path)
    }

    /// NaN is not equal to itself.
    fn cells(table: &Table) -> Vec<Option<f64>> {
        table.values().iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect()
    }

    #[test]
    fn columns_have_names_and_cells_may_be_missing() {
        let text = "height,label,weight\n1.5, tall ,-2e3\n,short,NaN\nna,tall,7\n";
        let table = read(text).unwrap();
        assert_eq!(table.columns(), ["height", "weight"]);
        assert_eq!(cells(&table), [Some(1.5), Some(-2e3), None, None, None, Some(7.0)]);
        assert_eq!(table.labels().unwrap(), ["tall", "short", "tall"]);
        assert_eq!(table.rows(), 3);
    }

    #[test]
    fn a_first_row_of_numbers_is_no_header() {
        let table = read("1,2\n\n3,\n").unwrap();
        assert_eq!((table.columns(), table.rows()), (&["1".to_owned(), "2".to_owned()][..], 2));
        assert_eq!(cells(&table), [Some(1.0), Some(2.0), Some(3.0), None]);
        assert!(table.labels().is_none());
    }

    /// Timestamps need more digits than an f32 has.
    #[test]
    fn numbers_keep_all_their_digits() {
        assert_eq!(read("t\n1700000001.25\n").unwrap().values(), [1_700_000_001.25]);
    }

    #[test]
    fn errors_name_line_and_column() {
        let said = |text| read(text).unwrap_err().to_string();
        let cell = said("a,label,b\n1,x,2\n3,y,two\n");
        assert!(cell.contains("row 3") && cell.contains("\"b\"") && cell.contains("two"), "{cell}");
        let first = said("a,label,b\ninf,x,2\n");
        assert!(first.contains("row 2") && first.contains("\"a\""), "{first}");
        let short = said("a,b\n1,2\n3\n");
        assert!(short.contains("row 3") && short.contains("1 fields"), "{short}");
        assert!(said("a,a\n1,2\n").contains("two columns are called \"a\""));
        assert!(said("label\nx\n").contains("no column of numbers"));
        assert!(matches!(read("a,b\n").unwrap_err(), Error::NoImages { .. }));
        assert!(matches!(read("a\0b\n").unwrap_err(), Error::Format { .. }));
    }
}
