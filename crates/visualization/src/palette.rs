//! Colours that readers with colour-blindness can tell apart.

/// Text and axes.
pub(crate) const INK: &str = "#1f2328";
/// Secondary text.
pub(crate) const MUTED: &str = "#59636e";
/// Grid lines.
pub(crate) const RULE: &str = "#e3e6ea";

/// Lines and bars: Okabe and Ito (2008, <https://jfly.uni-koeln.de/color/>), the dark ones first and
/// without yellow, which vanishes on white.
const LINES: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Classes: the ten-colour sequence of Petroff (2021, <https://arxiv.org/abs/2107.02270>), made for
/// scatter plots by optimising distance under simulated colour-blindness.
const CLASSES: [&str; 10] = [
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70",
    "#717581", "#92dadd",
];

/// The colour of the `index`-th line; they repeat after seven.
pub(crate) fn line(index: usize) -> &'static str {
    LINES[index % LINES.len()]
}

/// The colour of the `index`-th class; they repeat after ten.
pub(crate) fn class(index: usize) -> &'static str {
    CLASSES[index % CLASSES.len()]
}
