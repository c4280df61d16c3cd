// The drawing with everything around it: keys, buttons, legend, small map.

import { lazy, Suspense, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import { useHotkeys } from '../app/hotkeys.ts'
import type { Camera } from '../graph/camera.ts'
import type { Label } from '../graph/edge-words.ts'
import { Engine, type EngineEvents } from '../graph/engine.ts'
import { type Hit, stopOfGroup, type Target } from '../graph/hit.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'
import { sceneOf } from '../graph/scene.ts'
import { preference, usePreference } from '../ui/preference.ts'
import './graph.css'
import { CameraButtons, LookButtons, nextLabel } from './graph-buttons.tsx'
import { canGroup } from './grouping.ts'
import { Notice } from './notice.tsx'
import { Stage, useCursor } from './stage.tsx'
import type { Arranged } from './use-arrangement.ts'

interface Props {
  graph: SchemaGraph
  arrangement: Arrangement
  arranged: Arranged
  selected: Target | null
  /** Ids of what a search found; null without one. */
  found: ReadonlySet<string> | null
  /** From where the URL says; null: all of it in view. */
  camera: Camera | null
  folded: ReadonlySet<string>
  label: Label
  /** Whether what is shown is old. */
  isOld: boolean
  onSelect: (target: Target | null) => void
  onFocus: (id: string) => void
  onCamera: (camera: Camera | null) => void
  onFold: (folded: ReadonlySet<string>) => void
  onLabel: (label: Label) => void
  onGroup: (isGrouped: boolean) => void
}

const ZOOM_STEP = 1.3
/** A key pulls the drawing by so many pixels. */
const PULL_STEP = 80

const minimap = preference('minimap', ['on', 'off'])
const Legend = lazy(() => import('./legend.tsx').then(({ Legend }) => ({ default: Legend })))
const MinimapView = lazy(() =>
  import('./minimap-view.tsx').then(({ MinimapView }) => ({ default: MinimapView })),
)

export function GraphView(props: Props) {
  const { graph, arrangement, arranged, selected, found, camera, folded, label, isOld } = props
  const { onSelect, onFocus, onFold, onLabel, onGroup } = props
  const scene = useMemo(() => sceneOf(graph, arrangement, folded), [graph, arrangement, folded])
  const cursor = useCursor(graph, scene, arrangement, selected)
  const [saved, setSaved] = useState('')
  const hasMinimap = usePreference(minimap) === 'on'
  const isAllFolded = scene.groups.length > 0 && scene.groups.every(({ isFolded }) => isFolded)
  const foldAll = () => onFold(new Set(isAllFolded ? [] : scene.groups.map(({ id }) => id)))
  const toggleFold = (namespace: string) => onFold(toggled(folded, namespace))
  const { host, button, engine, made } = useEngine({
    onSelect,
    onOpen: target => target.kind === 'node' && onFocus(target.id),
    onCamera: props.onCamera,
    onFold: toggleFold,
    onMove: arranged.move,
  })
  // Later the camera is the engine's own, and the URL follows it.
  const firstCamera = useRef(camera)
  // Before the browser paints: an empty drawing would be seen first.
  useLayoutEffect(
    () => engine.current?.show(scene, String(graph.rev), firstCamera.current),
    [engine, scene, graph.rev],
  )
  useLayoutEffect(() => engine.current?.write(label), [engine, label])
  useLayoutEffect(() => engine.current?.mark({ selected, found }), [engine, selected, found])
  useEffect(() => {
    if (selected !== null) engine.current?.reveal(selected)
  }, [engine, selected])
  useEffect(() => engine.current?.follow(button.current, cursor.id), [engine, button, cursor.id])

  const light = (stop: string | null) => engine.current?.light(stop === null ? null : hitOf(stop))
  const goTo = (stop: string) => {
    cursor.set(stop)
    light(stop)
    engine.current?.reveal(hitOf(stop))
  }
  const zoom = (direction: 1 | -1) => engine.current?.zoom(ZOOM_STEP ** direction)
  const pull = (dx: number, dy: number) => () => engine.current?.pull(dx * PULL_STEP, dy * PULL_STEP)
  const toggleMinimap = () => minimap.keep(hasMinimap ? 'off' : 'on')
  useHotkeys({
    zoomIn: () => zoom(1),
    zoomOut: () => zoom(-1),
    fit: () => engine.current?.fit(),
    tidy: arranged.tidy,
    undoMove: arranged.undo,
    minimap: toggleMinimap,
    lineWords: () => onLabel(nextLabel(label)),
    fold: () => {
      const namespace = namespaceAt(cursor.id, arrangement)
      if (namespace === undefined) return
      toggleFold(namespace)
      if (!folded.has(namespace)) cursor.set(stopOfGroup(namespace))
    },
    foldAll,
    pullDown: pull(0, 1),
    pullUp: pull(0, -1),
    pullRight: pull(1, 0),
    pullLeft: pull(-1, 0),
    focusNode: () => cursor.id !== null && scene.nodeById.has(cursor.id) && onFocus(cursor.id),
  })
  return (
    <div className="graph" data-old={isOld}>
      <Stage
        graph={graph}
        scene={scene}
        at={cursor.id}
        isSelected={selected?.kind === 'node' && selected.id === cursor.id}
        host={host}
        button={button}
        onGo={goTo}
        onLeave={() => light(null)}
        onSelect={onSelect}
        onUnfold={toggleFold}
      />
      <LookButtons
        label={label}
        isGrouped={canGroup(graph) ? arrangement.boxes.size > 0 : null}
        isFolded={isAllFolded}
        onFoldAll={foldAll}
        onLabel={onLabel}
        onGroup={onGroup}
        onExport={() => void exported(engine.current).then(setSaved)}
      />
      <CameraButtons
        newcomers={arrangement.newcomers}
        hasMinimap={hasMinimap}
        onZoom={zoom}
        onFit={() => engine.current?.fit()}
        onTidy={arranged.tidy}
        onMinimap={toggleMinimap}
      />
      {hasMinimap && made !== null ? (
        <Suspense>
          <MinimapView engine={made} />
        </Suspense>
      ) : null}
      <Notice last={arranged.last} failed={arranged.failed} onUndo={arranged.undo} saved={saved} />
      <Suspense>
        <Legend />
      </Suspense>
    </div>
  )
}

const GROUP_STOP = stopOfGroup('')

/** What a stop of the keys is in the drawing. */
function hitOf(stop: string): Hit {
  return stop.startsWith(GROUP_STOP)
    ? { kind: 'group', id: stop.slice(GROUP_STOP.length) }
    : { kind: 'node', id: stop }
}

function namespaceAt(stop: string | null, { homes }: Arrangement): string | undefined {
  if (stop === null) return undefined
  const hit = hitOf(stop)
  return hit.kind === 'group' ? hit.id : homes.get(stop)
}

function toggled(folded: ReadonlySet<string>, namespace: string): ReadonlySet<string> {
  const next = new Set(folded)
  if (!next.delete(namespace)) next.add(namespace)
  return next
}

/** Saves the drawing as a file; returns what to say of it. */
async function exported(engine: Engine | null): Promise<string> {
  const drawing = engine?.drawing()
  if (drawing == null) return ''
  const { pictureOf, save } = await import('../graph/picture.ts')
  const blob = await pictureOf(drawing.scene, drawing.palette, drawing.label)
  if (blob === null) return 'This browser could not draw the picture'
  const name = `spanloom-topology-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.png`
  save(blob, name)
  return `Saved as ${name}`
}

/** The engine lives as long as its element. */
function useEngine(events: EngineEvents) {
  const host = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const engine = useRef<Engine>(null)
  const [made, setMade] = useState<Engine | null>(null)
  const latest = useEffectEvent(() => events)
  useLayoutEffect(() => {
    if (host.current === null) return
    const made = new Engine(host.current, {
      onSelect: target => latest().onSelect(target),
      onOpen: target => latest().onOpen(target),
      onCamera: camera => latest().onCamera(camera),
      onFold: namespace => latest().onFold(namespace),
      onMove: (id, place) => latest().onMove(id, place),
    })
    engine.current = made
    setMade(made)
    return () => {
      made.destroy()
      engine.current = null
      setMade(null)
    }
  }, [])
  return { host, button, engine, made }
}
