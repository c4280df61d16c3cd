// The mesh: who calls whom, how much, how fast, and how well. As a drawing or as tables, with the details of one node or
// edge beside it.

import { getRouteApi } from '@tanstack/react-router'
import { Link as LinkIcon, Terminal } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { curlOf } from '../api/curl.ts'
import { type GraphQuestion, graphParams } from '../api/graph-question.ts'
import { refreshOf } from '../api/refresh.ts'
import { FailureView } from '../app/failure-view.tsx'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { linkTo } from '../app/time-keys.ts'
import { TimeRangePicker } from '../app/time-range-picker.tsx'
import { readCamera, writeCamera } from '../graph/camera.ts'
import type { Target } from '../graph/hit.ts'
import { Banner } from '../ui/banner.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatCount } from '../ui/format.ts'
import { whenIdle } from '../ui/idle.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { AllHidden } from './all-hidden.tsx'
import { type Filtered, filtered, litBy } from './find.ts'
import { FindFields } from './find-fields.tsx'
import { GraphView } from './graph-view.tsx'
import { pictureName } from './mesh.ts'
import { PANEL } from './panel-id.ts'
import {
  DEPTH,
  DEPTH_MAX,
  foldedOf,
  foldedSearch,
  questionOf,
  rangeSearch,
  selectedIn,
  selectionSearch,
  type TopologySearch,
} from './question.ts'
import { StatusBar } from './status-bar.tsx'
import { FocusChip, GroupingChoice, NamespaceChoice, ViewChoice } from './toolbar.tsx'
// The panel is loaded later; the room for it is there at once, for a link says where one looks from beside it.
import '../ui/panel.css'
import './topology.css'
import { useArrangement } from './use-arrangement.ts'
import { useGraph } from './use-graph.ts'
import { nextTrouble, worstFirst } from './worst.ts'

const route = getRouteApi(paths.topology)

const Tables = lazy(() => import('./tables.tsx').then(({ Tables }) => ({ default: Tables })))
const NoGraph = lazy(() => import('./empty.tsx').then(({ NoGraph }) => ({ default: NoGraph })))
const loadPanel = () => import('./panel.tsx').then(({ DetailsPanel }) => ({ default: DetailsPanel }))
const DetailsPanel = lazy(loadPanel)

/** A mesh of more nodes reads better by namespaces first. */
const CROWD = 250

export function TopologyPage() {
  const search = route.useSearch()
  const tenant = useTenant()
  const question = questionOf(search)
  const refresh = refreshOf(question.range, search.live)
  const query = useGraph(tenant, question, refresh)
  const actions = useActions(search)
  const graph = query.data
  const { find, hide } = search
  const filters = useMemo(
    () => (graph === undefined ? null : filtered(graph, { find, hide })),
    [graph, find, hide],
  )
  const isOld = query.isPlaceholderData || query.error !== null
  const picture = useSettled(pictureName(tenant, question, search.group), !query.isPlaceholderData)
  return (
    <div className="topology">
      <title>Topology · Spanloom</title>
      <Toolbar search={search} question={question} filtered={filters} actions={actions} />
      {query.error !== null && graph !== undefined ? (
        <Banner state="bad">
          The graph could not be renewed: {query.error.message}
          <button type="button" className="button" onClick={() => query.refetch()}>
            Try again
          </button>
        </Banner>
      ) : null}
      {filters === null && query.error !== null ? (
        <FailureView error={query.error} onRetry={() => query.refetch()} />
      ) : filters === null ? (
        <GraphSkeleton words="Loading the service graph" />
      ) : filters.whole.nodes.length === 0 ? (
        <Suspense fallback={<GraphSkeleton words="" />}>
          <NoGraph
            question={question}
            tenant={tenant}
            isLive={refresh === 'live'}
            onRange={range => actions.go({ ...rangeSearch(range) })}
            onEverything={() =>
              actions.go({ namespace: undefined, focus: undefined, depth: undefined, cam: undefined })
            }
          />
        </Suspense>
      ) : (
        <LoadedGraph
          filtered={filters}
          picture={picture}
          isOld={isOld}
          search={search}
          question={question}
          actions={actions}
        />
      )}
    </div>
  )
}

/** The last value that was settled: while another graph is on its way the one that is shown keeps its name. */
function useSettled<Value>(value: Value, isSettled: boolean): Value {
  const [settled, setSettled] = useState(value)
  if (isSettled && JSON.stringify(settled) !== JSON.stringify(value)) setSettled(value)
  return settled
}

