// What the trace waited for, by service, and what could not be on the path.

import { counted, formatDuration, formatShare } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import type { ServiceName } from '../ui/service-colour.ts'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { nanoseconds } from '../ui/units.ts'
import type { CriticalPath } from './critical.ts'
import type { PathState } from './reading.ts'

interface Props {
  state: PathState
  colours: ReadonlyMap<ServiceName, string>
}

/** The services with most of it; the rest is one sum. */
const SERVICES_MAX = 8

export function PathSummary({ state, colours }: Props) {
  switch (state.kind) {
    case 'off':
      return null
    case 'loading':
      return (
        <div className="path-summary" role="status" aria-label="Loading the critical path">
          <span className="skeleton" style={{ width: 420 }} />
        </div>
      )
    case 'failed':
      return (
        <div className="path-summary">
          <Mark state="bad" />
          The critical path did not come: {state.error.message}
          <button type="button" className="button" onClick={state.retry}>
            Retry
          </button>
        </div>
      )
    case 'known':
      return <KnownPath path={state.path} colours={colours} />
  }
}

function KnownPath({ path, colours }: { path: CriticalPath; colours: Props['colours'] }) {
  const first = path.services.slice(0, SERVICES_MAX)
  const rest = path.services.slice(SERVICES_MAX)
  const restTime = rest.reduce((sum, { duration_ns }) => sum + duration_ns, 0)
  return (
    <div className="path-summary">
      <strong>Critical path</strong>
      <span className="mono">{formatDuration(path.duration)}</span>
      {path.services.length === 0 ? <span className="muted">The root has no length</span> : null}
      <ul className="path-summary__services" aria-label="Critical path by service">
        {first.map(({ service, share, duration_ns }) => (
          <li key={service ?? ''} title={formatDuration(nanoseconds(duration_ns))}>
            <Swatch colour={colours.get(service)} />
            <ServiceText service={service} /> <span className="mono">{formatShare(share)}</span>
          </li>
        ))}
        {rest.length === 0 ? null : (
          <li className="muted">
            {counted(rest.length, 'other')}{' '}
            <span className="mono">{formatShare(restTime / path.duration)}</span>
          </li>
        )}
      </ul>
      <LeftOut path={path} />
    </div>
  )
}

function LeftOut({ path: { leftOut, otherRoots, unknown } }: { path: CriticalPath }) {
  const parts = [
    ...(leftOut === 0 ? [] : [`${counted(leftOut, 'span')} could not be on it`]),
    ...(otherRoots === 0 ? [] : [`${counted(otherRoots, 'other root')}`]),
    ...(unknown === 0 ? [] : [`${counted(unknown, 'part')} of spans that are not shown yet`]),
  ]
  return parts.length === 0 ? null : (
    <span className="muted" title="Nobody waited for them, or they belong to another root">
      {parts.join(', ')}
    </span>
  )
}
