//! Lines `metric{..}@st -30s _ -1m+10sx5`: how long before its sample each sample began to be counted.

use super::super::super::labels::Labels;
use super::super::literal;

/// The starts of the samples of one series, or of all that follow.
#[derive(Debug, Clone)]
pub struct Starts {
    /// `None`: of every series that follows and has no starts of its own.
    pub labels: Option<Labels>,
    /// Milliseconds after the sample's time, below 0 as a rule; `None` where the start is unknown.
    pub offsets_ms: Vec<Option<i64>>,
}

/// The starts of a line; `None` when it is a line of samples.
///
/// # Errors
/// What was not understood.
pub fn parse(line: &str) -> Option<Result<Starts, String>> {
    let end = line.find([' ', '\t'])?;
    let metric = line[..end].strip_suffix("@st")?;
    Some(starts(metric, &line[end..]))
}

fn starts(metric: &str, offsets: &str) -> Result<Starts, String> {
    let labels = match metric {
        "" => None,
        _ => Some(super::metric(metric)?.0),
    };
    let mut offsets_ms = Vec::new();
    for item in offsets.split_whitespace() {
        extend(item, &mut offsets_ms).ok_or_else(|| format!("expected a start at {item:?}"))?;
    }
    Ok(Starts { labels, offsets_ms })
}

fn extend(item: &str, offsets_ms: &mut Vec<Option<i64>>) -> Option<()> {
    let (offset, repeats) = match item.rsplit_once('x') {
        Some((offset, repeats)) => (offset, Some(super::count(repeats).ok()?)),
        None => (item, None),
    };
    let last_known = || offsets_ms.iter().rev().find_map(|offset| *offset).unwrap_or(0);
    let (start_ms, step_ms) = match offset {
        "_" => {
            offsets_ms.extend(std::iter::repeat_n(None, repeats.unwrap_or(1)));
            return Some(());
        }
        "*" => (last_known(), 0),
        _ => offset_and_step_ms(offset)?,
    };
    let times = repeats.unwrap_or(0) as i64;
    offsets_ms.extend((0..=times).map(|time| Some(start_ms + time * step_ms)));
    Some(())
}

fn offset_and_step_ms(text: &str) -> Option<(i64, i64)> {
    if let Some(offset) = signed_ms(text) {
        return Some((offset, 0));
    }
    let at = text.rfind(['+', '-'])?;
    Some((signed_ms(&text[..at])?, signed_ms(&text[at..])?))
}

fn signed_ms(text: &str) -> Option<i64> {
    let magnitude = literal::duration_ms(text.strip_prefix(['+', '-']).unwrap_or(text))?;
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}
