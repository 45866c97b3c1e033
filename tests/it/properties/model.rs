//! A tiny model of a session: tables are counters of the writes that touch them, a frame remembers the counters at its
//! build. A write touches what has its name, and every table or path whose folder is the same, above or below.
//!
//! It reads texts with its own few lines, not with the parser under test, and knows just the statements that the
//! random pipelines and their programs consist of.

use std::collections::{BTreeMap, BTreeSet};

use super::random::{PATHS, VIEWS};

/// A table or path, and the number of writes that touched it before, barriers included.
pub(super) type Version = (String, u32);

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word or quoted name, lower-case.
    Word(String),
    Literal,
    Symbol(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").unwrap() + 2
        } else if c == '\'' {
            tokens.push(Token::Literal);
            rest[1..].find('\'').unwrap() + 2
        } else if c == '`' {
            let length = rest[1..].find('`').unwrap() + 2;
            tokens.push(Token::Word(rest[1..length - 1].to_lowercase()));
            length
        } else if c.is_alphanumeric() || c == '_' {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_lowercase()));
            length
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Symbol(c));
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// What a name reads when it is used.
#[derive(Clone, Debug)]
enum View {
    /// A view: its relations, at the versions current where it is used.
    Lazy(Vec<String>),
    /// A cached view: what it names and what it holds.
    Frame(Vec<String>, Vec<Version>),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    database: String,
    /// Folders of tables that were there at the start.
    folders: BTreeMap<String, String>,
    /// By the name that was written.
    writes: BTreeMap<String, u32>,
    barriers: u32,
    views: BTreeMap<String, View>,
    /// Frames that are cached, by full name.
    pub(super) cached: BTreeSet<String>,
    /// Frames read by the statements so far, by full name, in order.
    pub(super) frames_read: Vec<String>,
}

impl Session {
    pub(super) fn new(database: &str, folders: &BTreeMap<String, String>) -> Self {
        Session {
            database: database.to_owned(),
            folders: folders.clone(),
            views: VIEWS
                .iter()
                .map(|(view, _, _, reads)| {
                    let reads = reads.iter().map(|name| (*name).to_owned());
                    ((*view).to_owned(), View::Lazy(reads.collect()))
                })
                .collect(),
            ..Session::default()
        }
    }

    fn version(&self, table: &str) -> Version {
        let writes = self.writes.iter();
        let touching = writes.filter(|(written, _)| self.touches(written, table));
        let writes: u32 = touching.map(|(_, count)| count).sum();
        (table.to_owned(), writes + 1000 * self.barriers)
    }