type Actions = ReturnType<typeof useActions>

/** What people change is the URL. Steps that Back should not go through replace it. */
function useActions(search: TopologySearch) {
  const navigate = route.useNavigate()
  const go = (changes: Partial<TopologySearch>, replace = false) =>
    void navigate({ search: before => ({ ...before, ...changes }), replace, resetScroll: false })
  const select = (target: Target | null) =>
    go(selectionSearch(target), target !== null && selectedIn(search) !== null)
  const setDepth = (depth: number) => {
    if (search.focus === undefined || depth < DEPTH || depth > DEPTH_MAX) return
    go({ depth: depth === DEPTH ? undefined : depth, cam: undefined }, true)
  }
  const back = () => {
    // One thing after the other: the selection, the search, the focus, the namespace.
    if (selectedIn(search) !== null) go(selectionSearch(null))
    else if (search.find !== undefined) go({ find: undefined })
    else if (search.hide !== undefined) go({ hide: undefined })
    else if (search.focus !== undefined) go({ focus: undefined, depth: undefined, cam: undefined })
    else if (search.namespace !== undefined) go({ namespace: undefined, cam: undefined })
  }
  return {
    go,
    select,
    setDepth,
    back,
    focus: (id: string) =>
      go({ focus: id, depth: undefined, cam: undefined, ...selectionSearch({ kind: 'node', id }) }),
    setView: (view: 'graph' | 'table') => go({ view: view === 'table' ? 'table' : undefined }),
  }
}

interface ToolbarProps {
  search: TopologySearch
  question: GraphQuestion
  /** Null while there is no graph. */
  filtered: Filtered | null
  actions: Actions
}

function Toolbar({ search, question, filtered, actions }: ToolbarProps) {
  const { go, select, setDepth, setView, back } = actions
  const tenant = useTenant()
  const field = useRef<HTMLInputElement>(null)
  const view = search.view ?? 'graph'
  const depth = question.depth
  useHotkeys({
    find: () => field.current?.focus(),
    switchView: () => setView(view === 'graph' ? 'table' : 'graph'),
    lessAround: () => setDepth(depth - 1),
    moreAround: () => setDepth(depth + 1),
    nextTrouble: () => {
      const id = nextTrouble(filtered?.shown.nodes ?? [], search.node)
      if (id !== undefined) select({ kind: 'node', id })
    },
    showDetails: () => document.getElementById(PANEL)?.focus(),
    clear: back,
  })
  const namespaces = (filtered?.whole.nodes ?? [])
    .map(({ namespace }) => namespace)
    .filter(name => name !== null)
  return (
    <header className="toolbar topology__toolbar">
      <h1>Topology</h1>
      <FindFields
        find={search.find}
        hide={search.hide}
        graph={filtered?.whole}
        inputRef={field}
        onFind={find => go({ find }, true)}
        onHide={hide => go({ hide })}
        onNext={() => selectNextFound(filtered, search, select)}
      />
      <GroupingChoice
        by={question.by}
        onChoose={by => go({ by: by === 'service' ? undefined : by, ...NEW_PICTURE })}
      />
      <NamespaceChoice
        question={question}
        seen={namespaces}
        onChoose={namespace => go({ namespace, ...NEW_PICTURE })}
      />
      <TimeRangePicker range={question.range} onChoose={range => go(rangeSearch(range))} />
      {search.focus === undefined ? null : (
        <FocusChip
          focus={search.focus}
          depth={depth}
          onDepth={setDepth}
          onClear={() => go({ focus: undefined, depth: undefined, cam: undefined })}
        />
      )}
      <div className="toolbar__space" />
      <ViewChoice view={view} onChoose={setView} />
      <CopyButton
        what="a command that asks for the same"
        label="Copy as curl"
        icon={Terminal}
        text={() => curlOf({ path: '/api/v1/graph', params: graphParams(question), tenant })}
      />
      <CopyButton
        what="a link to this time"
        label="Copy link"
        icon={LinkIcon}
        text={() =>
          linkTo(
            { pathname: paths.topology, search: { ...search, tenant } },
            question.range,
            epochMilliseconds(Date.now()),
          )
        }
      />
    </header>
  )
}

/** Other nodes stand elsewhere, and what was selected may not be among them. */
const NEW_PICTURE = { focus: undefined, depth: undefined, node: undefined, edge: undefined, cam: undefined }

