//! Comparing columns of floating point, whose sums depend on the order of summation.

use crate::runtime::verify::digest::FloatDigest;

/// Relative difference up to which doubles count as equal: their sums depend on the order of summation.
const TOLERANCE: f64 = 1e-9;
/// The same for FLOAT, whose last bit is about 6e-8 of its value.
const SINGLE_TOLERANCE: f64 = 1e-6;

const PLACING: &str = "which values stand in which rows";

/// How a column of floating point differs; which values stand in which rows only where rows are known (`placed`).
pub(super) fn floats(plain: &FloatDigest, hoisted: &FloatDigest, placed: bool) -> Option<String> {
    let differs = |what: &str| Some(format!("column `{}` differs in {what}", plain.column));
    if plain.column != hoisted.column || plain.single != hoisted.single {
        return differs("name or type");
    }
    if plain.counts != hoisted.counts {
        return differs("its number of NULL, NaN or infinite values");
    }
    let tolerance = if plain.single {
        SINGLE_TOLERANCE
    } else {
        TOLERANCE
    };
    let (Ok(left), Ok(right)) = (Numbers::new(plain), Numbers::new(hoisted)) else {
        return differs("a number that cannot be read");
    };
    // Sums err in proportion to the size of what is summed; so may values that are themselves sums.
    let scale = left.size.max(right.size);
    let near = |left: f64, right: f64, scale: f64| {
        left.to_bits() == right.to_bits() || (left - right).abs() <= tolerance * scale
    };
    let extreme = left.min.abs().max(left.max.abs());
    for (what, left, right, scale) in [
        ("its sum of absolute values", left.size, right.size, scale),
        ("its sum", left.sum, right.sum, scale),
        (PLACING, left.weighted, right.weighted, scale),
        ("its least value", left.min, right.min, extreme),
        ("its greatest value", left.max, right.max, extreme),
    ] {
        if what == PLACING && !placed {
            continue;
        }
        if !near(left, right, scale) {
            return Some(format!(
                "column `{}` differs in {what}: {right} instead of {left}",
                plain.column
            ));
        }
    }
    None
}

struct Numbers {
    sum: f64,
    weighted: f64,
    size: f64,
    min: f64,
    max: f64,
}

impl Numbers {
    fn new(digest: &FloatDigest) -> Result<Self, std::num::ParseFloatError> {
        let read = |text: &Option<String>| text.as_deref().map_or(Ok(0.0), str::parse::<f64>);
        Ok(Numbers {
            sum: read(&digest.sum)?,
            weighted: read(&digest.weighted)?,
            size: read(&digest.size)?,
            min: read(&digest.min)?,
            max: read(&digest.max)?,
        })
    }
}
