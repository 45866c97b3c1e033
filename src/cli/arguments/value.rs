//! Values of options that are more than one word or number. Errors are what the user reads after the option's name.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::runtime::verify::generate::MIN_ROWS;

/// The name of a database that holds nothing else, in lower case.
pub(super) fn database(text: &str) -> Result<String, String> {
    let name = text.trim_matches('`').to_lowercase();
    if name.is_empty() || name == "default" || name.contains(['.', '`', '/']) {
        return Err("expected the name of a database other than `default`".to_owned());
    }
    Ok(name)
}

/// `--rows N`
pub(super) fn rows_of_a_table(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rows) if rows >= MIN_ROWS => Ok(rows),
        _ => Err(format!("expected a number of rows, at least {MIN_ROWS}")),
    }
}

/// `NAME=VALUE`; the value may be empty.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// `FORMAT=FILE`
pub(super) fn format_and_file<F: ValueEnum>(text: &str) -> Result<(F, PathBuf), String> {
    let (format, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("expected FORMAT=FILE")?;
    let known = F::value_variants().iter().filter_map(F::to_possible_value);
    let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
    let format = F::from_str(format, true)
        .map_err(|_| format!("unknown format `{format}`: expected {}", names.join(" or ")))?;
    Ok((format, PathBuf::from(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_may_hold_further_equals_signs() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("=b").is_err());
        assert!(pair("a").is_err());
    }
}
