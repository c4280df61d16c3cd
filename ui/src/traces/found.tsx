// The traces that were found: facets, scatter and list.

import { useNavigate } from '@tanstack/react-router'
import { ChartScatter, ListFilter } from 'lucide-react'
import { useCallback, useMemo, useRef } from 'react'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { fixed } from '../api/time-range.ts'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { counted, formatCount } from '../ui/format.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { type FacetValue, facetsOf, isMatched, toggledValue } from './facets.ts'
import { FacetsPanel } from './facets-panel.tsx'
import { useHeld } from './held.ts'
import { More } from './more.tsx'
import { narrowed } from './narrowed.ts'
import { countWords, Progress } from './progress.tsx'
import { LIMIT, openIn, type Sort, type TracesSearch, toggledOpen } from './question.ts'
import type { ResultProps } from './result.tsx'
import type { Brushed } from './scatter/scale.ts'
import { Scatter } from './scatter/scatter.tsx'
import { sorted } from './sort.ts'
import { TracesTable } from './table.tsx'

const ROUTE = { from: paths.traces } as const

export function Found({
  shown,
  traces,
  search,
  question,
  onAsk,
}: ResultProps & { traces: SchemaTraceItem[] }) {
  const navigate = useNavigate(ROUTE)
  const { q } = search
  const query = q ?? ''
  const isOld = shown.isStandIn || (shown.error !== null && q === undefined)
  const asked = JSON.stringify({ ...question, q })
  const held = useHeld(asked, traces, shown.isStandIn)
  const list = useRef<HTMLDivElement>(null)
  useHotkeys({ nextTrace: () => focusRow(list.current, 1), previousTrace: () => focusRow(list.current, -1) })

  const ordered = useMemo(() => sorted(held.shown, search.sort), [held.shown, search.sort])
  const facets = useMemo(() => facetsOf(held.shown, query), [held.shown, query])
  const hasMatched = held.shown.some(isMatched)
  const open = useMemo(() => openIn({ open: search.open }), [search.open])
  const change = useCallback(
    (fields: TracesSearch) =>
      navigate({ to: '.', search: before => ({ ...before, ...fields }), replace: true }),
    [navigate],
  )
  const sort = useCallback((sort: Sort | undefined) => change({ sort }), [change])
  const toggle = useCallback(
    (id: string) =>
      navigate({
        to: '.',
        search: before => ({ ...before, open: toggledOpen(openIn({ open: before.open }), id) }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  )
  const narrow = useCallback(
    (value: FacetValue, isNegated: boolean) => onAsk(toggledValue(query, value, isNegated)),
    [onAsk, query],
  )
  const brush = (brushed: Brushed) =>
    navigate({
      to: '.',
      search: before => ({ ...before, ...narrowed(before.q ?? '', brushed), range: undefined }),
    })
  const openTrace = (traceId: string) => navigate({ to: paths.trace, params: { traceId } })

  const hasFacets = search.facets !== 'off'
  // Not one that still runs: its picture would be another when it is done.
  const isCut = held.shown.length >= question.limit || shown.search?.state === 'stopped'
  return (
    <div className="found" data-facets={hasFacets}>
      {hasFacets ? (
        <FacetsPanel facets={facets} count={held.shown.length} hasQuery={hasMatched} onToggle={narrow} />
      ) : null}
      <div className="found__main">
        <div className="traces-count muted">
          <span className="traces-count__words" role="status">
            <strong className="traces-count__number">{countWords(held.shown.length, question.limit)}</strong>{' '}
            {shown.isStandIn ? 'of the question before. ' : null}
            <Progress search={shown.search} isRunning={shown.isRunning} onCancel={shown.stop} />
            {search.sort === undefined
              ? null
              : `, sorted by ${search.sort} among the ${formatCount(held.shown.length)} shown`}
          </span>
          {held.waiting === 0 ? null : (
            <span className="traces-count__waiting">
              {counted(held.waiting, 'new trace')} {held.waiting === 1 ? 'waits' : 'wait'} while you are in
              the list
              <button type="button" className="button" onClick={held.showAll}>
                Show
              </button>
            </span>
          )}
          <span className="toolbar__space" />
          <Toggles search={search} onChange={change} />
        </div>
        {search.chart === 'off' ? null : (
          <Scatter
            question={asked}
            traces={held.shown}
            range={fixed(question.range, epochMilliseconds(Date.now()))}
            isCut={isCut}
            onOpen={openTrace}
            onBrush={brush}
          />
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: it does nothing, it only holds still */}
        <div
          ref={list}
          onPointerEnter={event => event.pointerType !== 'touch' && held.hold('pointer')}
          onPointerLeave={() => held.release('pointer')}
          onFocus={() => held.hold('focus')}
          onBlur={event => leavesWith(event) && held.release('focus')}
        >
          <TracesTable
            traces={ordered}
            isOld={isOld}
            hasMatched={hasMatched}
            sort={search.sort}
            onSort={sort}
            open={open}
            onToggle={toggle}
          />
        </div>
        {held.shown.length < question.limit || shown.isRunning ? null : (
          <More
            limit={question.limit}
            onMore={limit => change({ limit: limit === LIMIT ? undefined : limit })}
          />
        )}
      </div>
    </div>
  )
}

interface TogglesProps {
  search: TracesSearch
  onChange: (fields: TracesSearch) => void
}

function Toggles({ search, onChange }: TogglesProps) {
  const [facets, chart] = [search.facets !== 'off', search.chart !== 'off']
  return (
    <>
      <button
        type="button"
        className="button traces-count__toggle"
        aria-pressed={facets}
        onClick={() => onChange({ facets: facets ? 'off' : undefined })}
      >
        <ListFilter size={14} aria-hidden="true" />
        Facets
      </button>
      <button
        type="button"
        className="button traces-count__toggle"
        aria-pressed={chart}
        onClick={() => onChange({ chart: chart ? 'off' : undefined })}
      >
        <ChartScatter size={14} aria-hidden="true" />
        Chart
      </button>
    </>
  )
}

/** From one thing in the list to another is no leaving of it. */
const leavesWith = ({ currentTarget, relatedTarget }: React.FocusEvent) =>
  !currentTarget.contains(relatedTarget)

/** Moves the focus over the rows' links; from outside, to the first. */
function focusRow(list: HTMLElement | null, direction: 1 | -1) {
  const links = [...(list?.querySelectorAll<HTMLElement>('a[data-trace]') ?? [])]
  const active = document.activeElement
  const at = active instanceof HTMLElement ? links.indexOf(active) : -1
  links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + direction))]?.focus()
}
