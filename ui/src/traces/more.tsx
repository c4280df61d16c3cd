import { Banner } from '../ui/banner.tsx'
import { formatCount } from '../ui/format.ts'
import { limitAbove } from './question.ts'

/** The list is a part of what there is, and says so. */
export function More({ limit, onMore }: { limit: number; onMore: (limit: number) => void }) {
  const next = limitAbove(limit)
  return (
    <Banner state="plain">
      There may be older traces in this time.
      {next === undefined ? (
        ' No more are shown at a time: add a clause from the facets, drag over the chart, or choose a shorter time.'
      ) : (
        <button type="button" className="button" onClick={() => onMore(next)}>
          Show up to {formatCount(next)}
        </button>
      )}
    </Banner>
  )
}
