// Scrape targets in the order in which one looks at them, and what is known of their last scrapes.

import type { ScrapeTarget } from '../api/prometheus.ts'
import { type EpochMilliseconds, epochMilliseconds } from '../ui/units.ts'

type Health = ScrapeTarget['health']

/** The worst first. */
const HEALTHS: readonly Health[] = ['down', 'unknown', 'up']
const WORDS: Record<Health, string> = { down: 'down', unknown: 'not scraped yet', up: 'up' }

export const isFailing = ({ health }: ScrapeTarget) => health === 'down'

/** Those that fail first, then by pool and address. */
export function worstTargetsFirst(targets: readonly ScrapeTarget[]): ScrapeTarget[] {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return targets.toSorted(
    (a, b) =>
      HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health) ||
      order(a.scrapePool, b.scrapePool) ||
      order(a.scrapeUrl, b.scrapeUrl),
  )
}

/** `1 down, 12 up`. */
export function healthCounts(targets: readonly ScrapeTarget[]): string {
  return HEALTHS.map(health => [targets.filter(target => target.health === health).length, WORDS[health]])
    .filter(([count]) => count !== 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ')
}

/** When a target was scraped last; null if it never was, which Prometheus says by a moment of the year 1. */
export function lastScrapeOf({ lastScrape }: Pick<ScrapeTarget, 'lastScrape'>): EpochMilliseconds | null {
  const at = Date.parse(lastScrape)
  return Number.isNaN(at) || at <= 0 ? null : epochMilliseconds(at)
}
