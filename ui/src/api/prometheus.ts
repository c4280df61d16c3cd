// What of Prometheus' API is asked here. Its own documentation describes it, so that this does not come from the server's.

/** A target, as `/api/v1/targets` has it; other members are left out. */
export interface ScrapeTarget {
  labels: Record<string, string>
  scrapePool: string
  scrapeUrl: string
  /** Empty where the last scrape was one. */
  lastError: string
  /** RFC 3339; of the year 1 where there was none. */
  lastScrape: string
  /** Seconds. */
  lastScrapeDuration: number
  health: 'up' | 'down' | 'unknown'
  /** As `1m30s`. */
  scrapeInterval?: string
}

interface TargetsAnswer {
  data: { activeTargets: ScrapeTarget[] }
}

export interface PrometheusPaths {
  '/prometheus/api/v1/targets': {
    get: {
      parameters: { query: { state: 'active' }; header?: { 'X-Scope-OrgID'?: string } }
      responses: { 200: { content: { 'application/json': TargetsAnswer } } }
    }
  }
}
