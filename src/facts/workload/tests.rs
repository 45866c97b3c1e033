use std::collections::BTreeSet;

use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::NodeIndexable;
use proptest::prelude::*;

use super::*;
use crate::facts::access::{Declarations, resolve};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::frontend::source::{Sources, Variables};

fn catalog() -> Catalog {
    let mut catalog = Catalog {
        spark_version: Some("3.5.6".to_owned()),
        ..Catalog::default()
    };
    // `e` lies in the folder of `d`; `f` is not in the catalog.
    for (name, location, kind) in [
        ("db.a", Some("file:/w/a"), TableKind::Managed),
        ("db.b", Some("file:/w/b"), TableKind::Managed),
        ("db.c", None, TableKind::View),
        ("db.d", Some("file:/w/d"), TableKind::External),
        ("db.e", Some("file:/w/d/e"), TableKind::External),
    ] {
        catalog.tables.insert(
            name.to_owned(),
            TableFacts {
                kind,
                provider: Some("parquet".to_owned()),
                location: location.map(str::to_owned),
                columns: vec![ColumnFacts {
                    name: "x".to_owned(),
                    data_type: "int".to_owned(),
                    nullable: true,
                }],
                partition_columns: Vec::new(),
                size_bytes: None,
                rows: None,
                ..TableFacts::default()
            },
        );
    }
    catalog
}

fn workload(sql: &str) -> Workload {
    let sources = Sources::from_texts([("a.sql", sql)], &Variables::default());
    let parsed = crate::frontend::parse(&sources);
    let declarations = Declarations {
        default_database: "db".to_owned(),
        ..Declarations::default()
    };
    let accesses = resolve(&parsed.statements, &catalog(), &declarations);
    build(parsed.statements, accesses)
}

