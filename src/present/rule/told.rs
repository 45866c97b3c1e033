//! What earlier stages have to say about the text: they find it, and a rule here gives it a level and a page.

use super::{Facts, Found, Level, Page, Rule};
use crate::frontend::statement::{Effect, StatementKind};

/// What earlier stages say under the name of a rule, with their own severity and advice.
fn told(facts: &Facts<'_>, rule: &Rule) -> Vec<Found> {
    let told = facts.told.iter().filter(|told| told.code == rule.name);
    told.map(|diagnostic| Found {
        table: None,
        diagnostic: diagnostic.clone(),
    })
    .collect()
}

pub(super) const PARSE_ERROR: Rule = Rule {
    name: "parse-error",
    level: Level::Error,
    summary: "a statement is no Spark SQL",
    page: Page {
        what: "A statement that begins like one of Spark's and goes on as none does.",
        why: "It fails when it runs. Until then it is a barrier: nothing is shared or moved across it.",
        bad: "SELECT id FROM sales.orders WHERE day > '2024",
        good: "SELECT id FROM sales.orders WHERE day > '2024'",
        fix: "correct the statement",
    },
    find: |facts| told(facts, &PARSE_ERROR),
};

pub(super) const OPAQUE_STATEMENT: Rule = Rule {
    name: "opaque-statement",
    level: Level::Warn,
    summary: "a statement is understood as text only",
    page: Page {
        what: "A statement that hoist cannot see through: one that it does not know, `EXECUTE IMMEDIATE`, `CALL`, or one \
               whose names are computed when it runs.",
        why: "What it reads and writes is not known, so it is a barrier: nothing is shared or moved across it.",
        bad: "SELECT id FROM IDENTIFIER(concat('sales.', 'orders'))",
        good: "SELECT id FROM sales.orders",
        fix: "write it with plain names, or put it where it separates little",
    },
    find: |facts| {
        let mut found = told(facts, &OPAQUE_STATEMENT);
        found.extend(unseen(facts));
        found
    },
};

/// Statements that are understood, and do what is known only when they run.
fn unseen(facts: &Facts<'_>) -> Vec<Found> {
    let unseen = facts.statements().filter_map(|(statement, _)| {
        let StatementKind::Command(command) = &statement.kind else {
            return None;
        };
        let Effect::Unseen { reason } = command.effect else {
            return None;
        };
        Some(OPAQUE_STATEMENT.found(None, statement.span, reason))
    });
    unseen.collect()
}

pub(super) const STATEMENT_TOO_LONG: Rule = Rule {
    name: "statement-too-long",
    level: Level::Warn,
    summary: "a statement is longer than what is looked into",
    page: Page {
        what: "A statement longer than `[pipeline] max_statement_bytes`, 4 MiB by default.",
        why: "It is not looked into, so it is a barrier.",
        bad: "",
        good: "SELECT id FROM sales.orders",
        fix: "raise the bound, or load the values from a table",
    },
    find: |facts| told(facts, &STATEMENT_TOO_LONG),
};

pub(super) const TEMPLATE: Rule = Rule {
    name: "template",
    level: Level::Warn,
    summary: "a template is not understood",
    page: Page {
        what: "Part of a template that is not filled in: see `docs/templates.md` for what is.",
        why: "Without its value the text that runs is not known; running the pipeline is refused.",
        bad: "",
        good: "SELECT id FROM sales.orders",
        fix: "write it as `${name}` or `{{ name }}`, and give the value",
    },
    find: |facts| told(facts, &TEMPLATE),
};

pub(super) const UNKNOWN_VARIABLE: Rule = Rule {
    name: "unknown-variable",
    level: Level::Warn,
    summary: "a template variable has no value",
    page: Page {
        what: "A use of a template variable for which neither `[variables]`, the environment nor `--set` has a value.",
        why: "Running the pipeline is refused. What can be analysed without the value is.",
        bad: "SELECT id FROM sales.orders WHERE day = '${day}'",
        good: "SELECT id FROM sales.orders WHERE day = '2024-06-30'",
        fix: "give it a value with `--set NAME=VALUE` or under `[variables]`",
    },
    find: |facts| told(facts, &UNKNOWN_VARIABLE),
};

pub(super) const UNDECLARED_PYTHON: Rule = Rule {
    name: "undeclared-python",
    level: Level::Warn,
    summary: "what a Python file reads and writes is not known",
    page: Page {
        what: "A Python file that does something which is neither seen nor declared in its first lines.",
        why: "It is a barrier: nothing is shared or moved across it.",
        bad: "-- 1.py\nimport lake\nlake.load(spark)",
        good: "-- 1.py\n# hoist: reads sales.orders; writes sales.daily\nimport lake\nlake.load(spark)",
        fix: "declare it: `# hoist: reads a, b; writes c`",
    },
    find: |facts| told(facts, &UNDECLARED_PYTHON),
};

pub(super) const PYTHON_CONTRADICTION: Rule = Rule {
    name: "python-contradiction",
    level: Level::Error,
    summary: "a Python file does what its header does not say",
    page: Page {
        what: "A read or write that is seen in a Python file and missing from its `# hoist:` header.",
        why: "The header is believed; where it says too little, something could be shared that must not be.",
        bad: "-- 1.py\n# hoist: writes sales.daily\nspark.table(\"sales.orders\").write.saveAsTable(\"sales.daily\")",
        good: "-- 1.py\n# hoist: reads sales.orders; writes sales.daily\n\
               spark.table(\"sales.orders\").write.saveAsTable(\"sales.daily\")",
        fix: "add it to the header",
    },
    find: |facts| told(facts, &PYTHON_CONTRADICTION),
};

pub(super) const PYTHON_HEADER: Rule = Rule {
    name: "python-header",
    level: Level::Error,
    summary: "the header of a Python file is not understood",
    page: Page {
        what: "A `# hoist:` header that is not of the form `reads a, b; writes c; views v`.",
        why: "The file counts as one that declares nothing.",
        bad: "-- 1.py\n# hoist: uses sales.orders\nspark.table(\"sales.orders\").show()",
        good: "-- 1.py\n# hoist: reads sales.orders\nspark.table(\"sales.orders\").show()",
        fix: "write `# hoist: reads a, b; writes c; views v`",
    },
    find: |facts| told(facts, &PYTHON_HEADER),
};

pub(super) const PYTHON_SYNTAX: Rule = Rule {
    name: "python-syntax",
    level: Level::Error,
    summary: "a Python file is no Python",
    page: Page {
        what: "A Python file that cannot be parsed.",
        why: "It fails when it runs. Until then it is a barrier.",
        bad: "-- 1.py\nspark.table(\"sales.orders\"",
        good: "-- 1.py\nspark.table(\"sales.orders\").show()",
        fix: "correct the file",
    },
    find: |facts| told(facts, &PYTHON_SYNTAX),
};
