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
        match outcome {
            Outcome::Ok => {}
            Outcome::NoResponse => self.no_response += weight,
            Outcome::Http5xx => self.http_5xx += weight,
            Outcome::Grpc => self.grpc += weight,
            Outcome::StatusError => self.status_error += weight,
            Outcome::Http4xx => self.http_4xx += weight,
        }
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
