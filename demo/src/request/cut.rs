//! What a caller that gives up cuts off: everybody below notices at once, and what had not begun never does.

use super::{Call, Ending, Interval, Outcome, Served};

impl Interval {
    fn cut(&mut self, at: u64) {
        self.start = self.start.min(at);
        self.end = self.end.min(at);
    }
}

impl Call {
    /// The caller has gone.
    fn cut(&mut self, at: u64) {
        if self.asked.end <= at {
            return;
        }
        self.asked.cut(at);
        self.passed.cut(at);
        self.outcome = Outcome::Cancelled;
        self.ending = Ending::Left;
        self.cut_attempts(at);
    }

    /// What was sent is abandoned. A call that was begun has been tried at least once.
    pub(super) fn cut_attempts(&mut self, at: u64) {
        let begun = self.attempts.iter().take_while(|attempt| attempt.sent.start < at).count();
        self.attempts.truncate(begun.max(1));
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.sent.end > at) {
            attempt.sent.cut(at);
            attempt.outcome = Outcome::Cancelled;
            attempt.served.take_if(|served| served.entered.start >= at);
            if let Some(served) = &mut attempt.served {
                served.cut(at);
            }
        }
    }
}

impl Served {
    fn cut(&mut self, at: u64) {
        if self.entered.end <= at {
            return;
        }
        let has_ended = self.worked.end <= at;
        [&mut self.entered, &mut self.handed, &mut self.worked].into_iter().for_each(|interval| interval.cut(at));
        if !has_ended {
            self.outcome = Outcome::Cancelled;
        }
        self.calls.retain(|call| call.asked.start < at);
        self.calls.iter_mut().for_each(|call| call.cut(at));
    }
}
