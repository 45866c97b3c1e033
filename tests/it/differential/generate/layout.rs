//! Cosmetics: names, aliases, blanks, comments and case.

use super::Generator;
use super::random::Random;
use super::schema::{Kind, Relation};

impl Generator {
    /// An identifier, quoted or not, in some case.
    pub(super) fn word(&mut self, word: &str) -> String {
        match self.noise.below(12) {
            0 => format!("`{word}`"),
            1 => word.to_uppercase(),
            _ => word.to_owned(),
        }
    }

    /// The name of a relation as a statement may write it here.
    pub(super) fn name_of(&mut self, relation: &Relation) -> String {
        match relation.kind {
            Kind::Temporary => self.word(&relation.name),
            Kind::Path => format!("{}.`{}`", relation.provider, relation.name),
            Kind::Table | Kind::View => {
                let (database, table) = relation.name.split_once('.').unwrap();
                let hides = self.hidden.iter().any(|name| name == table);
                let temporary = self.relations.iter().any(|one| one.name == table);
                let short = database == self.database && !hides && !temporary;
                let table = self.word(table);
                if short && self.noise.percent(60) {
                    return table;
                }
                let database = self.word(database);
                if self.noise.percent(8) {
                    format!("spark_catalog.{database}.{table}")
                } else {
                    format!("{database}.{table}")
                }
            }
        }
    }

    /// An alias that nothing else in the statement has.
    pub(super) fn alias(&mut self) -> String {
        self.number += 1;
        let stem = *self.noise.one(&["t", "a", "src", "x", "q"]);
        format!("{stem}{}", self.number)
    }

    /// A statement with other blanks, comments and case.
    pub(super) fn laid_out(&mut self, text: &str) -> String {
        laid_out(&mut self.noise, text)
    }
}

fn laid_out(noise: &mut Random, text: &str) -> String {
    let lower = noise.percent(25);
    let mut out = String::new();
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for c in text.chars() {
        if let Some(open) = quote {
            out.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' && open == '\'' {
                escaped = true;
            } else if c == open {
                quote = None;
            }
            continue;
        }
        match c {
            '\'' | '`' => {
                quote = Some(c);
                out.push(c);
            }
            ' ' => out.push_str(blank(noise)),
            _ if lower => out.push(c.to_ascii_lowercase()),
            _ => out.push(c),
        }
    }
    out
}

fn blank(noise: &mut Random) -> &'static str {
    match noise.below(60) {
        0 | 1 => "\n  ",
        2 => "\t",
        3 => " /* FROM shop.orders; */ ",
        4 => " -- it's `shop.orders`\n",
        5 => "\r\n",
        _ => " ",
    }
}

#[test]
fn blanks_in_literals_and_quoted_names_stay() {
    let mut noise = Random::new(3);
    for _ in 0..50 {
        let text = laid_out(&mut noise, "SELECT 'a  \\' b' , `x  y` FROM t");
        assert!(
            text.contains("'a  \\' b'") && text.contains("`x  y`"),
            "{text}"
        );
    }
}
