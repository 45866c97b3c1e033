//! What a block says about columns of the tables of a core.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Graph;
use crate::diagnostic::Span;
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, Query, Relation, SelectItem, Shape,
};
use crate::planner::frame::texts::PlacedToken;
use crate::planner::frame::walk::Names;
use crate::planner::frame::{Context, Reason};

/// A column of a table of the core, qualified by it.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// The table, by its number in the block.
    pub(super) member: usize,
    /// The column, lower-case.
    pub(super) column: String,
    /// Its qualifier.
    pub(super) qualifier: Span,
    /// The column's own name.
    pub(super) name: Span,
    /// Which name it gives to what it stands in.
    pub(super) naming: Naming,
}

/// What the name of a column decides where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Nothing.
    Nothing,
    /// The name of an output column, in this spelling: the reference is an item of the select list.
    Output(String),
    /// Part of the name of an output column, or of the fields of a value.
    Part,
    /// How an `ORDER BY` finds the column behind a `DISTINCT`.
    Order,
}

/// Everything said about columns of the core.
pub(super) struct Mentions {
    /// Qualified references outside what is removed, in the order of the text.
    pub(super) references: Vec<Reference>,
    /// Names that may be columns of any relation, lower-case: unqualified ones and those in nested queries.
    pub(super) unqualified: BTreeSet<String>,
    /// Those in nested queries.
    pub(super) nested: BTreeSet<String>,
}

impl Mentions {
    pub(super) fn of<'a>(
        context: &Context<'_>,
        graph: &Graph<'a>,
        members: &[usize],
        removed: &[Span],
        names: &Names<'a>,
    ) -> Result<Self, Reason> {
        let called = members.iter().filter_map(|number| {
            let leaf = graph.leaves.get(*number)?;
            Some((leaf.called.clone()?, *number))
        });
        let mut search = Search {
            graph,
            members,
            removed,
            called: called.collect(),
            ordering: false,
            context,
            found: Mentions {
                references: Vec::new(),
                unqualified: BTreeSet::new(),
                nested: BTreeSet::new(),
            },
        };
        search.block()?;
        search.outside(names)?;
        search.untold()?;
        let references = &mut search.found.references;
        references.sort_by_key(|reference| reference.qualifier);
        references.dedup_by_key(|reference| reference.qualifier);
        Ok(search.found)
    }
}

struct Search<'s, 'a> {
    context: &'s Context<'s>,
    graph: &'s Graph<'a>,
    members: &'s [usize],
    removed: &'s [Span],
    /// Tables of the core by what qualifies their columns.
    called: BTreeMap<String, usize>,
    /// In the `ORDER BY`, which sees the select list before the tables.
    ordering: bool,
    found: Mentions,
}

