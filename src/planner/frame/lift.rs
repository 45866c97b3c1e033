//! What would lift a refusal: the fact or the change of text without which something is not shared.

/// What lifts a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lift {
    /// A fact that the user can provide, an imperative fragment.
    Fact(&'static str),
    /// Another text of the pipeline, an imperative fragment.
    Text(&'static str),
    /// Another setting of the planner, an imperative fragment.
    Setting(&'static str),
    /// Nothing: sharing it would change results, or gain nothing.
    Nothing,
}

impl Lift {
    /// What to do, for people; none where nothing helps.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Lift::Fact(advice) | Lift::Text(advice) | Lift::Setting(advice) => Some(advice),
            Lift::Nothing => None,
        }
    }
}

/// What lifts the refusals with a code; none where there is no such code.
pub fn lift(code: &str) -> Option<Lift> {
    Some(match code {
        "schema-unknown" | "size-unknown" | "unknown-column" | "view" => {
            Lift::Fact("run `hoist catalog`, which asks for columns, sizes and texts of views")
        }
        "unknown-function" => Lift::Fact(
            "declare `deterministic_functions = [\"f\"]` if it gives the same value each time",
        ),
        "order-sensitive" => Lift::Fact(
            "declare `[tables.NAME] key = […]` if the order is unique, or order by a key",
        ),
        "may-fail" => Lift::Text(
            "use a function that gives NULL instead (`try_…`), or test for it in every place",
        ),
        "barrier" => Lift::Text("move the statement that cannot be seen through"),
        "bare-table" => Lift::Text("write `SELECT * FROM …`"),
        "column-aliases" => Lift::Text("name the columns in a select list"),
        "qualified-column" => Lift::Text("qualify the column by an alias of the table"),
        "outputs-unknown" => Lift::Text("give each column an alias"),
        "grouping" => Lift::Text("group by plain columns of the table"),
        "aggregate" => Lift::Text(
            "use `count`, `sum`, `avg`, `min` or `max` without `FILTER`, `DISTINCT` before columns only, others in a statement of their own",
        ),
        "summation-order" => Lift::Text("count distinct values in a statement of its own"),
        "finer-groups" => Lift::Text("group it in a statement of its own, or by the same columns"),
        "ambiguous-alias" => Lift::Text("give the output column another name"),
        "block-shape" => {
            Lift::Text("write `SELECT … FROM table WHERE … GROUP BY …` in a subquery of its own")
        }
        "column-type" => Lift::Text("cast the column in a subquery"),
        "not-closed" => Lift::Text("let it read tables only"),
        "template-variable" => Lift::Text("let the variable stand within a string or number"),
        "all-columns" => Lift::Text("list the columns instead of `*`"),
        "column-name" => {
            Lift::Text("qualify each column by its table, and name each column that is computed")
        }
        "hint" => Lift::Text("leave out the hint"),
        "join-condition" => Lift::Text("move the other tests to the `WHERE`"),
        "join-shape" => Lift::Text("join tables by inner and left joins with `ON`"),
        "join-types" => Lift::Text("give keys one type in both tables"),
        "padded-column" => Lift::Text("declare the column STRING"),
        "nested-query" => Lift::Text("join what the nested query looks up"),
        "name" | "placeholder" => Lift::Text("use another name"),
        "not-a-query" | "view-definition" => Lift::Text("read it in a query of its own"),
        "rewritten-between" | "written-by-reader" => Lift::Text("write another table"),
        "stale-listing" => Lift::Text("write it through the name that is read"),
        "arrangement-shows" => Lift::Fact(
            "sum decimals or integers instead of floating-point numbers, or declare `[tables.NAME] key = […]`",
        ),
        "session" => {
            Lift::Setting("leave the settings of the session that decide names as Spark has them")
        }
        "measured" => Lift::Setting(
            "plan with `--no-profile` to see the estimates alone; a frame that is not built is forgotten after 50 runs",
        ),
        "over-budget" => Lift::Setting("raise `--budget`"),
        "frames-off" => Lift::Setting("leave out `--frames off`"),
        "set-in-pipeline" => Lift::Text("leave the setting out of the pipeline"),
        "set-in-configuration" => Lift::Setting(
            "leave the setting out of `[engine.conf]`, `--conf` and the session's own",
        ),
        "setting-proposed" => Lift::Setting("run with `--settings apply`"),
        "spark-version" => Lift::Setting("use Spark 3.5.1 or a later one"),
        "not-forced" => Lift::Setting("name it in `--force-frames`"),
        "kept-in-memory"
        | "malformed-rows"
        | "no-shared-key"
        | "clustering-not-worth"
        | "modified"
        | "non-deterministic"
        | "row-origin"
        | "sampling"
        | "single-reader"
        | "no-candidate"
        | "cheaper-raw"
        | "widens-frame"
        | "served-by-another-frame"
        | "not-worth"
        | "too-small"
        | "fits-data"
        | "adaptive-off"
        | "keeps-broadcast"
        | "broadcasts-more"
        | "setting-suits"
        | "chosen" => Lift::Nothing,
        _ => return None,
    })
}
