// What the server scrapes itself, and how the last scrapes went: those that fail first.

import { useQuery } from '@tanstack/react-query'
import { Failure } from '../api/failure.ts'
import type { ScrapeTarget } from '../api/prometheus.ts'
import { scrapeTargetsQuery } from '../api/queries-targets.ts'
import type { Refresh } from '../api/refresh.ts'
import { useTenant } from '../app/tenant.ts'
import { Banner } from '../ui/banner.tsx'
import { counted, formatAge, formatCount, formatDuration } from '../ui/format.ts'
import { Mark, type State } from '../ui/mark.tsx'
import { type EpochMilliseconds, milliseconds, nsOfMs } from '../ui/units.ts'
import { healthCounts, isFailing, lastScrapeOf, worstTargetsFirst } from './scraped.ts'

/** More of them stay folded while all is well: snippets are what the page is for. */
const ROWS_OPEN = 3
const ROWS = 50

const HEALTH: Record<ScrapeTarget['health'], { mark: State; words: string }> = {
  up: { mark: 'ok', words: 'up' },
  down: { mark: 'bad', words: 'down' },
  unknown: { mark: 'idle', words: 'not scraped yet' },
}

export function Targets({ refresh }: { refresh: Refresh }) {
  const { data, error } = useQuery(scrapeTargetsQuery(useTenant(), refresh))
  if (error !== null && isOwn(error)) {
    return <Banner state="warn">Scrape targets could not be asked for: {error.message}</Banner>
  }
  if (data === undefined || data.targets.length === 0) return null
  const targets = worstTargetsFirst(data.targets)
  const rest = targets.length - ROWS
  return (
    <section className="live-check" aria-labelledby="scrape-targets">
      <div className="live-check__state">
        <Mark state={targets.some(isFailing) ? 'bad' : 'ok'} />
        <h2 id="scrape-targets">Scrape targets</h2>
        <p className="muted">{healthCounts(targets)}</p>
      </div>
      <details className="live-check__senders" open={targets.some(isFailing) || targets.length <= ROWS_OPEN}>
        <summary>{counted(targets.length, 'target')}</summary>
        <table className="live-check__table">
          <caption className="visually-hidden">Scrape targets, those that fail first</caption>
          <Columns />
          <tbody>
            {targets.slice(0, ROWS).map(target => (
              <Row
                key={`${target.scrapePool} ${target.scrapeUrl}`}
                target={target}
                serverAt={data.serverAt}
              />
            ))}
          </tbody>
        </table>
        {rest <= 0 ? null : <p className="muted">and {formatCount(rest)} more</p>}
      </details>
    </section>
  )
}

/** Whether nothing else on the page says it: a server that is away, or wants a token, is told of above. */
function isOwn(error: Error): boolean {
  return !(error instanceof Failure) || error.kind === 'failed' || error.kind === 'refused'
}

function Columns() {
  return (
    <thead>
      <tr>
        <th scope="col">Health</th>
        <th scope="col">Pool</th>
        <th scope="col">Target</th>
        <th scope="col">Last error</th>
        <th scope="col" data-number="true">
          Last scrape
        </th>
        <th scope="col" data-number="true">
          Took
        </th>
        <th scope="col" data-number="true">
          Every
        </th>
      </tr>
    </thead>
  )
}

function Row({ target, serverAt }: { target: ScrapeTarget; serverAt: EpochMilliseconds }) {
  const { scrapePool, scrapeUrl, lastError, lastScrapeDuration, health, scrapeInterval } = target
  const { mark, words } = HEALTH[health] ?? HEALTH.unknown
  const last = lastScrapeOf(target)
  return (
    <tr>
      <td>
        <span className="marked">
          <Mark state={mark} />
          {words}
        </span>
      </td>
      <td>{scrapePool}</td>
      <td className="mono">{scrapeUrl}</td>
      <td className="targets__error">{lastError === '' ? <span className="muted">–</span> : lastError}</td>
      <td data-number="true">
        {last === null ? 'never' : formatAge(milliseconds(Math.max(0, serverAt - last)))}
      </td>
      <td data-number="true">
        {last === null ? '–' : formatDuration(nsOfMs(milliseconds(lastScrapeDuration * 1000)))}
      </td>
      <td data-number="true">{scrapeInterval ?? '–'}</td>
    </tr>
  )
}
