//! What is planted: statements that share something, and baits that only look as if they did.

mod aggregates;

use self::aggregates::{coarser_groups, covering_aggregate, groups_by_their_keys};
use super::noise::{alias, all_of, equal};
use crate::differential::generate::random::Random;

/// Statements that share something.
pub(super) struct Plant {
    /// What it is, for the counts.
    pub(super) name: &'static str,
    /// The kind of frame that must be found, as the plan file calls it.
    pub(super) kind: &'static str,
    /// Statements that must run before: not readers.
    pub(super) before: Vec<String>,
    /// The readers: one candidate must serve all of them.
    pub(super) readers: Vec<String>,
    /// Statements that look like them.
    pub(super) baits: Vec<String>,
}

/// One kind of plant; the number makes its names and constants its own.
pub(super) type Grow = fn(u32, &mut Random) -> Plant;

/// All kinds.
pub(super) const PLANTS: [Grow; 11] = [
    covering_read,
    intermediate,
    subquery,
    grouped_subquery,
    latest_per_key,
    other_columns,
    stronger_filter,
    join_core,
    covering_aggregate,
    groups_by_their_keys,
    coarser_groups,
];

/// What the set-up makes; every column may be NULL, and rows repeat.
pub(super) const SETUP: [&str; 7] = [
    "CREATE DATABASE shop",
    "CREATE DATABASE out",
    "CREATE TABLE shop.sales USING parquet AS SELECT cast(id AS bigint) AS sale_id, cast(nullif(id % 7, 3) AS int) AS \
     store_id, cast(nullif(id % 5, 4) AS int) AS customer_id, cast(id % 4 AS int) AS item_id, date_add(DATE \
     '2024-01-01', cast(id % 90 AS int)) AS day, cast(nullif(id % 11, 5) AS int) AS quantity, cast(id % 13 AS \
     decimal(10,2)) AS amount, nullif(concat('n', id % 3), 'n2') AS note FROM range(60)",
    "INSERT INTO shop.sales SELECT * FROM shop.sales WHERE sale_id < 10",
    "CREATE TABLE shop.stores USING parquet AS SELECT cast(nullif(id, 5) AS int) AS store_id, nullif(concat('r', id % \
     3), 'r1') AS region, cast(id * 10 AS int) AS size FROM range(8)",
    "CREATE TABLE shop.customers USING parquet AS SELECT cast(id % 4 AS int) AS customer_id, concat('s', id % 2) AS \
     segment, date_add(DATE '1980-01-01', cast(id * 100 AS int)) AS born FROM range(6)",
    "CREATE TABLE shop.items USING parquet AS SELECT cast(id AS int) AS item_id, concat('c', id % 2) AS category, \
     cast(id * 3 AS decimal(8,2)) AS price FROM range(4)",
];

/// Tables that some plants overwrite: they exist before the run, so that their schemas are known.
pub(super) fn made_before(number: u32) -> String {
    format!(
        "CREATE TABLE out.mid_{number} (store_id INT, total DECIMAL(20,2), parts BIGINT) USING parquet"
    )
}

fn make(number: u32, part: &str, query: &str) -> String {
    format!("CREATE TABLE out.{part}_{number} USING parquet AS {query}")
}

fn sales(random: &mut Random) -> (String, String) {
    let (written, alias) = alias("sales", random);
    (format!("shop.sales{written}"), format!("{alias}."))
}

/// Different columns and tests of one table.
fn covering_read(number: u32, random: &mut Random) -> Plant {
    let tests = [
        format!("quantity > {}", number % 5),
        format!("day >= DATE '2024-01-{:02}'", number % 20 + 1),
        "note IN ('n0', 'n1')".to_owned(),
        "amount BETWEEN 2 AND 9".to_owned(),
    ];
    let columns = [
        "sale_id, quantity",
        "store_id, day",
        "item_id, amount, note",
        "customer_id, quantity",
    ];
    let readers = (0..random.between(2, 4)).map(|reader| {
        let (table, by) = if random.percent(50) {
            sales(random)
        } else {
            ("shop.sales".to_owned(), String::new())
        };
        let listed: Vec<String> = columns[reader]
            .split(", ")
            .map(|one| format!("{by}{one}"))
            .collect();
        let first = tests[reader].clone();
        let second = tests[(reader + 1) % 4].clone();
        let tests = [format!("{by}{first}"), format!("{by}{second}")];
        let query = format!(
            "SELECT {} FROM {table} WHERE {}",
            listed.join(", "),
            all_of(&tests, random)
        );
        make(number, &format!("read{reader}"), &query)
    });
    let readers = readers.collect();
    Plant {
        name: "covering read",
        kind: "covering_read",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "drawn",
            "SELECT sale_id FROM shop.sales TABLESAMPLE (100 PERCENT) WHERE quantity > 1",
        )],
    }
}

