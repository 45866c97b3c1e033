//! Statements.

use std::collections::BTreeSet;

use super::query::{Made, all_columns};
use super::schema::{Column, Kind, Relation, Type};
use super::{Generator, Limits};
use crate::differential::FOLDER;

/// A table with more rows is overwritten rather than added to.
const FULL: u32 = 200;

impl Generator {
    /// Adds a statement, or a few that belong together.
    pub(super) fn statement(&mut self, count: usize) {
        self.limits = Limits::default();
        self.storages.clear();
        self.names.clear();
        let room = count - self.statements.len();
        let few = usize::from(room >= 3);
        match self.random.weighted(&[
            (24, 0),
            (20, 1),
            (17, 2),
            (10, 3),
            (6, 4),
            (5, 5),
            (4 * few, 6),
            (3, 7),
            (6, 8),
            (5, 9),
        ]) {
            0 => self.bare(),
            1 => self.create_table(),
            2 => self.insert(),
            3 => self.temporary_view(),
            4 => self.permanent_view(),
            5 => self.directory(),
            6 => self.recreate(),
            7 => self.drop_view(),
            8 => self.set(),
            _ => self.use_database(),
        }
    }

    fn push(&mut self, text: &str) {
        let laid_out = self.laid_out(text);
        // Spark reads what stands in a `SET` as it is, comments included.
        let plain = text.starts_with("SET ");
        self.statements
            .push(if plain { text.to_owned() } else { laid_out });
    }

    fn bare(&mut self) {
        self.tag("bare select");
        let made = self.query(None, 0);
        let order = all_columns(&made.columns);
        let with = made.text.starts_with("WITH") || made.text.contains(" LIMIT ");
        if made.is_orderable() && !with {
            self.push(&format!("{} ORDER BY {order}", made.text));
            return;
        }
        let names: Vec<&str> = made
            .columns
            .iter()
            .filter(|column| column.of != Type::Double)
            .map(|column| column.name.as_str())
            .collect();
        let text = if names.is_empty() {
            format!("SELECT COUNT(*) AS c0 FROM ({}) AS z", made.text)
        } else {
            let names = names.join(", ");
            format!("SELECT {names} FROM ({}) AS z ORDER BY {names}", made.text)
        };
        self.push(&text);
    }

    /// Adds what the statement made, with what it read where it reads it anew at each use.
    fn add(&mut self, relation: Relation) {
        self.relations.retain(|one| one.name != relation.name);
        self.relations.push(relation);
    }

    fn create_table(&mut self) {
        self.tag("create table as");
        let made = self.query(None, 0);
        let name = self.fresh("mart.made");
        let nested = made.columns.iter().any(|column| column.of.is_nested());
        let providers = if nested {
            &["parquet", "orc", "json"][..]
        } else {
            &["parquet", "orc", "csv", "json", "parquet"]
        };
        let provider = *self.random.one(providers);
        self.tag(provider);
        let mut columns = made.columns.clone();
        let mut clauses = String::new();
        let mut partitions = 0;
        let mut storage = name.clone();
        let key = columns
            .iter()
            .position(|column| matches!(column.of, Type::Int | Type::Text | Type::Date));
        if let Some(key) = key
            && columns.len() > 1
            && self.random.percent(25)
        {
            self.tag("partitioned table");
            let key = columns.remove(key);
            clauses = format!("PARTITIONED BY ({})", key.name);
            columns.push(key);
            partitions = 1;
        } else if provider == "parquet" && self.random.percent(25) {
            self.tag("external table");
            let number = self.fresh("files");
            storage = format!("{FOLDER}/{number}");
            clauses = format!("LOCATION '{storage}'");
        } else if self.random.percent(10) {
            self.tag("bucketed table");
            clauses = format!("CLUSTERED BY ({}) INTO 2 BUCKETS", columns[0].name);
            if columns[0].of.is_nested() || columns[0].of == Type::Double {
                clauses.clear();
            }
        }
        self.push(&format!(
            "CREATE TABLE {name} USING {provider} {clauses} AS {}",
            made.text
        ));
        let relation = Relation {
            name,
            kind: Kind::Table,
            columns,
            partitions,
            provider,
            clauses,
            rows: made.rows,
            storages: BTreeSet::from([storage.clone()]),
            names: BTreeSet::new(),
        };
        if relation.is_external() {
            self.add(Relation {
                name: storage,
                kind: Kind::Path,
                ..relation.clone()
            });
        }
        self.add(relation);
    }