    /// The folder of a table or path, where it may be that of another.
    fn folder<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let path = name.strip_prefix(PATHS);
        path.or_else(|| self.folders.get(name).map(String::as_str))
    }

    /// Whether a write of one changes the rows of the other.
    fn touches(&self, one: &str, other: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let folders = (self.folder(one), self.folder(other));
        one == other
            || matches!(folders, (Some(one), Some(other)) if within(one, other) || within(other, one))
    }

    /// What a name means now: a temporary view has one part and comes first.
    fn resolve(&self, name: &str) -> String {
        if name.contains('.') || self.views.contains_key(name) {
            name.to_owned()
        } else {
            format!("{}.{name}", self.database)
        }
    }

    fn expand(&mut self, name: &str) -> Vec<Version> {
        match self.views.get(name).cloned() {
            Some(View::Frame(_, versions)) => {
                assert!(
                    self.cached.contains(name),
                    "`{name}` is read but not cached"
                );
                self.frames_read.push(name.to_owned());
                versions
            }
            Some(View::Lazy(relations)) => relations
                .iter()
                .flat_map(|relation| self.expand(relation))
                .collect(),
            None => vec![self.version(name)],
        }
    }

    /// Full names of the relations of a query, in text order.
    fn relations(&self, tokens: &[Token]) -> Vec<String> {
        let mut relations = Vec::new();
        // Names of common table expressions, visible behind their bodies; and those whose bodies are open.
        let mut visible: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<(usize, String)> = Vec::new();
        let mut depth = 0;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at..] {
                [Token::Word(name), Token::Word(word), Token::Symbol('('), ..] if word == "as" => {
                    open.push((depth, name.clone()));
                }
                [Token::Symbol('('), ..] => depth += 1,
                [Token::Symbol(')'), ..] => {
                    depth -= 1;
                    if open.last().is_some_and(|(outer, _)| *outer == depth) {
                        visible.insert(open.pop().unwrap().1);
                    }
                }
                [Token::Word(word), Token::Word(_), ..] if word == "from" || word == "join" => {
                    let name = dotted(&tokens[at + 1..]);
                    if !visible.contains(&name) {
                        relations.push(self.resolve(&name));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        relations
    }

    fn reads(&mut self, tokens: &[Token]) -> Vec<Version> {
        let relations = self.relations(tokens);
        relations
            .iter()
            .flat_map(|relation| self.expand(relation))
            .collect()
    }

    /// Nothing that a cached frame names or holds may change: Spark would drop or refill the frame.
    fn change(&self, changed: &str) {
        for name in &self.cached {
            if let Some(View::Frame(named, held)) = self.views.get(name) {
                let mut names = named.iter().chain(held.iter().map(|(table, _)| table));
                let touched = names.any(|name| self.touches(changed, name));
                assert!(!touched, "`{changed}` changes while `{name}` holds it");
            }
        }
    }

    fn write(&mut self, table: &str) {
        // Temporary views do not stand in the way of a write.
        let table = if table.contains('.') {
            table.to_owned()
        } else {
            format!("{}.{table}", self.database)
        };
        self.change(&table);
        *self.writes.entry(table).or_default() += 1;
    }

    /// Runs a text and tells what it reads, in text order.
    pub(super) fn run(&mut self, text: &str, python: bool) -> Vec<Version> {
        if python {
            return self.python(text);
        }
        let tokens = tokens(text);
        let words: Vec<&str> = tokens
            .iter()
            .map(|token| match token {
                Token::Word(word) => word.as_str(),
                _ => "",
            })
            .collect();
        match words.as_slice() {
            ["use", database] => (*database).clone_into(&mut self.database),
            ["create", "or", "replace", _, "view", name, "as", ..] => {
                let relations = self.relations(&tokens[7..]);
                self.views.insert((*name).to_owned(), View::Lazy(relations));
            }
            ["drop", "view", "if", "exists", name] | ["drop", "view", name] => {
                self.change(name);
                self.views.remove(*name).unwrap();
            }
            ["cache", "table", name, ..] => {
                let Some(View::Lazy(named)) = self.views.get(*name).cloned() else {
                    panic!("`{name}` is not there to be cached");
                };
                let held = self.expand(name);
                self.cached.insert((*name).to_owned());
                self.views
                    .insert((*name).to_owned(), View::Frame(named, held));
            }
            ["uncache", "table", "if", "exists", name] => {
                assert!(
                    self.cached.remove(*name),
                    "`{name}` is released but not cached"
                );
            }
            ["create", "table", ..] => {
                let reads = self.reads(&tokens);
                self.write(&dotted(&tokens[2..]));
                return reads;
            }
            ["insert", _, second, ..] => {
                let reads = self.reads(&tokens);
                let start = if *second == "table" { 3 } else { 2 };
                self.write(&dotted(&tokens[start..]));
                return reads;
            }
            ["select" | "with", ..] => return self.reads(&tokens),
            _ => panic!("the model does not know `{text}`"),
        }
        Vec::new()
    }

    fn python(&mut self, text: &str) -> Vec<Version> {
        let Some(header) = text.strip_prefix("# hoist: reads ") else {
            assert!(
                self.cached.is_empty(),
                "{:?} live across a barrier",
                self.cached
            );
            self.barriers += 1;
            return Vec::new();
        };
        let (read, rest) = header.split_once("; writes ").unwrap();
        let reads = self.expand(read);
        self.write(rest.lines().next().unwrap());
        reads
    }
}

/// The dotted name at the start of some tokens.
fn dotted(tokens: &[Token]) -> String {
    let mut name = String::new();
    for pair in tokens.chunks(2) {
        let [Token::Word(word), rest @ ..] = pair else {
            break;
        };
        name.push_str(word);
        if rest != [Token::Symbol('.')] {
            break;
        }
        name.push('.');
    }
    name
}
