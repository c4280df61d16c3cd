import { CopyButton } from '../ui/copy-button.tsx'
import { formatDuration, formatMoment, formatShare } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { nanoseconds } from '../ui/units.ts'
import { timeOnPath } from './critical.ts'
import { edgeTo, identityAt } from './identity.ts'
import { ServiceLink, TopologyLinks } from './links.tsx'
import { type Sticking, stickingOut } from './oddities.ts'
import type { PathState, Reading } from './reading.ts'
import { durationOf, type Span } from './span.ts'

interface Props {
  reading: Reading
  place: number
  onJump: (key: string) => void
}

/** What every span has. */
export function SpanFacts({ reading, place, onJump }: Props) {
  const { trace, tree, self, path } = reading
  const node = tree.nodes[place]
  if (node === undefined) return null
  const { span } = node
  const parent = node.parent === null ? undefined : tree.nodes[node.parent]?.span
  const identity = identityAt(tree, place)
  return (
    <dl className="panel__facts">
      <Fact name="Status">
        <StatusWord span={span} />
      </Fact>
      <Fact name="Kind">{span.kind}</Fact>
      <Fact name="Duration">
        <span className="mono">{durationOf(span)}</span>
        <ShareOf part={span.duration} whole={trace.duration} words="of the trace" />
      </Fact>
      <Fact name="Self time">
        <span className="mono">{formatDuration(nanoseconds(self[place] ?? 0))}</span>
        <ShareOf part={self[place] ?? 0} whole={span.duration} words="of the span" />
      </Fact>
      <PathFact path={path} place={place} />
      <Fact name="Started">
        <span className="mono">
          {span.startedAt === null ? 'not known' : `+${formatDuration(span.start)}`}
          {span.startedAt === null ? null : <div className="muted">{formatMoment(span.startedAt)}</div>}
        </span>
      </Fact>
      <Clock span={span} sticking={stickingOut(tree, place)} />
      <Fact name="Span id">
        <span className="mono panel__id">
          {span.spanId}
          <CopyButton what="the span id" text={span.spanId} />
        </span>
      </Fact>
      <Fact name="Parent">
        <ParentWord span={span} parent={parent} onJump={onJump} />
      </Fact>
      {identity === null ? null : (
        <>
          <Fact name="Service">
            <ServiceLink identity={identity}>
              {identity.namespace === null ? identity.name : `${identity.namespace}/${identity.name}`}
            </ServiceLink>
          </Fact>
          {identity.namespace === null ? null : (
            <Fact name="Topology">
              <TopologyLinks trace={trace} identity={identity} edge={edgeTo(tree, place)} />
            </Fact>
          )}
        </>
      )}
      {span.otlp.traceState ? <Fact name="Trace state">{span.otlp.traceState}</Fact> : null}
      {span.otlp.flags ? <Fact name="Flags">{span.otlp.flags}</Fact> : null}
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function ShareOf({ part, whole, words }: { part: number; whole: number; words: string }) {
  return whole > 0 ? (
    <span className="muted">
      {' '}
      {formatShare(part / whole)} {words}
    </span>
  ) : null
}

function PathFact({ path, place }: { path: PathState; place: number }) {
  if (path.kind !== 'known') return null
  const time = timeOnPath(path.path, place)
  return (
    <Fact name="Critical path">
      {time === 0 ? (
        <span className="muted">not on it</span>
      ) : (
        <>
          on it for <span className="mono">{formatDuration(time)}</span>
          <ShareOf part={time} whole={path.path.duration} words="of it" />
        </>
      )}
    </Fact>
  )
}

/** What is wrong with its times, with the amount. Nothing is moved for it. */
function Clock({ span, sticking }: { span: Span; sticking: Sticking }) {
  const words = [
    ...(span.oddity === null ? [] : [span.oddity]),
    ...(sticking.before > 0 ? [`starts ${formatDuration(sticking.before)} before its parent`] : []),
    ...(sticking.after > 0 ? [`ends ${formatDuration(sticking.after)} after its parent`] : []),
  ]
  return words.length === 0 ? null : (
    <Fact name="Clock">
      <span className="panel__warning">
        <Mark state="warn" />
        {words.join(', ')}
      </span>
    </Fact>
  )
}

function StatusWord({ span }: { span: Span }) {
  const message = span.otlp.status?.message
  switch (span.status) {
    case 'error':
      return (
        <>
          <ErrorWord>error</ErrorWord> {message}
        </>
      )
    case 'ok':
      return (
        <span className="panel__warning">
          <Mark state="ok" />
          ok {message}
        </span>
      )
    case 'unset':
      return <span className="muted">not set {message}</span>
  }
}

interface ParentProps {
  span: Span
  parent: Span | undefined
  onJump: (key: string) => void
}

function ParentWord({ span, parent, onJump }: ParentProps) {
  if (parent !== undefined) {
    return (
      <button type="button" className="link-button" onClick={() => onJump(parent.key)}>
        {parent.service ?? 'unnamed'} {parent.name}
      </button>
    )
  }
  return span.parentSpanId === null ? (
    <span className="muted">none, this is a root</span>
  ) : (
    <span className="mono">{span.parentSpanId} (did not come)</span>
  )
}