    fn insert(&mut self) {
        let tables: Vec<Relation> = self
            .relations
            .iter()
            .filter(|one| one.kind == Kind::Table)
            .cloned()
            .collect();
        let made: Vec<Relation> = tables
            .iter()
            .filter(|one| one.name.starts_with("mart."))
            .cloned()
            .collect();
        let target = if !made.is_empty() && self.random.percent(65) {
            self.random.one(&made).clone()
        } else {
            self.tag("write of a base table");
            self.random.one(&tables).clone()
        };
        let overwrite = target.rows > FULL || self.random.percent(45);
        if overwrite {
            self.tag("insert overwrite");
            self.limits.storage = target.storages.first().cloned();
        } else {
            self.tag("insert into");
        }
        let name = self.name_of(&target);
        let word = if overwrite {
            "INSERT OVERWRITE"
        } else {
            "INSERT INTO"
        };
        let first = target.columns.len() - target.partitions;
        let (clause, wanted) = if target.partitions > 0 && self.random.percent(60) {
            let (own, keys) = target.columns.split_at(first);
            let static_keys = self.random.between(0, keys.len());
            self.tag(if static_keys > 0 {
                "static partition"
            } else {
                "dynamic partition"
            });
            let list: Vec<String> = keys
                .iter()
                .enumerate()
                .map(|(index, key)| {
                    if index < static_keys {
                        format!("{} = {}", key.name, partition_value(key.of))
                    } else {
                        key.name.clone()
                    }
                })
                .collect();
            let wanted = [own, &keys[static_keys..]].concat();
            (format!(" PARTITION ({})", list.join(", ")), wanted)
        } else if self.random.percent(15) {
            self.tag("insert with columns");
            let mut wanted = target.columns.clone();
            wanted.rotate_left(1);
            let names: Vec<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
            (format!(" ({})", names.join(", ")), wanted)
        } else {
            (String::new(), target.columns.clone())
        };
        let made = self.query(Some(&wanted), 0);
        self.push(&format!("{word} {name}{clause} {}", made.text));
        self.wrote(&target, &made, overwrite);
    }

    /// Other names of the same files forget what they knew of them.
    fn wrote(&mut self, target: &Relation, made: &Made, overwrite: bool) {
        let twins: Vec<String> = self
            .relations
            .iter()
            .filter(|one| one.kind == Kind::Table && one.name != target.name)
            .filter(|one| one.storages == target.storages)
            .map(|one| one.name.clone())
            .collect();
        for one in &mut self.relations {
            if one.storages.is_superset(&target.storages) {
                let rows = if overwrite && target.partitions == 0 {
                    0
                } else {
                    one.rows
                };
                one.rows = rows.saturating_add(made.rows).max(one.rows.min(12));
            }
        }
        for twin in twins {
            self.tag("tables that share their files");
            self.push(&format!("REFRESH TABLE {twin}"));
        }
    }

    fn view(&self, name: String, kind: Kind, columns: Vec<Column>, rows: u32) -> Relation {
        Relation {
            name,
            kind,
            columns,
            partitions: 0,
            provider: "",
            clauses: String::new(),
            rows,
            storages: self.storages.clone(),
            names: self.names.clone(),
        }
    }

    fn existing(&mut self, kind: Kind) -> Option<Relation> {
        let all: Vec<&Relation> = self
            .relations
            .iter()
            .filter(|one| one.kind == kind)
            .collect();
        (!all.is_empty()).then(|| (*self.random.one(&all)).clone())
    }

    fn temporary_view(&mut self) {
        let existing = self.existing(Kind::Temporary);
        if let Some(existing) = existing
            && self.random.percent(45)
        {
            self.tag("temporary view replaced");
            self.limits.name = Some(existing.name.clone());
            let made = self.query(Some(&existing.columns), 0);
            let name = &existing.name;
            self.push(&format!(
                "CREATE OR REPLACE TEMPORARY VIEW {name} AS {}",
                made.text
            ));
            let relation = self.view(existing.name, Kind::Temporary, existing.columns, made.rows);
            self.replaced(relation);
            return;
        }
        let shadowed = self.hot[1].rsplit('.').next().unwrap().to_owned();
        let shadows = self.relation(&shadowed).is_none() && self.random.percent(20);
        let name = if shadows {
            self.tag("temporary view named as a table");
            shadowed
        } else {
            self.fresh("view")
        };
        self.tag("temporary view");
        let made = self.query(None, 0);
        self.push(&format!("CREATE TEMPORARY VIEW {name} AS {}", made.text));
        let relation = self.view(name, Kind::Temporary, made.columns, made.rows);
        self.add(relation);
    }

    /// A view that others may name has another definition.
    fn replaced(&mut self, relation: Relation) {
        for other in &mut self.relations {
            if other.names.contains(&relation.name) {
                other.storages.extend(relation.storages.iter().cloned());
                other.names.extend(relation.names.iter().cloned());
            }
        }
        let old = self.relation(&relation.name).cloned();
        let mut relation = relation;
        if let Some(old) = old {
            relation.rows = relation.rows.max(old.rows);
        }
        self.add(relation);
    }

    fn permanent_view(&mut self) {
        self.limits.permanent = true;
        let existing = self.existing(Kind::View);
        if let Some(existing) = existing
            && self.random.percent(35)
        {
            self.tag("permanent view replaced");
            self.limits.name = Some(existing.name.clone());
            let made = self.query(Some(&existing.columns), 0);
            let words = if self.random.percent(50) {
                "CREATE OR REPLACE VIEW"
            } else {
                "ALTER VIEW"
            };
            self.push(&format!("{words} {} AS {}", existing.name, made.text));
            let relation = self.view(existing.name, Kind::View, existing.columns, made.rows);
            self.replaced(relation);
            return;
        }
        self.tag("permanent view");
        let name = self.fresh("mart.shown");
        let made = self.query(None, 0);
        let mut columns = made.columns;
        let mut list = String::new();
        if self.random.percent(30) {
            self.tag("view with columns");
            for (number, column) in columns.iter_mut().enumerate() {
                column.name = format!("d{number}");
            }
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            list = format!(" ({})", names.join(", "));
        }
        self.push(&format!("CREATE VIEW {name}{list} AS {}", made.text));
        let relation = self.view(name, Kind::View, columns, made.rows);
        self.add(relation);
    }