/// A table that is written, then read twice.
fn intermediate(number: u32, random: &mut Random) -> Plant {
    let read = |column: &str, part: &str, random: &mut Random| {
        let (written, by) = alias("middle", random);
        let query = format!(
            "SELECT {by}.store_id, {by}.{column} FROM out.mid_{number}{written} WHERE {by}.{column} > 1"
        );
        make(number, part, &query)
    };
    Plant {
        name: "intermediate",
        kind: "intermediate",
        before: vec![format!(
            "INSERT OVERWRITE TABLE out.mid_{number} SELECT store_id, sum(amount), count(*) FROM shop.sales WHERE \
             quantity < {} GROUP BY store_id",
            number % 7 + 3
        )],
        readers: vec![
            read("total", "total", random),
            read("parts", "parts", random),
        ],
        baits: vec![
            format!("INSERT INTO out.mid_{number} SELECT 1, 100, 2"),
            read("total", "later", random),
        ],
    }
}

/// The statement around a body: a common table expression or a derived table.
fn around(number: u32, part: &str, body: &str, columns: &str, random: &mut Random) -> String {
    let name = *random.one(&["base", "picked", "b", "src"]);
    let query = if random.percent(50) {
        format!(
            "WITH {name} AS ({body}) SELECT {columns}, count(*) AS n FROM {name} GROUP BY {columns}"
        )
    } else {
        format!("SELECT {columns}, max({columns}) AS m FROM ({body}) {name} GROUP BY {columns}")
    };
    make(number, part, &query)
}

/// A join with tests, pasted.
fn subquery(number: u32, random: &mut Random) -> Plant {
    let body = |bound: u32, random: &mut Random| {
        let (sales, s) = sales(random);
        let (written, t) = alias("towns", random);
        let on = equal(&format!("{s}store_id"), &format!("{t}.store_id"), random);
        let tests = [
            format!("{s}quantity > {bound}"),
            format!("{t}.size < 60"),
            format!("{s}note IS NOT NULL"),
        ];
        format!(
            "SELECT {s}sale_id, {t}.region, {s}amount + {number} AS paid FROM {sales} JOIN shop.stores{written} ON {on} \
             WHERE {}",
            all_of(&tests, random)
        )
    };
    let readers = (0..random.between(2, 4)).map(|reader| {
        let body = body(number % 4, random);
        around(number, &format!("sub{reader}"), &body, "region", random)
    });
    let readers = readers.collect();
    let bait = body(number % 4 + 1, random);
    Plant {
        name: "repeated subquery",
        kind: "repeated_subquery",
        before: Vec::new(),
        readers,
        baits: vec![around(number, "subx", &bait, "region", random)],
    }
}

/// An aggregate with `HAVING`, pasted.
fn grouped_subquery(number: u32, random: &mut Random) -> Plant {
    let body = |having: u32, random: &mut Random| {
        let (sales, s) = sales(random);
        format!(
            "SELECT {s}store_id, sum({s}amount) AS paid, count(*) AS sales FROM {sales} WHERE {s}item_id <> {} GROUP BY \
             {s}store_id HAVING count(*) > {having}",
            number % 4
        )
    };
    let mut readers = Vec::new();
    for reader in 0..random.between(2, 4) {
        let body = body(number % 3, random);
        readers.push(around(
            number,
            &format!("grp{reader}"),
            &body,
            "store_id",
            random,
        ));
    }
    let bait = body(number % 3 + 2, random);
    Plant {
        name: "repeated aggregate",
        kind: "repeated_subquery",
        before: Vec::new(),
        readers,
        baits: vec![around(number, "grpx", &bait, "store_id", random)],
    }
}

/// The largest amount per store.
fn latest_per_key(number: u32, random: &mut Random) -> Plant {
    let body = |direction: &str, random: &mut Random| {
        let (sales, s) = sales(random);
        format!(
            "SELECT {s}store_id, {s}amount, rank() OVER (PARTITION BY {s}store_id ORDER BY {s}amount {direction}) AS place \
             FROM {sales} WHERE {s}quantity >= {}",
            number % 6
        )
    };
    let mut readers = Vec::new();
    for reader in 0..random.between(2, 4) {
        let (written, by) = alias("latest", random);
        let body = body("DESC", random);
        let query = format!(
            "SELECT {by}.store_id, {by}.amount FROM ({body}){written} WHERE {by}.place = 1"
        );
        readers.push(make(number, &format!("top{reader}"), &query));
    }
    let bait = body("ASC", random);
    Plant {
        name: "latest per key",
        kind: "repeated_subquery",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "topx",
            &format!("SELECT l.store_id, l.amount FROM ({bait}) l WHERE l.place = 1"),
        )],
    }
}

