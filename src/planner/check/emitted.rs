//! Texts read again: the user's and those of the program.

use crate::diagnostic::{Severity, Span};
use crate::frontend::source::{Source, Sources, Variables};
use crate::frontend::sql::{TokenKind, tokens};
use crate::frontend::statement::Statement;
use crate::planner::emit::{NAMESPACE, ProgramText};

/// What stands for the run's prefix while texts are checked, and the values of the pipeline's variables.
#[derive(Debug)]
pub(super) struct Prefix {
    pub(super) text: String,
    variables: Variables,
    /// Place, name and value of every use: what SET statements give differs from place to place.
    uses: Vec<(Span, String, String)>,
}

impl Prefix {
    /// A prefix that occurs in no file.
    pub(super) fn new(sources: &Sources) -> Self {
        let mut text = "hoist_check".to_owned();
        let occurs = |text: &str| {
            sources.iter().any(|source| {
                let lower = source.rendered().to_lowercase();
                lower.contains(text) || source.template().to_lowercase().contains(text)
            })
        };
        while occurs(&text) {
            text.push_str("_x");
        }
        let uses: Vec<(Span, String, String)> = sources
            .iter()
            .flat_map(|source| source.variables().zip(source.values()))
            .map(|((name, place), (_, value))| (place, name.to_owned(), value.to_owned()))
            .collect();
        let variables = uses
            .iter()
            .map(|(_, name, value)| (name.clone(), value.clone()))
            .collect();
        Prefix {
            text,
            variables,
            uses,
        }
    }

    /// The text with the prefix filled in.
    pub(super) fn fill(&self, text: &ProgramText) -> String {
        if text.namespaced {
            text.text.replace(NAMESPACE, &self.text)
        } else {
            text.text.clone()
        }
    }

    /// The name of a frame in filled texts.
    pub(super) fn frame(&self, name: &str) -> String {
        format!("{}_{name}", self.text)
    }

    /// A filled SQL text, read again with the values that variables have in some statements.
    pub(super) fn read(&self, text: &str, statements: impl IntoIterator<Item = Span>) -> Emitted {
        let mut variables = self.variables.clone();
        for statement in statements {
            let here = self
                .uses
                .iter()
                .filter(|(place, ..)| statement.contains(*place));
            variables.extend(here.map(|(_, name, value)| (name.clone(), value.clone())));
        }
        let sources = Sources::from_texts([("emitted.sql", text)], &variables);
        // Whatever its length: the original was looked into.
        let parsed = crate::frontend::parse_within(&sources, u64::MAX);
        let sound = parsed
            .diagnostics
            .iter()
            .all(|diagnostic| diagnostic.severity != Severity::Error);
        let mut statements = parsed.statements;
        let statement = match (statements.pop(), statements.is_empty(), sound) {
            (Some(only), true, true) => Some(only),
            _ => None,
        };
        Emitted { sources, statement }
    }
}

/// A text of the program, read again.
#[derive(Debug)]
pub(super) struct Emitted {
    pub(super) sources: Sources,
    /// The one statement in it; none where there is none, another one, or one with errors.
    pub(super) statement: Option<Statement>,
}

impl Emitted {
    /// All its tokens; none where it has no end.
    pub(super) fn tokens(&self) -> Option<Vec<Placed<'_>>> {
        placed(self.sources.iter().next()?)
    }
}

/// A token of the rendered text with the template text that it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    pub(super) text: &'a str,
}

impl Placed<'_> {
    /// Spelling for comparing a name: without backquotes, in lower case.
    pub(super) fn key(&self) -> String {
        match self.kind {
            TokenKind::QuotedIdentifier => self
                .text
                .trim_start_matches('`')
                .trim_end_matches('`')
                .replace("``", "`")
                .to_lowercase(),
            _ => self.text.to_lowercase(),
        }
    }

    /// The user's spelling of a name, without backquotes.
    pub(super) fn spelling(&self) -> String {
        match self.kind {
            TokenKind::QuotedIdentifier => self
                .text
                .trim_start_matches('`')
                .trim_end_matches('`')
                .replace("``", "`"),
            _ => self.text.to_owned(),
        }
    }

    /// Whether it is this keyword.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this operator.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// Whether it can be a name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
    }

    /// Kind and text, letter case apart where it means nothing.
    pub(super) fn normalised(&self) -> String {
        match self.kind {
            TokenKind::Word => format!("w:{}", self.text.to_lowercase()),
            TokenKind::QuotedIdentifier => format!("q:{}", self.key()),
            TokenKind::String => format!("s:{}", self.text),
            TokenKind::Number => format!("n:{}", self.text.to_lowercase()),
            TokenKind::Symbol => format!("y:{}", self.text),
        }
    }
}

/// The tokens of a file in template places; none where something in it never ends.
pub(super) fn placed(source: &Source) -> Option<Vec<Placed<'_>>> {
    let tokens = tokens(source.rendered()).ok()?;
    Some(
        tokens
            .into_iter()
            .map(|token| {
                let span = source.to_template(token.range);
                Placed {
                    kind: token.kind,
                    span,
                    text: source.text(span),
                }
            })
            .collect(),
    )
}

/// The tokens within a span.
pub(super) fn within<'a>(tokens: &[Placed<'a>], span: Span) -> Vec<Placed<'a>> {
    let inside = tokens.iter().filter(|token| span.contains(token.span));
    inside.copied().collect()
}
