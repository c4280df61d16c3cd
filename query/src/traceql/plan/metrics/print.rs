use std::fmt::{self, Display, Formatter};

use super::{MetricsPart, MetricsPlan, Outcome};

/// Each part on two lines, then the outcome, in which `#0` is the first part.
impl Display for MetricsPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            writeln!(f, "#{i}: {part}")?;
            writeln!(f, "  columns: {}", Vec::from_iter(part.columns(false)).join(", "))?;
        }
        writeln!(f, "series: {}", self.outcome)
    }
}

impl Display for MetricsPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.function.name(), self.spans)?;
        match self.by.is_empty() {
            true => Ok(()),
            false => {
                let names: Vec<&str> = self.by.iter().map(|label| label.name.as_str()).collect();
                write!(f, " by ({})", names.join(", "))
            }
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => write!(f, "#{part}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Keep { of, op, value } => write!(f, "keep({of} {op} {value:?})"),
            Self::Rank { of, is_top, count } => write!(f, "{}({count}, {of})", if *is_top { "top" } else { "bottom" }),
            Self::Calculate { op, left, right } => write!(f, "({left} {op} {right})"),
        }
    }
}