impl<'a> Search<'_, 'a> {
    fn block(&mut self) -> Result<(), Reason> {
        let (select, query) = (self.graph.block.select, self.graph.block.query);
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => {
                    self.item(expression, alias.as_ref())?;
                }
                SelectItem::Wildcard { qualifier, .. } => {
                    self.star(qualifier.as_ref().map(|name| name.parts.as_slice()))?;
                }
            }
        }
        let on = self.graph.leaves.iter().flat_map(|leaf| leaf.on);
        let clauses = [
            &select.filter,
            &select.group_by,
            &select.having,
            &select.other,
        ];
        for expression in on.chain(clauses.into_iter().flatten()) {
            self.expression(expression, &Naming::Nothing)?;
        }
        let order = if select.distinct {
            Naming::Order
        } else {
            Naming::Nothing
        };
        self.ordering = true;
        for expression in query.order_by.iter().chain(&query.tail) {
            self.expression(expression, &order)?;
        }
        Ok(())
    }

    fn item(
        &mut self,
        expression: &'a Expression,
        alias: Option<&Identifier>,
    ) -> Result<(), Reason> {
        let plain = match expression.columns.as_slice() {
            [column] if expression.shape == Shape::Column => column.parts.last(),
            _ => None,
        };
        let naming = match (alias, plain) {
            (Some(_), _) if !self.names_fields(expression) => Naming::Nothing,
            (None, Some(last)) if is_whole(expression) => Naming::Output(last.text.clone()),
            _ => Naming::Part,
        };
        self.expression(expression, &naming)
    }

    fn expression(&mut self, expression: &'a Expression, naming: &Naming) -> Result<(), Reason> {
        let windows = expression.calls.iter();
        let windows = windows.filter_map(|call| call.window.as_ref()?.keys.as_ref());
        let fields = *naming == Naming::Nothing && self.names_fields(expression);
        let naming = if fields { &Naming::Part } else { naming };
        for reference in expression.columns.iter().chain(windows.flatten()) {
            self.reference(reference, naming)?;
        }
        for star in &expression.stars {
            self.star(star.as_ref().map(|name| name.parts.as_slice()))?;
        }
        for query in &expression.queries {
            self.nested(query)?;
        }
        Ok(())
    }

    fn reference(&mut self, reference: &ColumnReference, naming: &Naming) -> Result<(), Reason> {
        let Some(first) = reference.parts.first() else {
            return Ok(());
        };
        if self.is_removed(first.span) {
            return Ok(());
        }
        let qualified = reference
            .parts
            .get(1)
            .and_then(|second| Some((*self.called.get(&first.key())?, second)));
        let Some((member, second)) = qualified else {
            let owners = self.members.iter();
            let owners = owners.filter_map(|number| self.graph.leaves.get(*number));
            if owners.filter(|leaf| leaf.has(&first.key())).count() < 2 {
                self.found.unqualified.insert(first.key());
            } else if !self.ordering || !self.is_output(&first.key()) {
                return Err(untold(&first.text));
            }
            return Ok(());
        };
        let leaf = self.graph.leaves.get(member);
        if !leaf.is_some_and(|leaf| leaf.has(&second.key())) {
            return Err(untold(&format!("{}.{}", first.text, second.text)));
        }
        self.found.references.push(Reference {
            member,
            column: second.key(),
            qualifier: first.span,
            name: second.span,
            naming: naming.clone(),
        });
        Ok(())
    }

    /// Whether a name is that of an output column: an `ORDER BY` means that first.
    fn is_output(&self, name: &str) -> bool {
        self.graph.block.select.items.iter().any(|item| match item {
            SelectItem::Expression { expression, alias } => {
                let plain = match expression.columns.as_slice() {
                    [column] if expression.shape == Shape::Column => column.parts.last(),
                    _ => None,
                };
                let output = alias.as_ref().or(plain);
                output.is_some_and(|output| output.key() == name)
            }
            SelectItem::Wildcard { .. } => false,
        })
    }

    fn star(&self, qualifier: Option<&[Identifier]>) -> Result<(), Reason> {
        let other = match qualifier {
            Some([called]) => !self.called.contains_key(&called.key()),
            _ => false,
        };
        if other {
            return Ok(());
        }
        let text = "a `*` stands for columns of its tables, in their order";
        Err(Reason::new("all-columns", text))
    }

    /// A nested query may see the tables around it.
    fn nested(&mut self, query: &'a Query) -> Result<(), Reason> {
        let names = Names::of(query);
        let qualified = names
            .references
            .iter()
            .filter(|reference| reference.parts.len() > 1);
        let qualifiers = qualified.filter_map(|reference| reference.parts.first());
        let starred = names.starred.iter().filter_map(|name| name.parts.first());
        let mut qualifiers = qualifiers.chain(starred);
        if let Some(outer) = qualifiers.find(|name| self.called.contains_key(&name.key())) {
            let text = format!("a nested query names `{}`", outer.text);
            return Err(Reason::new("nested-query", text));
        }
        let all = names
            .references
            .iter()
            .flat_map(|reference| &reference.parts);
        let all: Vec<String> = all.map(Identifier::key).collect();
        self.found.unqualified.extend(all.iter().cloned());
        self.found.nested.extend(all);
        Ok(())
    }

    /// What orders the block from outside may name its tables.
    fn outside(&self, names: &Names<'_>) -> Result<(), Reason> {
        for (place, expression) in &names.outer_orders {
            if !place.contains(self.graph.block.select.span) {
                continue;
            }
            let mut qualifiers = expression
                .columns
                .iter()
                .filter(|reference| reference.parts.len() > 1)
                .filter_map(|reference| reference.parts.first());
            if let Some(name) = qualifiers.find(|name| self.called.contains_key(&name.key())) {
                return Err(untold(&name.text));
            }
        }
        Ok(())
    }

    /// Every mention of a table of the core in the text is a reference that was found.
    fn untold(&self) -> Result<(), Reason> {
        let (select, query) = (self.graph.block.select, self.graph.block.query);
        let last = query.order_by.iter().chain(&query.tail);
        let spans = std::iter::once(select.span).chain(last.map(|expression| expression.span));
        let inside = self.graph.block.select.from.iter().flat_map(derived);
        let inside: Vec<Span> = inside.collect();
        let known: BTreeSet<Span> = self
            .found
            .references
            .iter()
            .map(|reference| reference.qualifier)
            .collect();
        for span in spans {
            let tokens = self.context.texts.within(span);
            for pair in tokens.windows(2) {
                let [name, dot] = pair else { continue };
                let is_apart = known.contains(&name.span)
                    || self.is_removed(name.span)
                    || inside.iter().any(|body| body.contains(name.span));
                let qualifies = dot.text == "." && is_name(name);
                if qualifies && !is_apart && self.called.contains_key(&key(name)) {
                    return Err(untold(name.text));
                }
            }
        }
        for reference in &self.found.references {
            let whole = reference.qualifier.join(reference.name);
            if let Some(variable) = self.context.texts.loose_variable(whole) {
                let text = format!("the variable `{variable}` stands outside strings and numbers");
                return Err(Reason::new("template-variable", text));
            }
        }
        Ok(())
    }

    /// Whether names of columns may become names of fields: `struct(a, b)`, `(a, b)` and the like.
    fn names_fields(&self, expression: &Expression) -> bool {
        let naming = |name: &str| matches!(name, "struct" | "arrays_zip");
        let tokens = self.context.texts.within(expression.span);
        let mut brackets: Vec<bool> = Vec::new();
        let mut before: Option<&PlacedToken<'_>> = None;
        for token in tokens {
            match token.text {
                "(" => {
                    let value = before.is_none_or(|before| {
                        !is_name(before) || BEFORE_VALUE.contains(&key(before).as_str())
                    });
                    brackets.push(value);
                }
                "[" => brackets.push(false),
                ")" | "]" => {
                    brackets.pop();
                }
                "," if brackets.last() == Some(&true) => return true,
                _ => {}
            }
            before = Some(token);
        }
        expression.calls.iter().any(|call| naming(&call.name))
    }

    fn is_removed(&self, span: Span) -> bool {
        self.removed.iter().any(|removed| removed.contains(span))
    }
}

