//! The experiments that come with the program.

/// Names and texts of the presets, smallest first; the last two are for a user's own data.
pub const PRESETS: [(&str, &str); 11] = [
    ("smoke", include_str!("../../../../assets/experiments/smoke.toml")),
    ("course", include_str!("../../../../assets/experiments/course.toml")),
    ("standard", include_str!("../../../../assets/experiments/standard.toml")),
    ("bfloat16", include_str!("../../../../assets/experiments/bfloat16.toml")),
    ("against-encoder", include_str!("../../../../assets/experiments/against-encoder.toml")),
    ("full", include_str!("../../../../assets/experiments/full.toml")),
    ("vae-mlp", include_str!("../../../../assets/experiments/vae-mlp.toml")),
    ("exemplar-protocol", include_str!("../../../../assets/experiments/exemplar-protocol.toml")),
    (
        "exemplar-protocol-full",
        include_str!("../../../../assets/experiments/exemplar-protocol-full.toml"),
    ),
    ("own", include_str!("../../../../assets/experiments/own.toml")),
    ("own-table", include_str!("../../../../assets/experiments/own-table.toml")),
];

/// The text of the preset `name`.
pub fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
