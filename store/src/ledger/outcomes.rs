//! Calls by how they ended.

use super::{Outcome, Weight};

/// Weighted counts by class. Calls that ended well are what is left of the requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub no_response: Weight,
    pub http_5xx: Weight,
    pub grpc: Weight,
    pub status_error: Weight,
    pub http_4xx: Weight,
}

impl Outcomes {
    /// Counts a call.
    pub fn record(&mut self, outcome: Outcome, weight: Weight) {
        if let Some(sum) = self.of(outcome) {
            *sum += weight;
        }
    }

    /// Takes a call out again. Returns `false` if that cannot be done, because a sum has saturated.
    #[must_use]
    pub fn take_back(&mut self, outcome: Outcome, weight: Weight) -> bool {
        self.of(outcome).is_none_or(|sum| sum.without(weight).map(|left| *sum = left).is_some())
    }

    fn of(&mut self, outcome: Outcome) -> Option<&mut Weight> {
        Some(match outcome {
            Outcome::Ok => return None,
            Outcome::NoResponse => &mut self.no_response,
            Outcome::Http5xx => &mut self.http_5xx,
            Outcome::Grpc => &mut self.grpc,
            Outcome::StatusError => &mut self.status_error,
            Outcome::Http4xx => &mut self.http_4xx,
        })
    }

    pub fn merge(&mut self, other: Self) {
        self.no_response += other.no_response;
        self.http_5xx += other.http_5xx;
        self.grpc += other.grpc;
        self.status_error += other.status_error;
        self.http_4xx += other.http_4xx;
    }

    /// The classes that are errors, added up.
    pub fn errors(&self) -> Weight {
        [self.no_response, self.http_5xx, self.grpc, self.status_error].into_iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_the_classes_that_say_so() {
        for outcome in Outcome::ALL {
            let mut outcomes = Outcomes::default();
            outcomes.record(*outcome, Weight::new(2.0));
            let expected = if outcome.is_error() { Weight::new(2.0) } else { Weight::ZERO };
            assert_eq!(outcomes.errors(), expected, "{outcome}");
        }
    }
}
