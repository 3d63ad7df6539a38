//! Tests of image grids.

use super::*;

/// An image whose every pixel differs from its neighbours', and from the same pixel of other tiles.
fn image(height: usize, width: usize, number: usize) -> Vec<u8> {
    (0..height * width).map(|pixel| ((number * 41 + pixel * 7) % 256) as u8).collect()
}

fn grid(rows: usize, columns: usize) -> ImageGrid {
    let row = |r: usize| {
        let images = (0..columns).map(|c| image(5, 4, r * columns + c)).collect();
        GridRow::new(format!("row {r}"), images)
    };
    ImageGrid { rows: (0..rows).map(row).collect(), ..ImageGrid::new(5, 4) }
}

/// Reads the tile back from the picture and checks it against its image.
fn assert_tile(grid: &ImageGrid, picture: &RgbImage, row: usize, column: usize) {
    let (x, y) = grid.position(row, column).unwrap();
    let image = &grid.rows[row].images[column];
    for dy in 0..grid.height * grid.scale {
        for dx in 0..grid.width * grid.scale {
            let value = image[dy / grid.scale * grid.width + dx / grid.scale];
            let shade = if grid.invert { 255 - value } else { value };
            let pixel = picture.get_pixel((x + dx) as u32, (y + dy) as u32).0;
            assert_eq!(pixel, [shade; 3], "tile ({row}, {column}), pixel ({dx}, {dy})");
        }
    }
}

fn assert_all_tiles(grid: &ImageGrid) -> RgbImage {
    let picture = grid.render().unwrap();
    for (row, images) in grid.rows.iter().enumerate() {
        for column in 0..images.images.len() {
            assert_tile(grid, &picture, row, column);
        }
    }
    picture
}

#[test]
fn every_tile_is_its_image_pixel_for_pixel() {
    let mut grid = grid(4, 7);
    grid.column_labels = (0..7).map(|c| format!("a long label of column {c}")).collect();
    grid.column_breaks = vec![3];
    grid.rows[2].apart = true;
    for scale in [1, 3, 8] {
        for invert in [false, true] {
            assert_all_tiles(&ImageGrid { scale, invert, ..grid.clone() });
        }
    }
}

#[test]
fn rows_of_different_lengths_leave_white_space() {
    let mut grid = grid(2, 3);
    grid.rows[1].images.truncate(1);
    let picture = assert_all_tiles(&grid);
    let (x, _) = grid.position(0, 2).unwrap();
    let (_, y) = grid.position(1, 0).unwrap();
    assert_eq!(picture.get_pixel(x as u32, y as u32).0, [255; 3]);
}

#[test]
fn without_labels_the_picture_is_tiles_gaps_and_margins() {
    let images: Vec<Vec<u8>> = (0..6).map(|n| image(28, 28, n)).collect();
    let grid = ImageGrid::new(28, 28).with_images(&images, 3);
    let picture = assert_all_tiles(&grid);
    // Two margins of 6, tiles of 84, gaps of 3.
    assert_eq!(picture.dimensions(), (12 + 3 * 84 + 2 * 3, 12 + 2 * 84 + 3));
}

/// Planes, as images lie in memory, become pixels of their colour; inverted, the complement's.
#[test]
fn a_coloured_image_shows_its_planes() {
    let image = vec![10, 20, 30, 40, 110, 120, 130, 140, 210, 220, 230, 240];
    let grid = ImageGrid::new(2, 2).with_channels(3).with_images(&[image], 1);
    let inverted = ImageGrid { invert: true, ..grid.clone() };
    for (grid, inverse) in [(grid, false), (inverted, true)] {
        let picture = grid.render().unwrap();
        let (left, top) = grid.position(0, 0).unwrap();
        for pixel in 0..4u8 {
            let (x, y) = (left + usize::from(pixel % 2) * 3, top + usize::from(pixel / 2) * 3);
            let colour = [10, 110, 210].map(|first| first + 10 * pixel);
            let expected = if inverse { colour.map(|value| 255 - value) } else { colour };
            assert_eq!(picture.get_pixel(x as u32 + 2, y as u32 + 2).0, expected);
        }
    }
}

#[test]
fn breaks_widen_exactly_their_gap() {
    let mut grid = grid(3, 3);
    let before = grid.position(2, 2).unwrap();
    grid.column_breaks = vec![1];
    grid.rows[2].apart = true;
    let after = grid.position(2, 2).unwrap();
    assert_eq!((after.0 - before.0, after.1 - before.1), (18, 18));
    assert_eq!(grid.position(1, 0).unwrap().1, self::grid(3, 3).position(1, 0).unwrap().1);
}

#[test]
fn labels_have_ink_outside_the_tiles_and_longer_ones_more_room() {
    let mut grid = grid(2, 2);
    let left = grid.position(0, 0).unwrap().0;
    let picture = grid.render().unwrap();
    let ink = picture.enumerate_pixels().filter(|(x, _, p)| (*x as usize) < left && p.0[0] < 100);
    assert!(ink.count() > 100);
    grid.rows[0].label = "a row with a longer label".to_owned();
    assert!(grid.position(0, 0).unwrap().0 > left);
    grid.column_labels = vec!["interpolation".to_owned()];
    assert!(grid.position(0, 0).unwrap().1 > 100, "a wide word turns upwards");
}

#[test]
fn labels_of_high_rows_do_not_overlap_the_next_row() {
    let mut grid = grid(2, 1);
    grid.rows[0].label = "many words that need several lines beside a very small image".to_owned();
    let (first, second) = (grid.position(0, 0).unwrap().1, grid.position(1, 0).unwrap().1);
    assert!(second - first > grid.height * grid.scale + 20);
}

#[test]
fn bad_grids_are_refused() {
    assert!(matches!(ImageGrid::new(28, 28).render(), Err(Error::Empty { .. })));
    let mut wrong = grid(2, 2);
    wrong.rows[1].images[1].pop();
    assert!(matches!(wrong.render(), Err(Error::Length { found: 19, expected: 20, .. })));
    let labelled = ImageGrid { column_labels: vec![String::new(); 3], ..grid(2, 2) };
    assert!(matches!(labelled.render(), Err(Error::Length { found: 3, expected: 2, .. })));
    assert!(matches!(ImageGrid { scale: 0, ..grid(1, 1) }.render(), Err(Error::Range { .. })));
    assert!(matches!(
        ImageGrid { scale: 64, ..grid(1, 200) }.render(),
        Err(Error::TooLarge { .. })
    ));
    let long = ImageGrid::new(28, 28).with_images(&[vec![0; 785]], 1);
    assert!(matches!(long.render(), Err(Error::Length { found: 785, expected: 784, .. })));
    let two = ImageGrid::new(1, 1).with_channels(2).with_images(&[vec![0; 2]], 1);
    assert!(matches!(two.render(), Err(Error::Range { .. })));
}

#[test]
fn a_missing_folder_is_named_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("grid.png");
    let message = grid(1, 1).save(&path).unwrap_err().to_string();
    assert!(message.contains("grid.png"), "{message}");
    grid(1, 1).save(folder.path().join("grid.png")).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