fn printed(workload: &Workload) -> String {
    workload
        .hazards
        .iter()
        .map(|hazard| {
            let table = hazard
                .table
                .and_then(|table| workload.table(table))
                .map_or("", |table| table.name.as_str());
            format!(
                "{}→{} {:?} {table}",
                hazard.from.0, hazard.to.0, hazard.kind
            )
            .trim_end()
            .to_owned()
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn hazards_follow_tables_aliases_and_views() {
    let cases = [
        ("SELECT x FROM a; SELECT x FROM a", ""),
        (
            "INSERT INTO a SELECT 1; SELECT x FROM a",
            "0→1 ReadAfterWrite db.a",
        ),
        (
            "SELECT x FROM a; INSERT INTO a SELECT 1",
            "0→1 WriteAfterRead db.a",
        ),
        (
            "INSERT INTO a SELECT 1; TRUNCATE TABLE a; SELECT x FROM a",
            "0→1 WriteAfterWrite db.a; 1→2 ReadAfterWrite db.a",
        ),
        ("INSERT INTO a SELECT 1; SELECT x FROM b", ""),
        // Nested folders.
        (
            "INSERT INTO d SELECT 1; SELECT x FROM e",
            "0→1 ReadAfterWrite db.e",
        ),
        // A permanent view may depend on anything, and so may a table that the catalog does not know.
        (
            "INSERT INTO a SELECT 1; SELECT x FROM c",
            "0→1 ReadAfterWrite db.c",
        ),
        (
            "INSERT INTO a SELECT 1; SELECT x FROM f",
            "0→1 ReadAfterWrite db.f",
        ),
        ("INSERT INTO a SELECT 1; INSERT INTO b SELECT 2", ""),
        // The session.
        (
            "SELECT x FROM a; USE other; SELECT x FROM db.a",
            "0→1 Barrier; 1→2 Barrier",
        ),
        (
            "SELECT x FROM a; CREATE TEMP VIEW a AS SELECT x FROM b; SELECT x FROM a",
            "0→1 Barrier; 1→2 Barrier",
        ),
        (
            "SELECT x FROM a; MERGE INTO a; SELECT x FROM b",
            "0→1 Barrier; 1→2 Barrier",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(printed(&workload(sql)), expected, "{sql}");
    }
}

#[test]
fn python_files_keep_their_order() {
    let sources = Sources::from_texts(
        [
            ("1.py", "# hoist: reads db.a\ndf = spark.table('db.a')\n"),
            ("2.sql", "INSERT INTO db.a SELECT 1"),
            (
                "3.py",
                "# hoist: writes db.b\ndf.write.insertInto('db.b')\n",
            ),
        ],
        &Variables::default(),
    );
    let parsed = crate::frontend::parse(&sources);
    let accesses = resolve(&parsed.statements, &catalog(), &Declarations::default());
    // The third file may read `a` through `df`, so it stays behind the second.
    assert_eq!(
        printed(&build(parsed.statements, accesses)),
        "0→1 WriteAfterRead db.a; 1→2 ReadAfterWrite db.a"
    );
}

#[test]
fn independent_python_files_may_change_places() {
    let hazards = |one: &str, other: &str| {
        let texts = [("1.py", one), ("2.py", other)];
        let sources = Sources::from_texts(texts, &Variables::default());
        let parsed = crate::frontend::parse(&sources);
        let accesses = resolve(&parsed.statements, &catalog(), &Declarations::default());
        printed(&build(parsed.statements, accesses))
    };
    let import = "from pyspark.sql import functions as F\n";
    let one = format!("{import}x = spark.table('db.a')\nx.write.insertInto('db.b')\n");
    assert_eq!(
        hazards(&one, &format!("{import}y = spark.table('db.a')\n")),
        ""
    );
    assert_eq!(
        hazards(&one, &format!("{import}x = spark.table('db.a')\n")),
        "0→1 Barrier"
    );
    assert_eq!(
        hazards(&one, "y = spark.table('db.b')\n"),
        "0→1 ReadAfterWrite db.b"
    );
    assert_eq!(hazards(&one, "y = x.count()\n"), "0→1 Barrier");
    assert_eq!(
        hazards(&one, "spark.conf.set('spark.sql.shuffle.partitions', 8)\n"),
        "0→1 Barrier"
    );
}

#[test]
fn readers_are_listed_per_version() {
    let workload = workload(
        "SELECT x FROM a; INSERT INTO a SELECT 1; SELECT a.x FROM a JOIN a b ON a.x = b.x",
    );
    let readers: Vec<(u32, usize)> = workload
        .readers
        .iter()
        .map(|(version, reads)| (version.generation, reads.len()))
        .collect();
    assert_eq!(readers, [(0, 1), (1, 2)]);
    for reads in workload.readers.values() {
        for read in reads {
            assert_eq!(workload.read(*read).unwrap().id, *read);
        }
    }
}

fn statement() -> impl Strategy<Value = String> {
    let table = prop::sample::select(vec!["a", "b", "c", "d", "e", "f", "v"]);
    (0_u8..10, table.clone(), table).prop_map(|(kind, one, other)| match kind {
        0..=3 => format!("SELECT x FROM {one} JOIN {other} USING (x)"),
        4..=5 => format!("INSERT INTO db.{one} SELECT x FROM {other}"),
        6 => format!("CREATE TABLE db.{one}_new AS SELECT x FROM {other}"),
        7 => format!("SELECT x FROM {one}_new"),
        8 => format!("CREATE OR REPLACE TEMP VIEW v AS SELECT x FROM db.{other}"),
        _ => format!("TRUNCATE TABLE db.{one}"),
    })
}

proptest! {
    #[test]
    fn hazards_mean_what_all_pairs_mean(statements in prop::collection::vec(statement(), 1..12)) {
        let workload = workload(&statements.join(";\n"));
        let effects = hazard::effects(&workload.statements, &workload.accesses, &workload.tables);
        // Every conflicting pair, by definition; petgraph closes and reduces it.
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = effects.iter().map(|_| graph.add_node(())).collect();
        for (after, right) in effects.iter().enumerate() {
            for (before, left) in effects.iter().enumerate().take(after) {
                let touches = |a: &BTreeSet<TableId>, b: &BTreeSet<TableId>| !a.is_disjoint(b);
                if left.fixed
                    || right.fixed
                    || touches(&left.starts, &right.reads)
                    || touches(&left.reads, &right.starts)
                    || touches(&left.writes, &right.starts)
                    || touches(&left.starts, &right.writes)
                {
                    graph.add_edge(nodes[before], nodes[after], ());
                }
            }
        }
        let order: Vec<NodeIndex> = petgraph::algo::toposort(&graph, None).unwrap();
        let (list, back) = dag_to_toposorted_adjacency_list::<_, u32>(&graph, &order);
        let (reduction, closure) = dag_transitive_reduction_closure(&list);
        let pairs = |list: &petgraph::adj::UnweightedList<u32>| -> BTreeSet<(u32, u32)> {
            let place = |node: u32| u32::try_from(back.iter().position(|it| *it == node).unwrap()).unwrap();
            list.edge_indices()
                .filter_map(|edge| list.edge_endpoints(edge))
                .map(|(a, b)| (place(a), place(b)))
                .collect()
        };
        let hazards: BTreeSet<(u32, u32)> =
            workload.hazards.iter().map(|hazard| (hazard.from.0, hazard.to.0)).collect();
        prop_assert_eq!(&hazards, &pairs(&reduction));
        let closed = pairs(&closure);
        for before in 0..graph.node_bound() {
            for after in 0..graph.node_bound() {
                let (a, b) = (u32::try_from(before).unwrap(), u32::try_from(after).unwrap());
                prop_assert_eq!(
                    workload.must_precede(StatementId(a), StatementId(b)),
                    closed.contains(&(a, b))
                );
            }
        }
    }
}
