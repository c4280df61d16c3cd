import { CopyButton } from '../ui/copy-button.tsx'
import { formatDuration, formatMoment, formatShare } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { type EpochNanoseconds, epochNanoseconds, nanoseconds } from '../ui/units.ts'
import { at, NONE, operationAt, type Trace } from './columns.ts'
import { timeOnPath } from './critical.ts'
import type { Details } from './details.ts'
import { edgeTo, type Identity, identityAt, identityIn, type Said } from './identity.ts'
import { keyAt } from './ids.ts'
import { ServiceLink, TopologyLinks } from './links.tsx'
import { type Sticking, stickingOut } from './oddities.ts'
import type { PathState, Reading } from './reading.ts'
import { durationOf, type Span, type SpanStatus, spanAt } from './span.ts'

interface Props {
  reading: Reading
  row: number
  said: Said
  onJump: (key: string) => void
}

/** What every span has. */
export function SpanFacts({ reading, row, said, onJump }: Props) {
  const { trace, self, path } = reading
  const span = spanAt(trace, row)
  const parent = at(trace.parent, row)
  return (
    <dl className="panel__facts">
      <OwnFacts trace={trace} span={span} details={said.own} />
      <Fact name="Self time">
        {/* What its children took that are not there is not known. */}
        {trace.cuts.has(row) ? <span className="muted">at most </span> : null}
        <span className="mono">{formatDuration(nanoseconds(at(self, row)))}</span>
        <ShareOf part={at(self, row)} whole={span.duration} words="of the span" />
      </Fact>
      <PathFact path={path} row={row} />
      <Clock span={span} sticking={stickingOut(trace, row)} />
      <IdFact span={span} />
      <Fact name="Parent">
        {parent === NONE ? (
          <NoParent parentSpanId={said.own?.otlp.parentSpanId || trace.tops.get(row)?.parentSpanId} />
        ) : (
          <ParentLink trace={trace} row={parent} onJump={onJump} />
        )}
      </Fact>
      <IdentityFacts trace={trace} identity={identityAt(trace, row, said)} edge={edgeTo(trace, row, said)} />
      <StateFacts details={said.own} />
    </dl>
  )
}

interface LostProps {
  trace: Trace
  span: Span
  details: Details
}

/** What is known of a span that has no row. */
export function LostSpanFacts({ trace, span, details }: LostProps) {
  return (
    <dl className="panel__facts">
      <OwnFacts trace={trace} span={span} details={details} />
      <Clock span={span} sticking={null} />
      <IdFact span={span} />
      <Fact name="Parent">
        {details.otlp.parentSpanId ? (
          <span className="mono">{details.otlp.parentSpanId}</span>
        ) : (
          <NoParent parentSpanId={null} />
        )}
      </Fact>
      <IdentityFacts trace={trace} identity={identityIn(details)} edge={null} />
      <StateFacts details={details} />
    </dl>
  )
}

interface OwnProps {
  trace: Trace
  span: Span
  details: Details | undefined
}

function OwnFacts({ trace, span, details }: OwnProps) {
  const moment = startOf(trace, span)
  return (
    <>
      <Fact name="Status">
        <StatusWord status={span.status} message={details?.otlp.status?.message} />
      </Fact>
      <Fact name="Kind">{span.kind}</Fact>
      <Fact name="Duration">
        <span className="mono">{durationOf(span)}</span>
        <ShareOf part={span.duration} whole={trace.length} words="of the trace" />
      </Fact>
      <Fact name="Started">
        <span className="mono">
          {moment === null ? 'not known' : `+${formatDuration(span.start)}`}
          {moment === null ? null : <div className="muted">{formatMoment(moment)}</div>}
        </span>
      </Fact>
    </>
  )
}

function startOf({ startedAt }: Trace, { start, oddity }: Span): EpochNanoseconds | null {
  if (startedAt === null || oddity === 'no start') return null
  return epochNanoseconds(startedAt + BigInt(start))
}

function IdFact({ span }: { span: Span }) {
  return (
    <Fact name="Span id">
      <span className="mono panel__id">
        {span.spanId}
        <CopyButton what="the span id" text={span.spanId} />
      </span>
    </Fact>
  )
}

interface IdentityProps {
  trace: Trace
  identity: Identity | null
  edge: string | null
}

function IdentityFacts({ trace, identity, edge }: IdentityProps) {
  if (identity === null) return null
  const { namespace, name } = identity
  return (
    <>
      <Fact name="Service">
        <ServiceLink identity={identity}>{namespace === null ? name : `${namespace}/${name}`}</ServiceLink>
      </Fact>
      {namespace === null ? null : (
        <Fact name="Topology">
          <TopologyLinks trace={trace} identity={identity} edge={edge} />
        </Fact>
      )}
    </>
  )
}

function StateFacts({ details }: { details: Details | undefined }) {
  return (
    <>
      {details?.otlp.traceState ? <Fact name="Trace state">{details.otlp.traceState}</Fact> : null}
      {details?.otlp.flags ? <Fact name="Flags">{details.otlp.flags}</Fact> : null}
    </>
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

function PathFact({ path, row }: { path: PathState; row: number }) {
  if (path.kind !== 'known') return null
  const time = timeOnPath(path.path, row)
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
function Clock({ span, sticking }: { span: Span; sticking: Sticking | null }) {
  const words = [
    ...(span.oddity === null ? [] : [span.oddity]),
    ...(sticking !== null && sticking.before > 0
      ? [`starts ${formatDuration(sticking.before)} before its parent`]
      : []),
    ...(sticking !== null && sticking.after > 0
      ? [`ends ${formatDuration(sticking.after)} after its parent`]
      : []),
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

function StatusWord({ status, message }: { status: SpanStatus; message: string | undefined }) {
  switch (status) {
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
  trace: Trace
  row: number
  onJump: (key: string) => void
}

function ParentLink({ trace, row, onJump }: ParentProps) {
  const operation = operationAt(trace, row)
  return (
    <button type="button" className="link-button" onClick={() => onJump(keyAt(trace, row))}>
      {operation?.service ?? 'unnamed'} {operation?.name}
    </button>
  )
}

function NoParent({ parentSpanId }: { parentSpanId: string | null | undefined }) {
  return parentSpanId ? (
    <span className="mono">{parentSpanId} (did not come)</span>
  ) : (
    <span className="muted">none, this is a root</span>
  )
}
