//! Expressions of a wanted type, and tests. They never throw, in ANSI mode either.

use super::Generator;
use super::schema::{Column, SCALARS, Type};

/// Something that an expression may refer to.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// How it is written.
    pub(super) text: String,
    /// The column's name.
    pub(super) name: String,
    pub(super) of: Type,
    /// What the column is declared as, where it is one.
    pub(super) declared: Option<&'static str>,
}

impl Bound {
    /// The column of a result that shows it as it is.
    pub(super) fn column(&self, name: &str) -> Column {
        Column {
            declared: self.declared,
            ..Column::new(name, self.of)
        }
    }
}

impl Generator {
    /// Something of that type that is in scope.
    pub(super) fn bound<'a>(&mut self, scope: &'a [Bound], of: Type) -> Option<&'a Bound> {
        let fitting: Vec<&Bound> = scope.iter().filter(|bound| bound.of == of).collect();
        (!fitting.is_empty()).then(|| *self.random.one(&fitting))
    }

    /// An expression of exactly that type.
    pub(super) fn expression(&mut self, scope: &[Bound], of: Type, depth: usize) -> String {
        if let Some(bound) = self.bound(scope, of)
            && self.random.percent(if depth == 0 { 90 } else { 60 })
        {
            return bound.text.clone();
        }
        if depth == 0 || self.random.percent(10) {
            return of.literal(&mut self.random);
        }
        let below = depth - 1;
        let choice = self.random.below(7);
        if choice == 0 {
            let test = self.test(scope, below);
            let (yes, no) = (self.expression(scope, of, 0), self.expression(scope, of, 0));
            return format!("CASE WHEN {test} THEN {yes} ELSE {no} END");
        }
        if choice == 1 && !of.is_nested() {
            let (one, other) = (
                self.expression(scope, of, below),
                of.literal(&mut self.random),
            );
            return format!("COALESCE({one}, {other})");
        }
        let mut part = |of| self.expression(scope, of, below);
        match (of, choice) {
            (Type::Int, 2) => format!("LENGTH({})", part(Type::Text)),
            (Type::Int, 3) => format!("SIZE({})", part(Type::Numbers)),
            (Type::Int, 4) => format!("YEAR({})", part(Type::Date)),
            (Type::Int, 5) => format!("HOUR({})", part(Type::Timestamp)),
            (Type::Int, _) => format!("CAST({} % 100 AS INT)", part(Type::Bigint)),
            (Type::Bigint, 2..=4) => format!("CAST({} AS BIGINT)", part(Type::Int)),
            (Type::Bigint, _) => format!("({} % 1000 + 1L)", part(Type::Bigint)),
            (Type::Decimal, 2..=4) => format!("CAST({} % 1000 AS DECIMAL(12,2))", part(Type::Int)),
            (Type::Decimal, _) => format!("CAST({} + 0.5 AS DECIMAL(12,2))", part(Type::Decimal)),
            (Type::Double, 2..=4) => format!("CAST({} AS DOUBLE)", part(Type::Int)),
            (Type::Double, _) => format!("NANVL({}, 0.5D)", part(Type::Double)),
            (Type::Text, 2) => format!("UPPER({})", part(Type::Text)),
            (Type::Text, 3) => format!("SUBSTRING({}, 1, 2)", part(Type::Text)),
            (Type::Text, 4) => {
                let other = *self.random.one(&SCALARS);
                let value = self.expression(scope, other, below);
                format!("CAST({value} AS STRING)")
            }
            (Type::Text, _) => {
                let (one, other) = (part(Type::Text), part(Type::Text));
                format!("SUBSTRING(CONCAT({one}, '-', {other}), 1, 9)")
            }
            (Type::Date, 2..=3) => format!("DATE_ADD({}, 1)", part(Type::Date)),
            (Type::Date, _) => format!("CAST({} AS DATE)", part(Type::Timestamp)),
            (Type::Timestamp, 2..=3) => {
                format!("({} + INTERVAL 90 MINUTES)", part(Type::Timestamp))
            }
            (Type::Timestamp, _) => format!("CAST({} AS TIMESTAMP)", part(Type::Date)),
            (Type::Boolean, _) => format!("({})", self.test(scope, below)),
            (Type::Numbers, _) => format!("ARRAY({}, {})", part(Type::Int), part(Type::Int)),
            (Type::Pair, _) => {
                format!(
                    "NAMED_STRUCT('n', {}, 's', {})",
                    part(Type::Int),
                    part(Type::Text)
                )
            }
        }
    }

    /// A test. At depth 0 of one column against constants: what filters are made of.
    pub(super) fn test(&mut self, scope: &[Bound], depth: usize) -> String {
        if depth > 0 {
            match self.random.below(8) {
                0 => {
                    let (one, other) = (self.test(scope, depth - 1), self.test(scope, 0));
                    return format!("({one} OR {other})");
                }
                1 => {
                    let of = *self.random.one(&SCALARS);
                    let one = self.expression(scope, of, depth - 1);
                    let other = self.expression(scope, of, 0);
                    let operator = *self.random.one(&["=", "<>", "<", ">=", "<=>"]);
                    return format!("{one} {operator} {other}");
                }
                2 => return format!("NOT ({})", self.test(scope, depth - 1)),
                _ => {}
            }
        }
        let themes: Vec<(String, Type, usize)> = self
            .themes
            .iter()
            .filter_map(|theme| {
                let fits = |bound: &&Bound| bound.name == theme.column && bound.of == theme.of;
                let bound = scope.iter().find(fits)?;
                Some((bound.text.clone(), theme.of, theme.shape))
            })
            .collect();
        let (text, of, shape) = if !themes.is_empty() && self.random.percent(70) {
            self.random.one(&themes).clone()
        } else {
            let fitting: Vec<&Bound> = scope.iter().filter(|bound| !bound.of.is_nested()).collect();
            if fitting.is_empty() {
                return "1 = 1".to_owned();
            }
            let bound = *self.random.one(&fitting);
            (bound.text.clone(), bound.of, self.random.below(6))
        };
        self.compared(&text, of, shape)
    }

    fn compared(&mut self, text: &str, of: Type, shape: usize) -> String {
        let one = of.compared(&mut self.random);
        let other = of.compared(&mut self.random);
        match shape {
            _ if of == Type::Boolean => match shape {
                0 => format!("{text} IS NULL"),
                1 => text.to_owned(),
                _ => format!("{text} = {one}"),
            },
            0 => format!("{text} IS NOT NULL"),
            1 => format!("{text} IN ({one}, {other})"),
            2 => format!("{text} > {one}"),
            3 => format!("{text} BETWEEN {one} AND {other}"),
            4 if of == Type::Text => {
                format!("{text} LIKE '{}'", self.random.one(&["a%", "% b", "%"]))
            }
            4 => format!("{text} <= {one}"),
            _ => format!("{text} <> {one}"),
        }
    }
}
