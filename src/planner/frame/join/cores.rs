//! Which sub-graphs several blocks have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Edge, Link};
use crate::facts::access::TableVersion;

/// A connected set of edges.
pub(super) type Core = BTreeSet<Edge>;

/// Most different graphs that are compared pair by pair.
const MOST_GRAPHS: usize = 128;
/// Most cores kept, those that join most tables in most blocks first.
const MOST_CORES: usize = 32;

/// The maximal connected sub-graphs that two blocks or more have in common, and those that these have in common with
/// others; in a fixed order.
pub(super) fn cores(graphs: &[&Core]) -> Vec<Core> {
    let mut times: BTreeMap<&Core, usize> = BTreeMap::new();
    for graph in graphs.iter().filter(|graph| !graph.is_empty()) {
        *times.entry(graph).or_default() += 1;
    }
    let distinct: Vec<&Core> = times.keys().copied().take(MOST_GRAPHS).collect();
    let mut found: BTreeSet<Core> = BTreeSet::new();
    for (number, one) in distinct.iter().enumerate() {
        if times.get(one).is_some_and(|times| *times > 1) {
            found.extend(components(one));
        }
        for other in distinct.iter().skip(number + 1) {
            let common: Core = one.intersection(other).cloned().collect();
            found.extend(components(&common));
        }
    }
    let first = found.clone();
    for (number, one) in first.iter().enumerate().take(MOST_GRAPHS) {
        for other in first.iter().skip(number + 1).take(MOST_GRAPHS) {
            let common: Core = one.intersection(other).cloned().collect();
            found.extend(components(&common));
        }
    }
    let mut ranked: Vec<(usize, Core)> = found
        .into_iter()
        .map(|core| {
            let blocks = graphs.iter().filter(|graph| core.is_subset(graph)).count();
            (blocks * core.len(), core)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    ranked.truncate(MOST_CORES);
    ranked.into_iter().map(|(_, core)| core).collect()
}

/// The tables of a core.
pub(super) fn tables(core: &Core) -> BTreeSet<TableVersion> {
    let keys = core.iter().flat_map(|edge| [&edge.one, &edge.other]);
    keys.map(|(version, _)| *version).collect()
}

/// The parts of some edges that are connected by inner joins, each with the tables that are left-joined to it alone. A
/// table filled with NULLs connects nothing: the tables that it hangs on would have to be multiplied first.
fn components(edges: &Core) -> Vec<Core> {
    let mut parts: Vec<(BTreeSet<TableVersion>, Core)> = Vec::new();
    for edge in edges.iter().filter(|edge| edge.link == Link::Inner) {
        let mut tables = BTreeSet::from([edge.one.0, edge.other.0]);
        let mut part = Core::from([edge.clone()]);
        parts.retain(|(known, inside)| {
            let apart = known.is_disjoint(&tables);
            if !apart {
                tables.extend(known.iter().copied());
                part.extend(inside.iter().cloned());
            }
            apart
        });
        parts.push((tables, part));
    }
    let mut supplied: BTreeMap<TableVersion, Core> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.link == Link::Left) {
        supplied
            .entry(edge.other.0)
            .or_default()
            .insert(edge.clone());
    }
    for edges in supplied.into_values() {
        let kept: BTreeSet<TableVersion> = edges.iter().map(|edge| edge.one.0).collect();
        let mut known = parts.iter_mut();
        match known.find(|(tables, _)| !tables.is_disjoint(&kept)) {
            Some((tables, part)) if kept.is_subset(tables) => part.extend(edges),
            None if kept.len() == 1 => parts.push((kept, edges)),
            _ => {}
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::access::TableId;

    fn graph(text: &str) -> Core {
        let key = |name: &str| {
            let table = TableId(name.bytes().next().unwrap().into());
            let version = TableVersion {
                table,
                generation: 0,
            };
            (version, "id".to_owned())
        };
        text.split_whitespace()
            .map(|edge| {
                let (one, other) = edge.split_once(['-', '>']).unwrap();
                Edge {
                    link: if edge.contains('>') {
                        Link::Left
                    } else {
                        Link::Inner
                    },
                    one: key(one),
                    other: key(other),
                }
            })
            .collect()
    }

    fn shown(graphs: &[&str]) -> Vec<String> {
        let graphs: Vec<Core> = graphs.iter().map(|text| graph(text)).collect();
        let graphs: Vec<&Core> = graphs.iter().collect();
        let name = |version: TableVersion| char::from_u32(version.table.0).unwrap();
        cores(&graphs)
            .iter()
            .map(|core| {
                let edges = core.iter();
                let edges = edges.map(|edge| {
                    let link = match edge.link {
                        Link::Inner => '-',
                        Link::Left => '>',
                    };
                    format!("{}{link}{}", name(edge.one.0), name(edge.other.0))
                });
                edges.collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    #[test]
    fn what_two_blocks_have_in_common_is_a_core() {
        assert_eq!(
            shown(&["p-c p-v", "p-c p-v p-g", "p-c x-y"]),
            ["p-c p-v", "p-c"]
        );
    }

    #[test]
    fn a_core_is_connected() {
        assert_eq!(shown(&["p-c x-y", "p-c x-y"]), ["p-c", "x-y"]);
    }

    #[test]
    fn equal_blocks_share_all() {
        assert_eq!(shown(&["p-c c-v", "p-c c-v"]), ["c-v p-c"]);
        assert!(shown(&["p-c", "p-v"]).is_empty());
    }

    #[test]
    fn a_table_filled_with_nulls_connects_nothing() {
        assert_eq!(shown(&["p-c p>v c>v", "p-c p>v c>v"]), ["p-c c>v p>v"]);
        assert_eq!(shown(&["p-c g>v p>v", "p-c g>v p>v"]), ["p-c"]);
        assert_eq!(shown(&["p>v p>g", "p>v p>g c-x"]), ["p>g p>v"]);
        assert!(shown(&["p>v c>v", "p>v c>v"]).is_empty());
    }
}