/// The bodies of derived tables: they do not see the tables beside them.
fn derived(relation: &Relation) -> Vec<Span> {
    match relation {
        Relation::Derived { query, .. } => vec![query.span],
        Relation::Joined { first, joins } => {
            let relations = std::iter::once(first.as_ref());
            let relations = relations.chain(joins.iter().map(|join| &join.relation));
            relations.flat_map(derived).collect()
        }
        Relation::Table(_) | Relation::Function { .. } => Vec::new(),
    }
}

/// Whether an item is its reference and nothing around it.
fn is_whole(expression: &Expression) -> bool {
    match expression.columns.as_slice() {
        [column] => match column.parts.as_slice() {
            [first, last] => first.span.join(last.span) == expression.span,
            _ => false,
        },
        _ => false,
    }
}

/// Words behind which brackets hold one value, or several as one: behind any other word they hold arguments.
const BEFORE_VALUE: [&str; 19] = [
    "all", "and", "as", "between", "by", "case", "distinct", "div", "else", "from", "having",
    "ilike", "is", "like", "not", "or", "rlike", "then", "when",
];

fn untold(text: &str) -> Reason {
    let text = format!("what `{text}` means cannot be told from the text alone");
    Reason::new("column-name", text)
}

fn is_name(token: &PlacedToken<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
}

/// The spelling of a name for comparing.
pub(super) fn key(token: &PlacedToken<'_>) -> String {
    let text = token.text;
    let inner = text
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    inner.map_or_else(
        || text.to_lowercase(),
        |inner| inner.replace("``", "`").to_lowercase(),
    )
}
