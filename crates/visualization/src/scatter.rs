//! Maps of samples coloured by class.

use crate::error::{Error, Result};
use crate::font::{self, Weight};
use crate::palette;
use crate::scene::{Anchor, Drawing, Frame, Scene, Text};

const TEXT: f64 = 13.0;
const TITLE: f64 = 15.0;
const NAME: f64 = 13.0;
const LEGEND_STEP: f64 = 22.0;
const MARGIN: f64 = 14.0;

/// A two-dimensional scatter plot without axes: in a t-SNE map only nearness means something.
///
/// Points are drawn in the samples' order, so that no class lies on top of another by its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// Above the map, flush left; empty for none.
    pub title: String,
    /// One point per sample; both axes have the same scale.
    pub points: Vec<[f32; 2]>,
    /// The class of each point, an index into `classes`.
    pub labels: Vec<u8>,
    /// The classes' names, in the order of the legend. Colours repeat after ten.
    pub classes: Vec<String>,
    /// Side of the square map, in CSS pixels, at least 100.
    pub size: f64,
}

impl Default for Scatter {
    fn default() -> Self {
        Scatter {
            title: String::new(),
            points: Vec::new(),
            labels: Vec::new(),
            classes: Vec::new(),
            size: 540.0,
        }
    }
}

impl Scatter {
    /// Draws the map, with a legend to its right and each class's name at its median point.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without points, [`Error::Length`] if labels and points differ in number,
    /// [`Error::Label`] for a label without a name, [`Error::NotFinite`] for a NaN or an infinity,
    /// [`Error::Range`] for a bad size.
    pub fn draw(&self) -> Result<Drawing> {
        self.check()?;
        let present: Vec<usize> = (0..self.classes.len())
            .filter(|&c| self.labels.iter().any(|&l| usize::from(l) == c))
            .collect();
        let top = MARGIN + if self.title.is_empty() { 0.0 } else { TITLE + 8.0 };
        let frame = Frame { x: MARGIN, y: top, width: self.size, height: self.size };
        let names = present.iter().map(|&class| self.classes[class].as_str());
        let legend = font::widest(names, TEXT, Weight::Regular)? + 30.0;
        let mut scene =
            Scene::new(frame.right() + MARGIN + legend + MARGIN, frame.bottom() + MARGIN);
        if !self.title.is_empty() {
            let title = Text::new(&self.title, MARGIN, 10.0 + TITLE, TITLE);
            scene.text(title.weight(Weight::SemiBold));
        }
        let places = self.places(frame);
        self.draw_points(&mut scene, &places);
        self.draw_names(&mut scene, frame, &places, &present)?;
        self.draw_legend(&mut scene, frame, &present);
        Ok(scene.finish())
    }

    fn check(&self) -> Result<()> {
        if self.points.is_empty() {
            return Err(Error::Empty { what: "scatter plot", minimum: 1 });
        }
        if self.labels.len() != self.points.len() {
            let (found, expected) = (self.labels.len(), self.points.len());
            return Err(Error::Length { what: "labels of the scatter plot", found, expected });
        }
        let classes = self.classes.len();
        if let Some(index) = self.labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(Error::Label { label: self.labels[index].into(), index, classes });
        }
        let coordinates = self.points.as_flattened();
        if let Some(index) = coordinates.iter().position(|value| !value.is_finite()) {
            let found = f64::from(coordinates[index]);
            return Err(Error::NotFinite { what: "coordinates of the scatter plot", index, found });
        }
        if !(self.size.is_finite() && self.size >= 100.0) {
            let (what, expected) = ("size of the scatter plot", "100 or more");
            return Err(Error::Range { what, found: self.size, expected });
        }
        Ok(())
    }

    /// The points in the frame, centred, with one scale for both axes.
    fn places(&self, frame: Frame) -> Vec<(f64, f64)> {
        let extent = |axis: usize| {
            let values = self.points.iter().map(|point| f64::from(point[axis]));
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let (x, y) = (extent(0), extent(1));
        let span = (x.1 - x.0).max(y.1 - y.0);
        let scale = if span > 0.0 { frame.width / span } else { 0.0 };
        let (middle_x, middle_y) = (frame.x + frame.width / 2.0, frame.y + frame.height / 2.0);
        let place = |point: &[f32; 2]| {
            let right = f64::from(point[0]) - 0.5 * (x.0 + x.1);
            let up = f64::from(point[1]) - 0.5 * (y.0 + y.1);
            (middle_x + scale * right, middle_y - scale * up)
        };
        self.points.iter().map(place).collect()
    }

    fn draw_points(&self, scene: &mut Scene, places: &[(f64, f64)]) {
        // Thousands of points need small ones; a few hundred can be seen as dots.
        let radius =
            (90.0 / (places.len() as f64).sqrt()).clamp(1.2, 3.5) * (self.size / 540.0).sqrt();
        for (&place, &label) in places.iter().zip(&self.labels) {
            scene.circle(place, radius, palette::class(label.into()), 0.75);
        }
    }

    fn draw_names(
        &self,
        scene: &mut Scene,
        frame: Frame,
        places: &[(f64, f64)],
        present: &[usize],
    ) -> Result<()> {
        let mut boxes = Vec::new();
        for &class in present {
            let members =
                || places.iter().zip(&self.labels).filter(|(_, l)| usize::from(**l) == class);
            let (x, y) = (median(members().map(|m| m.0.0)), median(members().map(|m| m.0.1)));
            let width = font::text_width(&self.classes[class], NAME, Weight::SemiBold)? + 4.0;
            let low = frame.x + width / 2.0;
            let x = x.clamp(low, (frame.right() - width / 2.0).max(low));
            boxes.push(Frame { x: x - width / 2.0, y: y - NAME / 2.0, width, height: NAME + 3.0 });
        }
        separate(&mut boxes);
        for (&class, place) in present.iter().zip(&boxes) {
            let middle = place.x + place.width / 2.0;
            let y = place.y.clamp(frame.y, frame.bottom() - NAME) + 0.86 * NAME;
            let text = Text::new(&self.classes[class], middle, y, NAME);
            scene.text(text.anchor(Anchor::Middle).weight(Weight::SemiBold).halo());
        }
        Ok(())
    }

    fn draw_legend(&self, scene: &mut Scene, frame: Frame, present: &[usize]) {
        for (row, &class) in present.iter().enumerate() {
            let (x, y) = (frame.right() + MARGIN + 8.0, frame.y + 12.0 + row as f64 * LEGEND_STEP);
            scene.circle((x, y), 5.0, palette::class(class), 1.0);
            scene.text(Text::new(&self.classes[class], x + 13.0, y + 0.36 * TEXT, TEXT));
        }
    }
}