function selectNextFound(filtered: Filtered | null, { node }: TopologySearch, select: Actions['select']) {
  const ids = filtered?.found?.nodes
  if (filtered === null || ids === undefined) return
  const found = worstFirst(filtered.shown.nodes).filter(({ id }) => ids.has(id))
  const next = found[(found.findIndex(({ id }) => id === node) + 1) % Math.max(1, found.length)]
  if (next !== undefined) select({ kind: 'node', id: next.id })
}

interface LoadedProps extends ToolbarProps {
  filtered: Filtered
  picture: readonly unknown[]
  isOld: boolean
}

function LoadedGraph({ filtered, picture, isOld, search, question, actions }: LoadedProps) {
  const { whole, shown } = filtered
  // All of it: what is hidden keeps its place.
  const arranged = useArrangement(picture, whole, search.group)
  const { arrangement } = arranged
  const { node, edge } = search
  const folded = useMemo(() => foldedOf(search.folded), [search.folded])
  // It is there before anybody asks for it, and after everything that is asked for now.
  useEffect(() => whenIdle(loadPanel), [])
  const isCrowd =
    search.view !== 'table' &&
    shown.nodes.length > CROWD &&
    question.by !== 'namespace' &&
    arrangement?.boxes.size === 0
  const selected = useMemo(() => selectedIn({ node, edge }), [node, edge])
  const lit = useMemo(() => litBy(filtered.found), [filtered.found])
  const showAll = () => actions.go({ hide: undefined })
  return (
    <>
      {isCrowd ? (
        <Crowd count={shown.nodes.length} onGroup={() => actions.go({ by: 'namespace', ...NEW_PICTURE })} />
      ) : null}
      <div className="topology__body">
        {shown.nodes.length === 0 ? (
          <AllHidden graph={whole} hide={search.hide} onShowAll={showAll} />
        ) : search.view === 'table' ? (
          <Suspense fallback={<GraphSkeleton words="Loading the tables" />}>
            <Tables
              filtered={filtered}
              table={search.table ?? 'nodes'}
              sort={search.sort}
              selected={selected}
              isOld={isOld}
              onTable={table => actions.go({ table: table === 'edges' ? table : undefined, sort: undefined })}
              onSort={sort => actions.go({ sort }, true)}
              onSelect={actions.select}
            />
          </Suspense>
        ) : arrangement === null && arranged.failed !== null ? (
          <FailureView error={arranged.failed.error} onRetry={arranged.tidy} />
        ) : arrangement === null ? (
          <GraphSkeleton words={`Laying out ${formatCount(whole.nodes.length)} nodes`} />
        ) : (
          <GraphView
            // Another picture has another camera.
            key={JSON.stringify(picture)}
            graph={shown}
            arrangement={arrangement}
            selected={selected}
            found={lit}
            camera={readCamera(search.cam)}
            isOld={isOld}
            onSelect={actions.select}
            onFocus={actions.focus}
            onCamera={camera => actions.go({ cam: camera === null ? undefined : writeCamera(camera) }, true)}
            arranged={arranged}
            folded={folded}
            label={search.label ?? 'auto'}
            onFold={folded => actions.go({ folded: foldedSearch(folded) })}
            onLabel={label => actions.go({ label: label === 'auto' ? undefined : label }, true)}
            onGroup={isGrouped =>
              actions.go({ group: isGrouped ? 'ns' : 'off', folded: undefined, cam: undefined })
            }
          />
        )}
        {selected === null ? null : (
          <Suspense fallback={<div className="panel topology-panel" aria-busy="true" />}>
            <DetailsPanel
              graph={whole}
              selected={selected}
              range={question.range}
              onSelect={actions.select}
              onFocus={actions.focus}
            />
          </Suspense>
        )}
      </div>
      <StatusBar filtered={filtered} onShowAll={showAll} />
    </>
  )
}

function Crowd({ count, onGroup }: { count: number; onGroup: () => void }) {
  return (
    <Banner state="plain">
      {formatCount(count)} nodes are many for one picture.
      <button type="button" className="button" onClick={onGroup}>
        Group by namespace
      </button>
      <span className="muted">or find one (/) and focus on it (f)</span>
    </Banner>
  )
}

function GraphSkeleton({ words }: { words: string }) {
  return (
    <div className="graph-skeleton" role="status">
      <span className="skeleton graph-skeleton__words">{words}</span>
    </div>
  )
}
