//! Words of Spark's query grammar. Any other word is a name, whatever the parser would make of it.

use sqlparser::keywords::Keyword;

/// Longer than any word below.
const LONGEST: usize = 12;

/// The word of the grammar that a token may be.
#[expect(clippy::too_many_lines, reason = "one line for each word")]
pub(super) fn keyword(text: &str) -> Keyword {
    let mut upper = [0_u8; LONGEST];
    let Some(upper) = upper.get_mut(..text.len()) else {
        return Keyword::NoKeyword;
    };
    upper.copy_from_slice(text.as_bytes());
    upper.make_ascii_uppercase();
    match &*upper {
        b"ALL" => Keyword::ALL,
        b"AND" => Keyword::AND,
        b"ANTI" => Keyword::ANTI,
        b"ANY" => Keyword::ANY,
        b"AS" => Keyword::AS,
        b"ASC" => Keyword::ASC,
        b"BETWEEN" => Keyword::BETWEEN,
        b"BY" => Keyword::BY,
        b"CASE" => Keyword::CASE,
        b"CAST" => Keyword::CAST,
        b"CLUSTER" => Keyword::CLUSTER,
        b"COLLATE" => Keyword::COLLATE,
        b"CROSS" => Keyword::CROSS,
        b"CUBE" => Keyword::CUBE,
        b"CURRENT" => Keyword::CURRENT,
        b"DATE" => Keyword::DATE,
        b"DESC" => Keyword::DESC,
        b"DISTINCT" => Keyword::DISTINCT,
        b"DISTRIBUTE" => Keyword::DISTRIBUTE,
        b"DIV" => Keyword::DIV,
        b"ELSE" => Keyword::ELSE,
        b"END" => Keyword::END,
        b"ESCAPE" => Keyword::ESCAPE,
        b"EXCEPT" => Keyword::EXCEPT,
        b"EXISTS" => Keyword::EXISTS,
        b"EXTRACT" => Keyword::EXTRACT,
        b"FALSE" => Keyword::FALSE,
        b"FILTER" => Keyword::FILTER,
        b"FOLLOWING" => Keyword::FOLLOWING,
        b"FOR" => Keyword::FOR,
        b"FROM" => Keyword::FROM,
        b"FULL" => Keyword::FULL,
        b"GROUP" => Keyword::GROUP,
        b"GROUPING" => Keyword::GROUPING,
        b"HAVING" => Keyword::HAVING,
        b"ILIKE" => Keyword::ILIKE,
        b"IN" => Keyword::IN,
        b"INNER" => Keyword::INNER,
        b"INTERSECT" => Keyword::INTERSECT,
        b"INTERVAL" => Keyword::INTERVAL,
        b"IS" => Keyword::IS,
        b"JOIN" => Keyword::JOIN,
        b"LATERAL" => Keyword::LATERAL,
        b"LEFT" => Keyword::LEFT,
        b"LIKE" => Keyword::LIKE,
        b"LIMIT" => Keyword::LIMIT,
        b"MINUS" => Keyword::MINUS,
        b"NATURAL" => Keyword::NATURAL,
        b"NOT" => Keyword::NOT,
        b"NULL" => Keyword::NULL,
        b"NULLS" => Keyword::NULLS,
        b"OFFSET" => Keyword::OFFSET,
        b"ON" => Keyword::ON,
        b"OR" => Keyword::OR,
        b"ORDER" => Keyword::ORDER,
        b"OUTER" => Keyword::OUTER,
        b"OVER" => Keyword::OVER,
        b"OVERLAY" => Keyword::OVERLAY,
        b"PARTITION" => Keyword::PARTITION,
        b"PIVOT" => Keyword::PIVOT,
        b"PLACING" => Keyword::PLACING,
        b"POSITION" => Keyword::POSITION,
        b"PRECEDING" => Keyword::PRECEDING,
        b"QUALIFY" => Keyword::QUALIFY,
        b"RANGE" => Keyword::RANGE,
        b"RECURSIVE" => Keyword::RECURSIVE,
        b"REGEXP" | b"RLIKE" => Keyword::RLIKE,
        b"RIGHT" => Keyword::RIGHT,
        b"ROLLUP" => Keyword::ROLLUP,
        b"ROW" => Keyword::ROW,
        b"ROWS" => Keyword::ROWS,
        b"SELECT" => Keyword::SELECT,
        b"SEMI" => Keyword::SEMI,
        b"SETS" => Keyword::SETS,
        b"SOME" => Keyword::SOME,
        b"SORT" => Keyword::SORT,
        b"SUBSTR" | b"SUBSTRING" => Keyword::SUBSTRING,
        b"TABLE" => Keyword::TABLE,
        b"TABLESAMPLE" => Keyword::TABLESAMPLE,
        b"THEN" => Keyword::THEN,
        b"TIMESTAMP" => Keyword::TIMESTAMP,
        b"TRIM" => Keyword::TRIM,
        b"TRUE" => Keyword::TRUE,
        b"TRY_CAST" => Keyword::TRY_CAST,
        b"UNBOUNDED" => Keyword::UNBOUNDED,
        b"UNION" => Keyword::UNION,
        b"UNKNOWN" => Keyword::UNKNOWN,
        b"UNPIVOT" => Keyword::UNPIVOT,
        b"USING" => Keyword::USING,
        b"VALUES" => Keyword::VALUES,
        b"VIEW" => Keyword::VIEW,
        b"WHEN" => Keyword::WHEN,
        b"WHERE" => Keyword::WHERE,
        b"WINDOW" => Keyword::WINDOW,
        b"WITH" => Keyword::WITH,
        b"WITHIN" => Keyword::WITHIN,
        _ => Keyword::NoKeyword,
    }
}

/// Operators of two operands and how the parser is told of them. Source: `SqlBaseParser.g4`, `valueExpression`.
pub(super) fn operator(text: &str) -> Option<&'static str> {
    Some(match text {
        "=" | "==" => "=",
        "<>" | "!=" => "<>",
        "<" => "<",
        ">" => ">",
        "<=" | "!>" => "<=",
        ">=" | "!<" => ">=",
        "<=>" => "<=>",
        "+" | "<<" | ">>" | ">>>" => "+",
        "-" => "-",
        "*" => "*",
        "/" => "/",
        "%" => "%",
        "||" => "||",
        "&" => "&",
        "|" => "|",
        "^" => "^",
        _ => return None,
    })
}

/// `unitInMultiUnits`, `datetimeUnit`
pub(super) fn is_unit(text: &str) -> bool {
    const UNITS: [&str; 11] = [
        "YEAR",
        "QUARTER",
        "MONTH",
        "WEEK",
        "DAY",
        "DAYOFYEAR",
        "HOUR",
        "MINUTE",
        "SECOND",
        "MILLISECOND",
        "MICROSECOND",
    ];
    let singular = text
        .strip_suffix(['s', 'S'])
        .filter(|text| !text.eq_ignore_ascii_case("dayofyear"))
        .unwrap_or(text);
    text.eq_ignore_ascii_case("NANOSECOND")
        || text.eq_ignore_ascii_case("NANOSECONDS")
        || UNITS.iter().any(|unit| singular.eq_ignore_ascii_case(unit))
}