/// The same block with other columns.
fn other_columns(number: u32, random: &mut Random) -> Plant {
    let body = |items: &[&str], bound: u32, random: &mut Random| {
        let (sales, s) = sales(random);
        let (written, t) = alias("towns", random);
        let on = equal(&format!("{s}store_id"), &format!("{t}.store_id"), random);
        let items: Vec<String> = items
            .iter()
            .map(|item| item.replace("s.", &s).replace("t.", &format!("{t}.")))
            .collect();
        format!(
            "SELECT {} FROM {sales} JOIN shop.stores{written} ON {on} WHERE {s}quantity < {bound}",
            items.join(", ")
        )
    };
    let lists: [&[&str]; 3] = [
        &["t.region AS region", "s.amount * 2 AS twice"],
        &["t.region AS region", "s.day AS day"],
        &["upper(t.region) AS region", "s.amount * 2 AS doubled"],
    ];
    let mut readers = Vec::new();
    for (reader, items) in lists.iter().enumerate() {
        let body = body(items, number % 5 + 4, random);
        readers.push(around(
            number,
            &format!("col{reader}"),
            &body,
            "region",
            random,
        ));
    }
    let bait = body(lists[0], number % 5 + 5, random);
    Plant {
        name: "other columns",
        kind: "repeated_subquery",
        before: Vec::new(),
        readers,
        baits: vec![around(number, "colx", &bait, "region", random)],
    }
}

/// The same block, once with one more test.
fn stronger_filter(number: u32, random: &mut Random) -> Plant {
    let body = |more: Option<&str>, random: &mut Random| {
        let (sales, s) = sales(random);
        let (written, t) = alias("towns", random);
        let on = equal(&format!("{s}store_id"), &format!("{t}.store_id"), random);
        let mut tests = vec![
            format!("{s}quantity > {}", number % 3),
            format!("{t}.size < 70"),
        ];
        tests.extend(more.map(|test| format!("{s}{test}")));
        format!(
            "SELECT {s}sale_id, {t}.region, {s}day FROM {sales} JOIN shop.stores{written} ON {on} WHERE {}",
            all_of(&tests, random)
        )
    };
    let mut readers = Vec::new();
    for (reader, more) in [None, Some("item_id = 1"), Some("day > DATE '2024-01-20'")]
        .into_iter()
        .enumerate()
    {
        let body = body(more, random);
        readers.push(around(
            number,
            &format!("str{reader}"),
            &body,
            "region",
            random,
        ));
    }
    let left = body(None, random).replace(" JOIN ", " LEFT JOIN ");
    Plant {
        name: "stronger filter",
        kind: "repeated_subquery",
        before: Vec::new(),
        readers,
        baits: vec![around(number, "strx", &left, "region", random)],
    }
}

/// The same joins within different statements.
fn join_core(number: u32, random: &mut Random) -> Plant {
    let statement = |reader: usize, random: &mut Random| {
        let (sales, s) = sales(random);
        let (items_written, i) = alias("items", random);
        let (buyers_written, c) = alias("customers", random);
        let on_item = equal(&format!("{s}item_id"), &format!("{i}.item_id"), random);
        let on_buyer = equal(
            &format!("{s}customer_id"),
            &format!("{c}.customer_id"),
            random,
        );
        let listed = [
            format!("{s}sale_id, {i}.category, {c}.segment"),
            format!("{i}.price * {s}quantity AS worth, {c}.customer_id"),
            format!("{c}.born, {s}day, {i}.item_id"),
        ];
        let test = [
            format!("{s}quantity > {}", number % 5),
            format!("{i}.category = 'c{}'", number % 2),
            format!("{c}.segment = 's1'"),
        ];
        let joined = match random.below(3) {
            0 => format!(
                "{sales} JOIN shop.items{items_written} ON {on_item} JOIN shop.customers{buyers_written} ON {on_buyer} WHERE {}",
                test[reader]
            ),
            1 => format!(
                "{sales} INNER JOIN shop.customers{buyers_written} ON {on_buyer} JOIN shop.items{items_written} ON {on_item} \
                 WHERE {}",
                test[reader]
            ),
            _ => format!(
                "{sales}, shop.items{items_written}, shop.customers{buyers_written} WHERE {}",
                all_of(&[on_item, on_buyer, test[reader].clone()], random)
            ),
        };
        make(
            number,
            &format!("join{reader}"),
            &format!("SELECT {} FROM {joined}", listed[reader]),
        )
    };
    let mut readers = Vec::new();
    for reader in 0..3 {
        readers.push(statement(reader, random));
    }
    Plant {
        name: "join core",
        kind: "join_core",
        before: Vec::new(),
        readers,
        baits: vec![make(
            number,
            "joinx",
            "SELECT s.sale_id, i.category, c.segment FROM shop.sales s LEFT JOIN shop.items i ON s.item_id = i.item_id AND \
             i.price > 3 JOIN shop.customers c ON c.customer_id = s.item_id",
        )],
    }
}
