// Where the observers of one edge disagree. That is not noise to be averaged away: it says where requests get lost.

import type { SchemaEdgeItem, SchemaObserverItem } from '../api/schema.d.ts'

/** Smaller differences come from the edges of the time range: requests that one side saw in it and the other after it. */
const SHARE_MIN = 0.02
const REQUESTS_MIN = 2

export function isChosen({ observer, evidence }: SchemaEdgeItem, other: SchemaObserverItem): boolean {
  return other.observer === observer && other.evidence === evidence
}

/** How much more (less: negative) an observer counted than the chosen one, as a share; null where that says nothing. */
export function disagreement(of: number | null, chosen: number | null): number | null {
  if (of === null || chosen === null) return null
  const difference = of - chosen
  if (Math.abs(difference) < REQUESTS_MIN) return null
  if (chosen === 0) return Number.POSITIVE_INFINITY
  const share = difference / chosen
  return Math.abs(share) < SHARE_MIN ? null : share
}

export interface Disagreement {
  observer: SchemaObserverItem
  requests: number | null
  errors: number | null
}

/** The observers that tell something else than the chosen one. */
export function disagreements(edge: SchemaEdgeItem): Disagreement[] {
  const chosen = edge.observers.find(other => isChosen(edge, other))
  if (chosen === undefined) return []
  const { requests, errors } = chosen
  return edge.observers
    .filter(other => other !== chosen)
    .map(observer => {
      const tries = triesSeen(edge, observer)
      return {
        observer,
        requests: disagreement(observer.requests, within(observer.requests, requests, tries)),
        errors: disagreement(observer.errors, within(observer.errors, errors, tries)),
      }
    })
    .filter(found => found.requests !== null || found.errors !== null)
}

/** Each try of a request is a request to the target, and those that were tried again are errors to it only. */
function triesSeen(edge: SchemaEdgeItem, observer: SchemaObserverItem): number {
  return isAtTarget(observer) ? (retriesOf(edge) ?? 0) : 0
}

export function isAtTarget({ observer }: SchemaObserverItem): boolean {
  return observer.startsWith('target') || observer === 'ztunnel_target'
}

/** What the observer would have to count: the chosen number, or its own if that is explained by the tries beyond. */
function within(own: number | null, chosen: number | null, tries: number): number | null {
  if (own === null || chosen === null) return chosen
  return own > chosen ? Math.min(own, chosen + tries) : chosen
}

/** Attempts beyond the first of each request; null where nobody counted attempts. */
export function retriesOf({ attempts, requests }: SchemaEdgeItem): number | null {
  return attempts === null || requests === null ? null : Math.max(0, attempts - requests)
}
