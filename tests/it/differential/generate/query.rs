//! Queries: blocks, common table expressions, set operations.

use super::expression::Bound;
use super::schema::{Column, SCALARS, Type};
use super::source::From;
use super::{Generator, Pasting};

/// More rows than that are aggregated away.
const MANY: u32 = 150;

/// A query and what it returns.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) text: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: u32,
}

impl Made {
    /// Whether ordering by all columns leaves no choice: rows that are equal are the same. Both zeros are equal.
    pub(super) fn is_orderable(&self) -> bool {
        self.columns.iter().all(|column| column.of != Type::Double)
    }
}

/// Numbers of columns to order by.
pub(super) fn all_columns(columns: &[Column]) -> String {
    let numbers: Vec<String> = (1..=columns.len())
        .map(|number| number.to_string())
        .collect();
    numbers.join(", ")
}

impl Generator {
    /// A query whose columns are the wanted ones, where some are wanted.
    pub(super) fn query(&mut self, wanted: Option<&[Column]>, depth: usize) -> Made {
        let top = usize::from(depth == 0);
        match self
            .random
            .weighted(&[(60, 0), (26 * top, 1), (11, 2), (5, 3)])
        {
            1 => self.with(wanted),
            2 => self.set_operation(wanted, depth),
            3 => {
                let made = self.select(wanted, depth);
                if !made.is_orderable() {
                    return made;
                }
                self.tag("limit");
                let limit = self.random.between(1, 9);
                let order = all_columns(&made.columns);
                Made {
                    text: format!("{} ORDER BY {order} LIMIT {limit}", made.text),
                    ..made
                }
            }
            _ => self.select(wanted, depth),
        }
    }

    fn with(&mut self, wanted: Option<&[Column]>) -> Made {
        self.tag("common table expression");
        let mut definitions = Vec::new();
        let mut from: Option<From> = None;
        let before = self.hidden.len();
        for _ in 0..self.random.between(1, 2) {
            let shadowed = self.hot[0].rsplit('.').next().unwrap().to_owned();
            let shadows = !self.hidden.contains(&shadowed) && self.random.percent(20);
            let name = if shadows {
                self.tag("common table expression named as a table");
                shadowed
            } else {
                self.fresh("w")
            };
            let body = if self.random.percent(75) {
                self.pasted()
            } else {
                None
            };
            let made = match body {
                Some(made) => {
                    self.tag("pasted common table expression");
                    made
                }
                None => self.query(None, 1),
            };
            self.hidden.push(name.clone());
            definitions.push(format!("{name} AS ({})", made.text));
            let alias = self.alias();
            let text = format!("{name} {alias}");
            from = Some(self.over(text, &alias, &made.columns, made.rows));
        }
        let from = self.joins(from.unwrap(), 1);
        let main = self.select_over(from, wanted, 1, false);
        self.hidden.truncate(before);
        Made {
            text: format!("WITH {} {}", definitions.join(", "), main.text),
            ..main
        }
    }

