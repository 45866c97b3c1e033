//! Groupings of one table.

use super::{Plant, make, sales};
use crate::differential::generate::random::Random;
use crate::planted::noise::all_of;

/// Features per store with tests of their own.
pub(super) fn covering_aggregate(number: u32, random: &mut Random) -> Plant {
    let statement = |reader: usize, random: &mut Random| {
        let (table, by) = if random.percent(50) {
            sales(random)
        } else {
            ("shop.sales".to_owned(), String::new())
        };
        let listed = [
            format!("sum({by}amount) AS paid, count(*) AS sales"),
            format!("max({by}quantity) AS most, count({by}note) AS notes"),
            format!("min({by}day) AS first_day, avg({by}quantity) AS usual"),
        ];
        let tests = [
            format!("{by}quantity > {}", number % 5),
            format!("{by}item_id IN (1, {})", number % 4),
            format!("{by}note IS NOT NULL"),
        ];
        let common = format!("{by}day >= DATE '2024-01-{:02}'", number % 25 + 1);
        make(
            number,
            &format!("agg{reader}"),
            &format!(
                "SELECT {by}store_id, {} FROM {table} WHERE {} GROUP BY {by}store_id",
                listed[reader],
                all_of(&[common, tests[reader].clone()], random)
            ),
        )
    };
    let mut readers = Vec::new();
    for reader in 0..3 {
        readers.push(statement(reader, random));
    }
    Plant {
        name: "covering aggregate",
        kind: "covering_aggregate",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "aggx",
            "SELECT store_id, collect_list(sale_id) AS all_sales, count(DISTINCT item_id) AS items FROM shop.sales GROUP BY \
             store_id",
        )],
    }
}

/// Features of some stores: tests of what is grouped by, beside others.
pub(super) fn groups_by_their_keys(number: u32, random: &mut Random) -> Plant {
    let statement = |reader: usize, random: &mut Random| {
        let (table, by) = sales(random);
        let listed = [
            format!("sum({by}amount) AS paid, count(*) AS sales"),
            format!("max({by}day) AS last_day, count({by}note) AS notes"),
            format!("count(DISTINCT {by}item_id) AS items, min({by}quantity) AS least"),
        ];
        let keys = [
            format!("{by}store_id > {}", number % 3),
            format!("({by}store_id = {} OR {by}customer_id IS NULL)", number % 4),
            format!("{by}customer_id IN (1, 2)"),
        ];
        let rows = [
            format!("{by}quantity > {}", number % 5),
            format!("{by}note IS NOT NULL"),
            format!("{by}amount BETWEEN 1 AND 9"),
        ];
        make(
            number,
            &format!("key{reader}"),
            &format!(
                "SELECT {by}store_id, {by}customer_id, {} FROM {table} WHERE {} GROUP BY {by}customer_id, {by}store_id",
                listed[reader],
                all_of(&[keys[reader].clone(), rows[reader].clone()], random)
            ),
        )
    };
    let mut readers = Vec::new();
    for reader in 0..3 {
        readers.push(statement(reader, random));
    }
    Plant {
        name: "groups by their keys",
        kind: "covering_aggregate",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "keyx",
            "SELECT store_id, customer_id, sum(amount) AS paid FROM shop.sales WHERE customer_id = quantity GROUP BY store_id, \
             customer_id HAVING sum(amount) > 1",
        )],
    }
}

/// Features per store and day, per store, in all, and with subtotals.
pub(super) fn coarser_groups(number: u32, random: &mut Random) -> Plant {
    let statement = |reader: usize, random: &mut Random| {
        let (table, by) = sales(random);
        let test = format!(
            "{by}quantity > {}",
            number % 5 + u32::try_from(reader).unwrap()
        );
        let query = match reader {
            0 => format!(
                "SELECT {by}store_id, {by}day, sum({by}amount) AS paid, count(*) AS sales FROM {table} WHERE {test} GROUP BY \
                 {by}store_id, {by}day"
            ),
            1 => format!(
                "SELECT {by}store_id, sum({by}amount) AS paid, count({by}note) AS notes, max({by}day) AS last_day FROM \
                 {table} WHERE {} GROUP BY {by}store_id HAVING count(*) > {}",
                all_of(
                    &[
                        test,
                        format!("{by}day > DATE '2024-01-{:02}'", number % 28 + 1)
                    ],
                    random
                ),
                number % 3
            ),
            2 => format!(
                "SELECT min({by}quantity) AS least, sum({by}quantity) AS parts, count(*) AS sales FROM {table} WHERE {test}"
            ),
            _ => format!(
                "SELECT {by}store_id, {by}day, count(*) AS sales, grouping_id() AS level FROM {table} WHERE {test} GROUP BY \
                 ROLLUP ({by}store_id, {by}day)"
            ),
        };
        make(number, &format!("few{reader}"), &query)
    };
    let mut readers = Vec::new();
    for reader in 0..4 {
        readers.push(statement(reader, random));
    }
    Plant {
        name: "coarser groups",
        kind: "covering_aggregate",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "fewx",
            "SELECT store_id, avg(quantity) AS usual, avg(amount) AS mean FROM shop.sales GROUP BY store_id",
        )],
    }
}
