// What a server scrapes, made up.

import type { ScrapeTarget } from '../src/api/prometheus.ts'
import type { MockStore } from './store.ts'

const NEVER = '0001-01-01T00:00:00Z'

export function targetsOf({ hasMetrics }: Pick<MockStore, 'hasMetrics'>): ScrapeTarget[] {
  if (!hasMetrics) return []
  return [
    target('envoy-sidecars', '10.42.1.17:15090', '/stats/prometheus', { ago: 4, seconds: 0.031 }),
    target('envoy-sidecars', '10.42.1.23:15090', '/stats/prometheus', { ago: 9, seconds: 0.044 }),
    target('envoy-sidecars', '10.42.2.8:15090', '/stats/prometheus', {
      ago: 12,
      seconds: 10,
      error: 'the answer took longer than the timeout of 10s',
    }),
    target('node', '10.0.0.4:9100', '/metrics', { ago: null, seconds: 0 }),
  ]
}

interface Scraped {
  /** Seconds; null where nothing was scraped yet. */
  ago: number | null
  seconds: number
  error?: string
}

function target(job: string, instance: string, path: string, { ago, seconds, error }: Scraped): ScrapeTarget {
  return {
    labels: { instance, job },
    scrapePool: job,
    scrapeUrl: `http://${instance}${path}`,
    lastError: error ?? '',
    lastScrape: ago === null ? NEVER : new Date(Date.now() - ago * 1000).toISOString(),
    lastScrapeDuration: seconds,
    health: error !== undefined ? 'down' : ago === null ? 'unknown' : 'up',
    scrapeInterval: '15s',
  }
}