    fn set_operation(&mut self, wanted: Option<&[Column]>, depth: usize) -> Made {
        let left = self.select(wanted, depth + 1);
        let columns: Vec<Column> = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => left.columns.clone(),
        };
        let right = self.select(Some(&columns), depth + 1);
        let (words, feature) = *self.random.one(&[
            ("UNION ALL", "union all"),
            ("UNION", "union"),
            ("INTERSECT", "intersect"),
            ("EXCEPT", "except"),
            ("MINUS", "except"),
            ("EXCEPT ALL", "except"),
            ("INTERSECT ALL", "intersect"),
        ]);
        self.tag(feature);
        Made {
            text: format!("{} {words} {}", left.text, right.text),
            rows: left.rows + right.rows,
            columns: left.columns,
        }
    }

    pub(super) fn select(&mut self, wanted: Option<&[Column]>, depth: usize) -> Made {
        if let Some(made) = self.usual_grouping(wanted) {
            return made;
        }
        let mut from = self.from(depth);
        if from.single.is_some() {
            self.unqualified(&mut from);
        }
        self.select_over(from, wanted, depth, false)
    }

    /// A block over a `FROM`. A closed one has no subqueries of its own.
    pub(super) fn select_over(
        &mut self,
        from: From,
        wanted: Option<&[Column]>,
        depth: usize,
        closed: bool,
    ) -> Made {
        let mut from = from;
        let mut tests = Vec::new();
        if self.random.percent(70) {
            tests.push(self.test(&from.scope, 0));
        }
        if self.random.percent(30) {
            tests.push(self.test(&from.scope, 1));
        }
        let open = !closed && depth < 2 && !from.outer.is_empty();
        if open && self.random.percent(22) {
            tests.extend(self.subquery_test(&from.outer));
        }
        if self.pasting.as_ref().is_some_and(|pasting| pasting.more) {
            self.tag("subquery with one more test");
            tests.push(self.by_items(|own| own.test(&from.scope, 0)));
        }
        let text = if tests.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", tests.join(" AND "))
        };
        let numbers = self.bound(&from.scope, Type::Numbers).cloned();
        if let Some(numbers) = numbers
            && self.random.percent(30)
        {
            self.tag("lateral view");
            let alias = self.alias();
            let outer = if self.random.percent(50) {
                "OUTER "
            } else {
                ""
            };
            from.text = format!(
                "{} LATERAL VIEW {outer}EXPLODE({}) {alias} AS tag",
                from.text, numbers.text
            );
            from.scope.push(Bound {
                text: format!("{alias}.tag"),
                name: "tag".to_owned(),
                of: Type::Int,
                declared: None,
            });
            from.rows *= 2;
            from.single = None;
        }
        let aggregate = if from.rows > MANY || closed { 60 } else { 22 };
        let plain = if from.rows > MANY { 0 } else { 55 };
        match self
            .random
            .weighted(&[(plain, 0), (plain / 7, 1), (aggregate, 2), (plain / 5, 3)])
        {
            2 => self.aggregate(&from, &text, wanted),
            3 => self.windows(&from, &text, wanted),
            choice => self.plain(&from, &text, wanted, choice == 1, open),
        }
    }

    fn plain(
        &mut self,
        from: &From,
        tests: &str,
        wanted: Option<&[Column]>,
        distinct: bool,
        open: bool,
    ) -> Made {
        if let (Some(columns), None) = (&from.single, wanted)
            && !distinct
            && self.random.percent(15)
        {
            self.tag("star");
            return Made {
                text: format!("SELECT * FROM {}{tests}", from.text),
                columns: columns.clone(),
                rows: from.rows,
            };
        }
        let mut scope = from.scope.clone();
        if open && self.random.percent(20) {
            scope.extend(self.scalar_subquery(&from.outer));
        }
        let (items, columns) = self.items(&scope, wanted);
        let word = if distinct {
            self.tag("distinct");
            "SELECT DISTINCT"
        } else {
            "SELECT"
        };
        Made {
            text: format!("{word} {items} FROM {}{tests}", from.text),
            columns,
            rows: from.rows,
        }
    }

    /// Decides by what decides on the select list of a pasted subquery, where one is being made.
    fn by_items<T>(&mut self, decide: impl FnOnce(&mut Self) -> T) -> T {
        let Some(Pasting { items, more }) = self.pasting.take() else {
            return decide(self);
        };
        let rest = std::mem::replace(&mut self.random, items);
        let decided = decide(self);
        let items = std::mem::replace(&mut self.random, rest);
        self.pasting = Some(Pasting { items, more });
        decided
    }

    /// Select items over a scope, and their columns.
    fn items(&mut self, scope: &[Bound], wanted: Option<&[Column]>) -> (String, Vec<Column>) {
        self.by_items(|own| own.listed(scope, wanted))
    }

    fn listed(&mut self, scope: &[Bound], wanted: Option<&[Column]>) -> (String, Vec<Column>) {
        let mut items = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        if let Some(wanted) = wanted {
            for column in wanted {
                let mut value = self.expression(scope, column.of, 2);
                if column.declared.is_some() {
                    value = format!("SUBSTRING({value}, 1, 5)");
                }
                items.push(format!("{value} AS {}", self.word(&column.name)));
                columns.push(Column::new(&column.name, column.of));
            }
            return (items.join(", "), columns);
        }
        for number in 0..self.random.between(2, 5) {
            let of = *self.random.one(&SCALARS);
            if self.random.percent(75) && !scope.is_empty() {
                let bound = self.random.one(scope).clone();
                let plain = bound.text.ends_with(&bound.name) || bound.text.ends_with('`');
                let new = !columns.iter().any(|column| column.name == bound.name);
                if plain && new && !bound.text.contains('(') {
                    columns.push(bound.column(&bound.name));
                    items.push(bound.text);
                } else {
                    let name = fresh(&columns, number);
                    items.push(format!("{} AS {}", bound.text, self.word(&name)));
                    columns.push(bound.column(&name));
                }
            } else {
                let value = self.expression(scope, of, 2);
                let name = fresh(&columns, number);
                items.push(format!("{value} AS {}", self.word(&name)));
                columns.push(Column::new(name, of));
            }
        }
        (items.join(", "), columns)
    }

    fn aggregate(&mut self, from: &From, tests: &str, wanted: Option<&[Column]>) -> Made {
        let mut keys: Vec<Bound> = Vec::new();
        for _ in 0..self.random.below(3) {
            let bound = self.random.one(&from.scope).clone();
            if !bound.of.is_nested() && !keys.iter().any(|key| key.name == bound.name) {
                keys.push(bound);
            }
        }
        let calls = (0..self.random.between(2, 4))
            .map(|_| self.aggregate_call(&from.scope))
            .collect();
        self.grouped(from, tests, &keys, calls, wanted)
    }

    /// A block that groups, by nothing where there are no keys.
    pub(super) fn grouped(
        &mut self,
        from: &From,
        tests: &str,
        keys: &[Bound],
        calls: Vec<(String, Type)>,
        wanted: Option<&[Column]>,
    ) -> Made {
        self.tag("aggregate");
        let mut scope = keys.to_vec();
        let calls = calls.into_iter().enumerate();
        scope.extend(calls.map(|(number, (text, of))| Bound {
            text,
            name: format!("f{number}"),
            of,
            declared: None,
        }));
        let (items, columns) = self.items(&scope, wanted);
        let grouped: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        let list = grouped.join(", ");
        let mut tested = &scope[..];
        let group = if keys.is_empty() {
            String::new()
        } else {
            let kind = self.random.weighted(&[(75, 0), (9, 1), (7, 2), (9, 3)]);
            if kind != 0 {
                // Spark finds a key in HAVING only where the select list has it as it is.
                tested = &scope[keys.len()..];
            }
            match kind {
                1 => {
                    self.tag("rollup");
                    format!(" GROUP BY ROLLUP ({list})")
                }
                2 => {
                    self.tag("cube");
                    format!(" GROUP BY CUBE ({list})")
                }
                3 => {
                    self.tag("grouping sets");
                    format!(
                        " GROUP BY {list} GROUPING SETS (({list}), ({}), ())",
                        grouped[0]
                    )
                }
                _ => format!(" GROUP BY {list}"),
            }
        };
        let having = if !keys.is_empty() && self.random.percent(22) {
            self.tag("having");
            format!(" HAVING {}", self.test(tested, 0))
        } else {
            String::new()
        };
        Made {
            text: format!("SELECT {items} FROM {}{tests}{group}{having}", from.text),
            columns,
            rows: if keys.is_empty() {
                1
            } else {
                from.rows.min(40)
            },
        }
    }

    pub(super) fn aggregate_call(&mut self, scope: &[Bound]) -> (String, Type) {
        let of = *self.random.one(&SCALARS);
        let value = self.expression(scope, of, 1);
        let number = self.expression(scope, Type::Int, 1);
        let test = self.test(scope, 0);
        let filter = if self.random.percent(22) {
            self.tag("filter clause");
            format!(" FILTER (WHERE {test})")
        } else {
            String::new()
        };
        match self.random.below(9) {
            0 => (format!("COUNT(*){filter}"), Type::Bigint),
            1 => {
                self.tag("distinct aggregate");
                (format!("COUNT(DISTINCT {value}){filter}"), Type::Bigint)
            }
            2 => (format!("SUM({number}){filter}"), Type::Bigint),
            3 => (format!("COUNT_IF({test})"), Type::Bigint),
            4 => (
                format!("CAST(AVG({number}){filter} AS DECIMAL(12,2))"),
                Type::Decimal,
            ),
            5 => {
                let value = self.expression(scope, Type::Decimal, 1);
                let sum = format!("SUM({value}){filter}");
                (
                    format!("CAST({sum} % 10000 AS DECIMAL(12,2))"),
                    Type::Decimal,
                )
            }
            6 => {
                let value = self.expression(scope, Type::Double, 1);
                (format!("SUM({value}){filter}"), Type::Double)
            }
            7 => {
                let value = self.expression(scope, Type::Text, 1);
                let list = format!("SORT_ARRAY(COLLECT_LIST({value}){filter})");
                (
                    format!("SUBSTRING(CONCAT_WS(',', {list}), 1, 9)"),
                    Type::Text,
                )
            }
            // Both zeros are equal, and which comes first decides.
            _ if of == Type::Double => (format!("MAX({value} + 0.0D){filter}"), of),
            _ => {
                let word = *self.random.one(&["MAX", "MIN"]);
                (format!("{word}({value}){filter}"), of)
            }
        }
    }

    fn windows(&mut self, from: &From, tests: &str, wanted: Option<&[Column]>) -> Made {
        self.tag("window");
        let total = from.scope.len() < 9 && from.scope.iter().all(|bound| bound.of != Type::Double);
        let key = self.random.one(&from.scope).text.clone();
        let order: Vec<&str> = from.scope.iter().map(|bound| bound.text.as_str()).collect();
        let order = order.join(", ");
        let number = self.expression(&from.scope, Type::Int, 1);
        let calls = [
            (
                format!("RANK() OVER (PARTITION BY {key} ORDER BY {number})"),
                Type::Int,
            ),
            (
                format!("DENSE_RANK() OVER (ORDER BY {number} DESC)"),
                Type::Int,
            ),
            (format!("COUNT(*) OVER (PARTITION BY {key})"), Type::Bigint),
            (
                format!("SUM({number}) OVER (PARTITION BY {key} ORDER BY {number})"),
                Type::Bigint,
            ),
            (
                format!("ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {order})"),
                Type::Int,
            ),
            (
                format!("LAG({number}) OVER (PARTITION BY {key} ORDER BY {order})"),
                Type::Int,
            ),
            (
                format!(
                    "SUM({number}) OVER (ORDER BY {order} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
                ),
                Type::Bigint,
            ),
        ];
        let (text, of) = calls[self.random.below(if total { 7 } else { 4 })].clone();
        let mut scope = from.scope.clone();
        let call = Bound {
            text: text.clone(),
            name: "over".to_owned(),
            of,
            declared: None,
        };
        if wanted.is_none() && total && text.starts_with("ROW_NUMBER") && self.random.percent(60) {
            self.tag("first row per key");
            let (items, columns) = self.items(&scope, None);
            let alias = self.alias();
            let names: Vec<&str> = columns.iter().map(|one| one.name.as_str()).collect();
            return Made {
                text: format!(
                    "SELECT {} FROM (SELECT {items}, {text} AS place FROM {}{tests}) AS {alias} WHERE place = 1",
                    names.join(", "),
                    from.text
                ),
                columns,
                rows: from.rows,
            };
        }
        // Twice as likely as a column to be used where its type is wanted.
        scope.push(call.clone());
        scope.push(call);
        let (items, columns) = self.items(&scope, wanted);
        Made {
            text: format!("SELECT {items} FROM {}{tests}", from.text),
            columns,
            rows: from.rows,
        }
    }

    /// `IN`, `EXISTS` and comparisons with a subquery.
    fn subquery_test(&mut self, outer: &[Bound]) -> Option<String> {
        let relation = self.pick()?;
        let inner = self.named(&relation, true);
        let of: Vec<Type> = outer
            .iter()
            .map(|bound| bound.of)
            .filter(|of| SCALARS.contains(of) && inner.scope.iter().any(|one| one.of == *of))
            .collect();
        if of.is_empty() {
            return None;
        }
        let of = *self.random.one(&of);
        let mine = self.bound(outer, of)?.text.clone();
        let its = self.bound(&inner.scope, of)?.text.clone();
        let test = self.test(&inner.scope, 0);
        let from = inner.text;
        let (written, feature) = match self.random.below(6) {
            0 | 1 => (
                format!("{mine} IN (SELECT {its} FROM {from} WHERE {test})"),
                "in subquery",
            ),
            2 => (
                format!("{mine} NOT IN (SELECT {its} FROM {from} WHERE {test})"),
                "not in subquery",
            ),
            3 => (
                format!("EXISTS (SELECT 1 FROM {from} WHERE {its} = {mine} AND {test})"),
                "exists",
            ),
            4 => (
                format!("NOT EXISTS (SELECT 1 FROM {from} WHERE {its} = {mine} AND {test})"),
                "not exists",
            ),
            _ => (
                format!("{mine} <= (SELECT MAX({its}) FROM {from} WHERE {test})"),
                "scalar subquery",
            ),
        };
        self.tag(feature);
        Some(written)
    }

    fn scalar_subquery(&mut self, outer: &[Bound]) -> Option<Bound> {
        let relation = self.pick()?;
        let inner = self.named(&relation, true);
        let test = self.test(&inner.scope, 0);
        let mine = self.bound(outer, Type::Int).cloned();
        let its = self.bound(&inner.scope, Type::Int).cloned();
        let from = inner.text;
        let written = if let (Some(mine), Some(its)) = (mine, its) {
            self.tag("correlated subquery");
            format!(
                "(SELECT COUNT(*) FROM {from} WHERE {} = {} AND {test})",
                its.text, mine.text
            )
        } else {
            self.tag("scalar subquery");
            format!("(SELECT COUNT(*) FROM {from} WHERE {test})")
        };
        Some(Bound {
            text: written,
            name: "counted".to_owned(),
            of: Type::Bigint,
            declared: None,
        })
    }
}

/// A name for a computed column that none of the columns before it has.
fn fresh(columns: &[Column], number: usize) -> String {
    (number..=number + columns.len())
        .map(|number| format!("c{number}"))
        .find(|name| columns.iter().all(|column| column.name != *name))
        .unwrap_or_default()
}
