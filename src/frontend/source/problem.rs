//! What there is to say about templates.

use std::ops::Range;

use super::offset;

/// Something in a template that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Byte range in the template.
    pub(super) template: Range<u32>,
    /// One lowercase sentence.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: String,
}

/// How to write braces that are no template.
const RAW: &str = "text that is no template stands in `{% raw %}…{% endraw %}` within its quotes";
/// What of Jinja is filled in.
const UNDERSTOOD: &str = "only names such as `{{ ds }}` and `{{ params.x }}`, comments and raw blocks are filled in; \
                          render the file with Jinja first";

/// Most characters of an expression that are shown.
const SHOWN: usize = 60;

fn problem(range: Range<usize>, message: String, help: impl Into<String>) -> Problem {
    Problem {
        template: offset(range.start)..offset(range.end),
        message,
        help: help.into(),
    }
}

fn shown(inside: &str) -> String {
    let mut words = inside.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > SHOWN {
        words = words.chars().take(SHOWN).collect();
        words.push('…');
    }
    words
}

pub(super) fn expression(inside: &str, range: Range<usize>) -> Problem {
    let message = format!(
        "the template expression `{{{{ {} }}}}` is not understood",
        shown(inside)
    );
    problem(range, message, format!("{UNDERSTOOD}; {RAW}"))
}

pub(super) fn tag(inside: &str, range: Range<usize>) -> Problem {
    let message = format!(
        "the template tag `{{% {} %}}` is not understood",
        shown(inside)
    );
    problem(range, message, UNDERSTOOD)
}

pub(super) fn stray(inside: &str, range: Range<usize>) -> Problem {
    let message = format!(
        "the template tag `{{% {} %}}` belongs to no block",
        shown(inside)
    );
    problem(
        range,
        message,
        "remove it, or add the tag that opens its block",
    )
}

pub(super) fn unclosed(what: &str, range: Range<usize>) -> Problem {
    let message = format!("`{what}` is never closed");
    problem(range, message, format!("close it; {RAW}"))
}

pub(super) fn open_block(range: Range<usize>) -> Problem {
    let message = "a template block is never closed".to_owned();
    problem(
        range,
        message,
        "add the tag that ends it, such as `{% endif %}`",
    )
}

pub(super) fn nested(range: Range<usize>) -> Problem {
    let message = "a template stands in the name of a variable".to_owned();
    problem(range, message, "give the variable a fixed name")
}

pub(super) fn circular(name: &str, inner: &str, range: Range<usize>) -> Problem {
    let message = format!("the value of template variable `{name}` leads back to `{inner}`");
    problem(
        range,
        message,
        format!("give `{inner}` a value without `${{{inner}}}` in it"),
    )
}

pub(super) fn too_long(name: &str, range: Range<usize>) -> Problem {
    let message = format!("the value of template variable `{name}` grows without bound");
    problem(range, message, "give it a value with fewer variables in it")
}

pub(super) fn comment_in_comment(range: Range<usize>) -> Problem {
    let message = "a template comment reaches beyond the SQL comment in which it begins".to_owned();
    problem(
        range,
        message,
        "close it with `#}` before the SQL comment ends",
    )
}

pub(super) fn wide_raw(range: Range<usize>) -> Problem {
    let message = "a raw block with template marks in it holds more than one string".to_owned();
    problem(
        range,
        message,
        "put `{% raw %}` and `{% endraw %}` within the quotes of each string",
    )
}

/// How to give a value to a variable that Spark would fill in too, a lowercase fragment.
pub fn missing_help(name: &str) -> String {
    if let Some(variable) = name.strip_prefix("env:") {
        return format!(
            "give it with `--set {name}=VALUE`; or set `{variable}` in the environment and allow that with `--env` or \
             `environment_variables = true` under `[pipeline]` in hoist.toml"
        );
    }
    if name.starts_with("system:") {
        return missing_in_jinja_help(name);
    }
    format!(
        "give it with `--set {name}=VALUE`, under `[variables]` in hoist.toml, or by an earlier `SET {name} = VALUE`"
    )
}

/// How to give a value to a variable that only hoist fills in, a lowercase fragment.
pub(super) fn missing_in_jinja_help(name: &str) -> String {
    format!("give it with `--set {name}=VALUE` or under `[variables]` in hoist.toml")
}

/// The help where `SET hiveconf:name` was meant to give the value.
pub(super) fn set_for_hive_help(name: &str) -> String {
    format!(
        "Spark does not read `SET hiveconf:{name}` back as `${{hiveconf:{name}}}`: write `SET {name} = VALUE`, or give it \
         with `--set {name}=VALUE`"
    )
}