/// The middle value, the lower one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// Moves overlapping boxes apart, up and down only, a little at a time.
fn separate(boxes: &mut [Frame]) {
    for _ in 0..200 {
        let mut moved = false;
        for a in 0..boxes.len() {
            for b in a + 1..boxes.len() {
                let overlap = overlap(&boxes[a], &boxes[b]);
                if overlap > 0.0 {
                    let (upper, lower) = if boxes[a].y <= boxes[b].y { (a, b) } else { (b, a) };
                    boxes[upper].y -= 0.5 * overlap + 0.1;
                    boxes[lower].y += 0.5 * overlap + 0.1;
                    moved = true;
                }
            }
        }
        if !moved {
            return;
        }
    }
}

/// How far two boxes overlap in height, 0 where they lie beside each other.
fn overlap(a: &Frame, b: &Frame) -> f64 {
    let beside = a.x >= b.right() || b.x >= a.right();
    if beside { 0.0 } else { (a.bottom().min(b.bottom()) - a.y.max(b.y)).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scatter() -> Scatter {
        Scatter {
            points: vec![[0.0, 0.0], [10.0, 5.0], [0.0, 5.0], [9.0, 4.0]],
            labels: vec![0, 2, 0, 2],
            classes: vec!["bag".into(), "unused".into(), "boot".into()],
            ..Scatter::default()
        }
    }

    #[test]
    fn classes_have_their_colour_name_and_legend_and_absent_ones_none() {
        let drawing = scatter().draw().unwrap();
        let count = |text: &str| drawing.svg().matches(text).count();
        // Two points and the dot of the legend.
        assert_eq!(count(palette::class(0)), 3);
        assert_eq!(count(palette::class(1)), 0);
        assert_eq!(count(palette::class(2)), 3);
        // Once in the map and once in the legend.
        assert_eq!(count(">bag<"), 2);
        assert_eq!(count(">unused<"), 0);
    }

    #[test]
    fn both_axes_have_one_scale_and_up_is_up() {
        let frame = Frame { x: 0.0, y: 0.0, width: 100.0, height: 100.0 };
        let places = scatter().places(frame);
        assert_eq!(places[0], (0.0, 75.0));
        assert_eq!(places[1], (100.0, 25.0));
    }

    #[test]
    fn names_at_the_same_place_are_moved_apart() {
        let mut boxes = vec![Frame { x: 0.0, y: 0.0, width: 50.0, height: 16.0 }; 5];
        separate(&mut boxes);
        for a in 0..5 {
            for b in 0..a {
                assert!(overlap(&boxes[a], &boxes[b]) <= 0.0);
            }
        }
    }

    #[test]
    fn the_ten_class_colours_are_distinct() {
        let colours: std::collections::BTreeSet<&str> = (0..10).map(palette::class).collect();
        assert_eq!(colours.len(), 10);
    }

    #[test]
    fn bad_input_is_refused() {
        let with = |change: fn(&mut Scatter)| {
            let mut scatter = scatter();
            change(&mut scatter);
            scatter.draw().unwrap_err()
        };
        assert!(matches!(
            with(|s| s.labels[1] = 3),
            Error::Label { label: 3, index: 1, classes: 3 }
        ));
        assert!(matches!(
            with(|s| s.labels.truncate(2)),
            Error::Length { found: 2, expected: 4, .. }
        ));
        assert!(matches!(with(|s| s.points[1][1] = f32::NAN), Error::NotFinite { index: 3, .. }));
        assert!(matches!(with(|s| *s = Scatter::default()), Error::Empty { .. }));
        assert!(matches!(with(|s| s.size = 0.0), Error::Range { .. }));
    }

    #[test]
    fn a_single_point_can_be_drawn() {
        let one = Scatter { points: vec![[3.0, 3.0]], labels: vec![0], ..scatter() };
        one.draw().unwrap().pixels().unwrap();
    }
}
