//! How bad a value is.

/// How a resource does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Ok,
    /// It gets tight, or something had to wait.
    Warning,
    /// It is full, or something was turned away.
    Critical,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// How a level comes out of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Levels {
    /// A number to look at: without a limit nobody can say how much is too much.
    Shown,
    /// Anything above zero is so bad.
    Any(Level),
    /// From these values on.
    From { warning: f64, critical: f64 },
}

impl Levels {
    pub fn of(self, value: f64) -> Level {
        match self {
            Self::Any(level) if value > 0.0 => level,
            Self::From { critical, .. } if value >= critical => Level::Critical,
            Self::From { warning, .. } if value >= warning => Level::Warning,
            Self::Shown | Self::Any(_) | Self::From { .. } => Level::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(levels: Levels, expected: &[(f64, Level)]) {
        for (value, level) in expected {
            assert_eq!(levels.of(*value), *level, "{levels:?} of {value}");
        }
    }

    #[test]
    fn a_level_begins_at_its_bound() {
        let levels = Levels::From { warning: 0.8, critical: 0.95 };
        check(levels, &[(0.79, Level::Ok), (0.8, Level::Warning), (0.95, Level::Critical), (7.0, Level::Critical)]);
        check(levels, &[(f64::NAN, Level::Ok)]);
    }

    #[test]
    fn what_must_not_happen_is_bad_once_it_does() {
        check(Levels::Any(Level::Critical), &[(0.0, Level::Ok), (0.001, Level::Critical)]);
        check(Levels::Shown, &[(1e9, Level::Ok)]);
    }
}
