//! A query under way that tells what it finds.

use std::future::Future;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::error::QueryError;

/// A query in a task of its own, so that a client that reads slowly does not hold its turn. Dropping this ends the query.
pub(super) struct Pursuit<P, E> {
    steps: UnboundedReceiver<P>,
    query: JoinHandle<Result<E, QueryError>>,
    has_ended: bool,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Told<P, E> {
    /// What was found since the step before.
    Step(P),
    /// The end, after all steps.
    End(E),
}

impl<P: Send + 'static, E: Send + 'static> Pursuit<P, E> {
    /// Starts a query; `query` is given whom to tell.
    pub fn start<F>(query: impl FnOnce(UnboundedSender<P>) -> F) -> Self
    where
        F: Future<Output = Result<E, QueryError>> + Send + 'static,
    {
        let (listener, steps) = unbounded_channel();
        Self { steps, query: tokio::spawn(query(listener)), has_ended: false }
    }

    /// What comes next; `None` after the end, or after an error.
    pub async fn next(&mut self) -> Option<Result<Told<P, E>, QueryError>> {
        if self.has_ended {
            return None;
        }
        // The channel is closed when the query has ended, and not before everything was taken out of it.
        if let Some(step) = self.steps.recv().await {
            return Some(Ok(Told::Step(step)));
        }
        self.has_ended = true;
        Some(match (&mut self.query).await {
            Ok(ended) => ended.map(Told::End),
            Err(error) => Err(QueryError::Internal(error.to_string())),
        })
    }
}

impl<P, E> Drop for Pursuit<P, E> {
    fn drop(&mut self) {
        self.query.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_come_before_the_end_and_nothing_after_it() {
        let mut pursuit = Pursuit::start(|listener| async move {
            listener.send(1).unwrap();
            listener.send(2).unwrap();
            Ok("end")
        });
        assert_eq!(pursuit.next().await, Some(Ok(Told::Step(1))));
        assert_eq!(pursuit.next().await, Some(Ok(Told::Step(2))));
        assert_eq!(pursuit.next().await, Some(Ok(Told::End("end"))));
        assert_eq!(pursuit.next().await, None);
    }

    #[tokio::test]
    async fn an_error_comes_after_what_was_found() {
        let mut pursuit = Pursuit::<_, ()>::start(|listener| async move {
            listener.send(1).unwrap();
            Err(QueryError::Busy)
        });
        assert_eq!(pursuit.next().await, Some(Ok(Told::Step(1))));
        assert_eq!(pursuit.next().await, Some(Err(QueryError::Busy)));
        assert_eq!(pursuit.next().await, None);
    }

    #[tokio::test]
    async fn who_drops_it_ends_the_query() {
        let (alive, mut dropped) = unbounded_channel::<()>();
        let pursuit = Pursuit::<(), ()>::start(|_listener| async move {
            let _alive = alive;
            std::future::pending().await
        });
        drop(pursuit);
        assert_eq!(dropped.recv().await, None, "the task has let go of what it held");
    }
}
