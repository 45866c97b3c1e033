//! Aligned tables, wrapped lists and numbers with units.

/// Width that text is laid out for, characters.
pub const WIDTH: usize = 80;

/// On which side a column's cells are filled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table of text cells. Its last column takes what is left of the line and wraps at blanks.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    unwrapped: bool,
}

impl Table {
    /// A table with these column headings.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Table {
            columns: columns
                .iter()
                .map(|(name, align)| ((*name).to_owned(), *align))
                .collect(),
            rows: Vec::new(),
            unwrapped: false,
        }
    }

    /// The same with lines as long as they are: for rows of data.
    #[must_use]
    pub fn unwrapped(mut self) -> Self {
        self.unwrapped = true;
        self
    }

    /// Adds a row; missing cells stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, one blank before each line, two between columns, with a final newline.
    pub fn text(&self) -> String {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = lines.iter().filter_map(|line| line.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let last = self.columns.len().saturating_sub(1);
        let indent = 1 + widths
            .iter()
            .take(last)
            .map(|width| width + 2)
            .sum::<usize>();
        let mut text = String::new();
        for line in lines {
            let mut out = String::from(" ");
            for (number, ((_, align), width)) in self.columns.iter().zip(&widths).enumerate() {
                let cell = line.get(number).map_or("", String::as_str);
                if number == last && *align == Align::Left && !self.unwrapped {
                    out.push_str(&wrap(cell, indent));
                    continue;
                }
                let fill = " ".repeat(width.saturating_sub(cell.chars().count()));
                match align {
                    Align::Left => out.extend([cell, &fill]),
                    Align::Right => out.extend([&fill, cell]),
                }
                if number < last {
                    out.push_str("  ");
                }
            }
            text.push_str(out.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Breaks text at blanks so that it ends before [`WIDTH`], further lines indented. The first line is taken to
/// begin at `indent` too. Words are never broken.
pub fn wrap(text: &str, indent: usize) -> String {
    let room = WIDTH.saturating_sub(indent).max(20);
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// A size with a binary unit: `4.1 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
    ];
    UNITS.iter().find(|(_, unit)| bytes >= *unit).map_or_else(
        || format!("{bytes} B"),
        |(name, unit)| tenths(bytes, *unit, name),
    )
}

/// A time with a unit that suits it: `850 ms`, `12.3 s`, `4:05 min`.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000_000 => format!("{} ms", micros.div_ceil(1000)),
        1_000_000..120_000_000 => tenths(micros, 1_000_000, "s"),
        120_000_000..7_200_000_000 => {
            let seconds = micros / 1_000_000;
            format!("{}:{:02} min", seconds / 60, seconds % 60)
        }
        _ => tenths(micros, 3_600_000_000, "h"),
    }
}

/// `count noun`, with the noun's plural where the count is not 1.
pub fn count(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn tenths(value: u64, unit: u64, name: &str) -> String {
    let tenths = u128::from(value) * 10 / u128::from(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_the_last_column_wraps() {
        let mut table = Table::new(&[
            ("table", Align::Left),
            ("reads", Align::Right),
            ("statements", Align::Left),
        ]);
        table.row(["a".to_owned(), "12".to_owned(), "word ".repeat(16)]);
        table.row(["longer".to_owned(), "3".to_owned(), "one".to_owned()]);
        insta::assert_snapshot!(table.text(), @r"
         table   reads  statements
         a          12  word word word word word word word word word word word word word
                        word word word
         longer      3  one
        ");
        assert!(
            table
                .text()
                .lines()
                .all(|line| line.chars().count() <= WIDTH)
        );
    }

    #[test]
    fn units_suit_the_number() {
        let sizes = [0, 1023, 1536, 5 << 30].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
        let times = [1, 850_000, 12_345_678, 245_000_000, 9_000_000_000].map(micros);
        assert_eq!(times, ["1 ms", "850 ms", "12.3 s", "4:05 min", "2.5 h"]);
        assert_eq!(count(1, "frame"), "1 frame");
        assert_eq!(count(0, "frame"), "0 frames");
    }
}