    fn directory(&mut self) {
        self.tag("insert overwrite directory");
        let known: Vec<Relation> = self
            .relations
            .iter()
            .filter(|one| one.kind == Kind::Path && one.name.contains("/out"))
            .cloned()
            .collect();
        if !known.is_empty() && self.random.percent(30) {
            let target = self.random.one(&known).clone();
            self.limits.storage = target.storages.first().cloned();
            let made = self.query(Some(&target.columns), 0);
            let name = &target.name;
            self.push(&format!(
                "INSERT OVERWRITE DIRECTORY '{name}' USING parquet {}",
                made.text
            ));
            self.wrote(&target, &made, true);
            return;
        }
        let number = self.fresh("out");
        let path = format!("{FOLDER}/{number}");
        let made = self.query(None, 0);
        let provider = *self.random.one(&["parquet", "parquet", "orc", "json"]);
        self.push(&format!(
            "INSERT OVERWRITE DIRECTORY '{path}' USING {provider} {}",
            made.text
        ));
        if provider == "parquet" {
            self.add(Relation {
                name: path.clone(),
                kind: Kind::Path,
                columns: made.columns,
                partitions: 0,
                provider,
                clauses: String::new(),
                rows: made.rows,
                storages: BTreeSet::from([path]),
                names: BTreeSet::new(),
            });
        }
    }

    fn recreate(&mut self) {
        let Some(target) = self
            .existing(Kind::Table)
            .filter(|table| !table.is_external())
        else {
            return self.bare();
        };
        self.tag("drop and create");
        self.limits.storage = target.storages.first().cloned();
        let condition = if self.random.percent(30) {
            "IF EXISTS "
        } else {
            ""
        };
        let columns: Vec<Column> = target
            .columns
            .iter()
            .map(|column| Column::new(&column.name, column.of))
            .collect();
        let table = Relation {
            columns: columns.clone(),
            ..target
        };
        self.push(&format!("DROP TABLE {condition}{}", table.name));
        self.push(&format!("CREATE TABLE {}", table.definition()));
        let made = self.query(Some(&columns), 0);
        self.push(&format!("INSERT INTO {} {}", table.name, made.text));
        let rows = made.rows;
        for one in &mut self.relations {
            if one.name == table.name {
                one.columns.clone_from(&columns);
                one.rows = rows;
            }
        }
    }

    fn drop_view(&mut self) {
        let free: Vec<String> = self
            .relations
            .iter()
            .filter(|one| one.kind == Kind::Temporary)
            .filter(|one| {
                !self
                    .relations
                    .iter()
                    .any(|other| other.names.contains(&one.name))
            })
            .map(|one| one.name.clone())
            .collect();
        if free.is_empty() {
            return self.bare();
        }
        self.tag("temporary view dropped");
        let name = self.random.one(&free).clone();
        self.push(&format!("DROP VIEW {name}"));
        self.relations.retain(|one| one.name != name);
    }

    fn set(&mut self) {
        let (text, feature) = match self.random.below(6) {
            0 | 1 => {
                let zone = *self.random.one(&["Asia/Tokyo", "America/New_York", "UTC"]);
                (
                    format!("SET spark.sql.session.timeZone = {zone}"),
                    "time zone",
                )
            }
            2 => {
                self.ansi = !self.ansi;
                (
                    format!("SET spark.sql.ansi.enabled = {}", self.ansi),
                    "ansi",
                )
            }
            3 => {
                self.dynamic = !self.dynamic;
                let mode = if self.dynamic { "dynamic" } else { "static" };
                (
                    format!("SET spark.sql.sources.partitionOverwriteMode = {mode}"),
                    "partition overwrite mode",
                )
            }
            4 => (
                "SET spark.sql.shuffle.partitions = 2".to_owned(),
                "harmless setting",
            ),
            _ => (
                "SET spark.sql.autoBroadcastJoinThreshold = -1".to_owned(),
                "harmless setting",
            ),
        };
        self.tag(feature);
        self.push(&text);
    }

    fn use_database(&mut self) {
        self.tag("use");
        let other: Vec<&'static str> = ["shop", "mart", "default"]
            .into_iter()
            .filter(|one| *one != self.database)
            .collect();
        self.database = *self.random.one(other.as_slice());
        self.push(&format!("USE {}", self.database));
    }
}

/// A value for a partition that needs no care in the name of a folder.
fn partition_value(of: Type) -> &'static str {
    match of {
        Type::Int => "1",
        Type::Date => "DATE'2024-01-31'",
        _ => "'a'",
    }
}
