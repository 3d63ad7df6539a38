//! Running text with a little markup.

use maud::{Markup, PreEscaped, html};
use pulldown_latex::config::DisplayMode;

use super::formula;

/// Text of a paragraph, a caption or a cell.
///
/// | written | shown |
/// |---|---|
/// | `*latent*` | italics |
/// | `**best**` | bold |
/// | `` `course` `` | code |
/// | `10^{−3}`, `x_{i}` | superscript, subscript |
/// | `$\\sigma^2$` | the formula, from LaTeX |
/// | `@{losses}` | `Table 2`, a link to the table, figure or section of that identifier |
/// | `\*` | the character itself |
///
/// A mark without its closing counterpart is shown as it is. Everything else is escaped: a text can
/// never become HTML of its own. Text from elsewhere (a model's name, a path) goes through
/// [`RichText::plain`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RichText(String);

/// The marks and what closes them; longer ones first.
const MARKS: [(&str, &str, Style); 7] = [
    ("**", "**", Style::Bold),
    ("*", "*", Style::Italic),
    ("`", "`", Style::Code),
    ("$", "$", Style::Formula),
    ("^{", "}", Style::Superscript),
    ("_{", "}", Style::Subscript),
    ("@{", "}", Style::Reference),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Bold,
    Italic,
    Code,
    Formula,
    Superscript,
    Subscript,
    Reference,
}

/// A stretch of text.
enum Span<'a> {
    Plain(char),
    Styled(Style, &'a str),
}

impl RichText {
    /// Text in which nothing is markup.
    pub fn plain(text: impl AsRef<str>) -> Self {
        let mut source = String::new();
        for c in text.as_ref().chars() {
            if matches!(c, '\\' | '*' | '`' | '$' | '^' | '_' | '@') {
                source.push('\\');
            }
            source.push(c);
        }
        RichText(source)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Whether the text has at most so many characters, its markup counted.
    pub(super) fn is_short(&self, characters: usize) -> bool {
        self.0.chars().count() <= characters
    }

    /// The text with its markup, as it was written.
    pub fn source(&self) -> &str {
        &self.0
    }

    /// The identifiers that the text refers to.
    pub(super) fn references(&self) -> Vec<&str> {
        self.all(Style::Reference)
    }

    /// The formulas in the text, as LaTeX.
    pub(super) fn formulas(&self) -> Vec<&str> {
        self.all(Style::Formula)
    }

    /// The texts inside all marks of one style.
    fn all(&self, style: Style) -> Vec<&str> {
        let mut found = Vec::new();
        collect(&self.0, style, &mut found);
        found
    }

    /// The text as HTML. `label` tells what a reference is shown as.
    pub(super) fn markup(&self, label: &dyn Fn(&str) -> String) -> Markup {
        markup(&self.0, label)
    }
}

impl<T: Into<String>> From<T> for RichText {
    fn from(source: T) -> Self {
        RichText(source.into())
    }
}

fn markup(source: &str, label: &dyn Fn(&str) -> String) -> Markup {
    let mut shown = String::new();
    for span in spans(source) {
        let piece = match span {
            Span::Plain(c) => html! { (c) },
            Span::Styled(Style::Bold, text) => html! { strong { (markup(text, label)) } },
            Span::Styled(Style::Italic, text) => html! { em { (markup(text, label)) } },
            Span::Styled(Style::Code, text) => html! { code { (text) } },
            Span::Styled(Style::Formula, text) => formula::mathml(text, DisplayMode::Inline),
            Span::Styled(Style::Superscript, text) => html! { sup { (markup(text, label)) } },
            Span::Styled(Style::Subscript, text) => html! { sub { (markup(text, label)) } },
            Span::Styled(Style::Reference, id) => html! { a href={ "#" (id) } { (label(id)) } },
        };
        shown.push_str(&piece.into_string());
    }
    PreEscaped(shown)
}

fn collect<'a>(source: &'a str, wanted: Style, found: &mut Vec<&'a str>) {
    for span in spans(source) {
        match span {
            Span::Styled(style, text) if style == wanted => found.push(text),
            Span::Plain(_) | Span::Styled(Style::Code | Style::Formula, _) => {}
            Span::Styled(_, text) => collect(text, wanted, found),
        }
    }
}

