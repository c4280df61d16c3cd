//! What a group yields.

use std::collections::HashMap;

use crate::promql::engine::QueryFailure;
use crate::promql::eval::Done;
use crate::promql::eval::row::Row;
use crate::promql::labels::Labels;
use crate::promql::tree::Cardinality;

/// The rows that a group yielded so far.
pub(super) struct Made {
    pub rows: Vec<(usize, Row)>,
    /// At which steps samples met, by the labels of their result; kept only where that can be ambiguous.
    pub met: HashMap<Labels, Vec<bool>>,
    pub several: bool,
}

impl Made {
    /// # Errors
    /// When several samples of the "many" side met the same one, and nobody said that they may or could tell the results apart.
    pub fn check(&mut self, labels: &Labels, met: Vec<bool>, cardinality: Cardinality) -> Done {
        if !self.several || !met.contains(&true) {
            return Ok(());
        }
        // All results of a group of the one are alike.
        let (key, what) = match cardinality {
            Cardinality::OneToOne => {
                (Labels::default(), "many-to-one matching must be explicit (group_left/group_right)")
            }
            _ => (labels.clone(), "grouping labels must ensure unique matches"),
        };
        let held = self.met.entry(key).or_insert_with(|| vec![false; met.len()]);
        for (held, met) in held.iter_mut().zip(met) {
            if *held && met {
                return Err(QueryFailure::Execution(format!("multiple matches for labels: {what}")));
            }
            *held |= met;
        }
        Ok(())
    }
}
