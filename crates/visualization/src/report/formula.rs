//! Formulas: LaTeX to MathML.

use maud::{Markup, PreEscaped};
use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Event, Parser, ParserError, RenderConfig, Storage, push_mathml};

/// The formula as a `<math>` element; one that [`fault`] refuses is shown as its source.
pub(super) fn mathml(latex: &str, display_mode: DisplayMode) -> Markup {
    let storage = Storage::new();
    let events: Vec<Result<Event<'_>, ParserError>> = Parser::new(latex, &storage).collect();
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut shown = String::new();
    match push_mathml(&mut shown, events.into_iter(), config) {
        Ok(()) => PreEscaped(mended(shown)),
        Err(_) => maud::html! { code { (latex) } },
    }
}

/// The renderer escapes text, but writes these operators as they are; it escapes its own space in
/// `\ `; and its μ is the sign for micro, which has no italic form.
fn mended(mathml: String) -> String {
    let wrong = [
        (">&</mo>", ">&amp;</mo>"),
        ("><</mo>", ">&lt;</mo>"),
        (">></mo>", ">&gt;</mo>"),
        (">&amp;nbsp;<", ">\u{a0}<"),
        ("\u{b5}", "μ"),
    ];
    wrong.iter().fold(mathml, |text, (wrong, right)| text.replace(wrong, right))
}

/// What is wrong with a formula, if anything is.
pub(super) fn fault(latex: &str) -> Option<String> {
    let storage = Storage::new();
    let error = Parser::new(latex, &storage).find_map(Result::err)?;
    Some(format!("the formula ${latex}$: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_becomes_mathml() {
        let shown = mathml(r"\frac{\mu^2}{2}", DisplayMode::Inline).into_string();
        assert!(shown.starts_with("<math") && shown.contains("<mfrac>"), "{shown}");
        assert!(shown.contains("<mi>μ</mi>"), "{shown}");
        assert!(!shown.contains("frac{"), "{shown}");
    }

    #[test]
    fn a_space_is_a_space() {
        let shown = mathml(r"a,\ b", DisplayMode::Inline).into_string();
        assert!(shown.contains("<mtext>\u{a0}</mtext>"), "{shown}");
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(fault(r"\mathbb{E}_{q}[\log p(x \mid z)] \ge 0"), None);
        assert!(fault(r"\frac{1}{2").is_some());
        assert!(fault(r"\nosuchcommand{1}").is_some());
    }

    #[test]
    fn a_formula_cannot_become_html_of_its_own() {
        for latex in
            ["<script>", r"\text{<script>alert(1)</script>}", "a & < b", r"\text{</math><script>}"]
        {
            let shown = mathml(latex, DisplayMode::Inline).into_string();
            assert!(!shown.contains("<script") && !shown.contains("<<"), "{latex}: {shown}");
        }
    }
}