/// Cuts a text into plain characters and styled stretches.
fn spans(source: &str) -> impl Iterator<Item = Span<'_>> {
    let mut rest = source;
    std::iter::from_fn(move || {
        let (span, length) = next_span(rest)?;
        rest = &rest[length..];
        Some(span)
    })
}

/// The first stretch of a text, and how many bytes it takes.
fn next_span(rest: &str) -> Option<(Span<'_>, usize)> {
    let first = rest.chars().next()?;
    if first == '\\'
        && let Some(escaped) = rest[1..].chars().next()
        && escaped.is_ascii_punctuation()
    {
        return Some((Span::Plain(escaped), 1 + escaped.len_utf8()));
    }
    for (open, close, style) in MARKS {
        let Some(inside) = rest.strip_prefix(open) else {
            continue;
        };
        // `2 * 3 * 4` is a product: emphasis touches its text on both sides.
        let Some(length) = closing(inside, close, style) else {
            continue;
        };
        return Some((Span::Styled(style, &inside[..length]), open.len() + length + close.len()));
    }
    Some((Span::Plain(first), first.len_utf8()))
}

/// Where the text inside a mark ends.
fn closing(inside: &str, close: &str, style: Style) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = inside[from..].find(close) {
        let end = from + found;
        let text = &inside[..end];
        let escaped = !matches!(style, Style::Code | Style::Formula) && text.ends_with('\\');
        let touching = !text.is_empty() && text.trim() == text;
        if touching && !escaped {
            // In `**a *b***` the bold ends with the last two stars.
            let longer = style == Style::Bold && inside[end..].starts_with("***");
            return Some(if longer { end + 1 } else { end });
        }
        from = end + close.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        RichText::from(source).markup(&|id| format!("<{id}>")).into_string()
    }

    #[test]
    fn markup_becomes_elements() {
        assert_eq!(
            shown("a *b* **c** `d*e*`"),
            "a <em>b</em> <strong>c</strong> <code>d*e*</code>"
        );
        assert_eq!(shown("10^{−3}·z_{i}"), "10<sup>−3</sup>·z<sub>i</sub>");
        assert_eq!(shown("see @{t}"), r##"see <a href="#t">&lt;t&gt;</a>"##);
        assert_eq!(shown("**a *b***"), "<strong>a <em>b</em></strong>");
    }

    #[test]
    fn a_formula_keeps_its_backslashes_and_its_marks() {
        let text = RichText::from(r"with $\sigma_{i}^{2} * a * b$ and \$5");
        assert_eq!(text.formulas(), [r"\sigma_{i}^{2} * a * b"]);
        let shown = text.markup(&|_| String::new()).into_string();
        assert!(shown.starts_with("with <math") && shown.ends_with("</math> and $5"), "{shown}");
    }

    #[test]
    fn what_is_no_markup_stays() {
        assert_eq!(shown("2 * 3 * 4, snake_case, a^2, x@y"), "2 * 3 * 4, snake_case, a^2, x@y");
        assert_eq!(shown("*open, `open, ^{open"), "*open, `open, ^{open");
        assert_eq!(shown(r"\*a\* C:\dir \"), r"*a* C:\dir \");
    }

    #[test]
    fn html_is_always_escaped() {
        for source in
            ["<script>", "*<script>*", "`<script>`", "^{<script>}", "\\<script>", "@{<script>}"]
        {
            assert!(!shown(source).contains("<script"), "{source}");
        }
        assert!(!shown("@{\"onclick=\"x}").contains("\"onclick"));
    }

    #[test]
    fn references_are_found_inside_other_markup_but_not_in_code() {
        let text = RichText::from("@{a} *in @{b}* `@{c}` \\@{d}");
        assert_eq!(text.references(), ["a", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn plain_text_is_shown_as_it_is(text in "[a-z*`^_@${}\\\\ ]{0,40}") {
            proptest::prop_assert_eq!(
                RichText::plain(&text).markup(&|_| String::new()).into_string(),
                text
            );
        }
    }
}
