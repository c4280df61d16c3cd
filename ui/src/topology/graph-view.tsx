// The drawing with everything around it: keys, buttons, legend, and what screen readers hear of it.

import { Maximize, Minus, Plus, Shuffle } from 'lucide-react'
import { useEffect, useEffectEvent, useId, useMemo, useRef, useState } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import { useHotkeys } from '../app/hotkeys.ts'
import type { Camera } from '../graph/camera.ts'
import { Engine } from '../graph/engine.ts'
import { type Direction, nextTo, type Target } from '../graph/hit.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'
import { type Scene, sceneOf } from '../graph/scene.ts'
import './graph.css'
import { Legend } from './legend.tsx'
import { useHealthNews } from './news.ts'
import { nodeWords } from './node-words.ts'
import { worstFirst } from './worst.ts'

interface Props {
  graph: SchemaGraph
  arrangement: Arrangement
  selected: Target | null
  /** Ids of what a search found; null without one. */
  found: ReadonlySet<string> | null
  /** From where the URL says; null: all of it in view. */
  camera: Camera | null
  /** Whether what is shown is old. */
  isOld: boolean
  onSelect: (target: Target | null) => void
  onFocus: (id: string) => void
  onCamera: (camera: Camera | null) => void
  onTidy: () => void
}

const ZOOM_STEP = 1.3
/** A key pulls the drawing by so many pixels. */
const PULL_STEP = 80
const ARROWS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

export function GraphView(props: Props) {
  const { graph, arrangement, selected, found, camera, isOld, onSelect, onFocus, onTidy } = props
  const scene = useMemo(() => sceneOf(graph, arrangement), [graph, arrangement])
  const cursor = useCursor(graph, selected)
  const { host, button, engine } = useEngine(props)
  // Later the camera is the engine's own, and the URL follows it.
  const firstCamera = useRef(camera)
  useEffect(
    () => engine.current?.show(scene, String(graph.rev), firstCamera.current),
    [engine, scene, graph.rev],
  )
  useEffect(() => engine.current?.mark({ selected, found }), [engine, selected, found])
  useEffect(() => {
    if (selected !== null) engine.current?.reveal(selected)
  }, [engine, selected])
  useEffect(() => engine.current?.follow(button.current, cursor.id), [engine, button, cursor.id])

  const light = (id: string | null) => engine.current?.light(id === null ? null : { kind: 'node', id })
  const goTo = (id: string) => {
    cursor.set(id)
    light(id)
    engine.current?.reveal({ kind: 'node', id })
  }
  const zoom = (factor: number) => engine.current?.zoom(factor)
  const pull = (dx: number, dy: number) => () => engine.current?.pull(dx * PULL_STEP, dy * PULL_STEP)
  useHotkeys({
    zoomIn: () => zoom(ZOOM_STEP),
    zoomOut: () => zoom(1 / ZOOM_STEP),
    fit: () => engine.current?.fit(),
    tidy: onTidy,
    pullDown: pull(0, 1),
    pullUp: pull(0, -1),
    pullRight: pull(1, 0),
    pullLeft: pull(-1, 0),
    focusNode: () => cursor.id !== null && onFocus(cursor.id),
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
      />
      <div className="graph__buttons">
        <IconButton words="Zoom in" keys="+" onPress={() => zoom(ZOOM_STEP)} icon={Plus} />
        <IconButton words="Zoom out" keys="-" onPress={() => zoom(1 / ZOOM_STEP)} icon={Minus} />
        <IconButton words="Show all" keys="0" onPress={() => engine.current?.fit()} icon={Maximize} />
        <IconButton words={tidyWords(arrangement)} keys="r" onPress={onTidy} icon={Shuffle}>
          {arrangement.newcomers === 0 ? null : <span className="graph__count">{arrangement.newcomers}</span>}
        </IconButton>
      </div>
      <Legend />
    </div>
  )
}

function tidyWords({ newcomers }: Arrangement): string {
  return newcomers === 0 ? 'Lay out anew' : `Lay out anew: ${newcomers} came since`
}

/** The engine lives as long as its element. */
function useEngine({ onSelect, onFocus, onCamera }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const engine = useRef<Engine>(null)
  const select = useEffectEvent(onSelect)
  const keepCamera = useEffectEvent(onCamera)
  const open = useEffectEvent((target: Target) => {
    if (target.kind === 'node') onFocus(target.id)
  })
  useEffect(() => {
    if (host.current === null) return
    const made = new Engine(host.current, {
      onSelect: target => select(target),
      onOpen: target => open(target),
      onCamera: camera => keepCamera(camera),
    })
    engine.current = made
    return () => {
      made.destroy()
      engine.current = null
    }
  }, [])
  return { host, button, engine }
}

interface StageProps {
  graph: SchemaGraph
  scene: Scene
  /** Id of the node that keys are at. */
  at: string | null
  isSelected: boolean
  host: React.RefObject<HTMLDivElement | null>
  button: React.RefObject<HTMLButtonElement | null>
  onGo: (id: string) => void
  onLeave: () => void
  onSelect: (target: Target) => void
}

/**
 * The canvas, and a real button over the node that keys are at: a canvas by itself is nothing to a keyboard or a screen
 * reader.
 */
function Stage({ graph, scene, at, isSelected, host, button, onGo, onLeave, onSelect }: StageProps) {
  const help = useId()
  const news = useHealthNews(graph.nodes)
  const node = graph.nodes.find(({ id }) => id === at)
  const onKeyDown = (event: React.KeyboardEvent) => {
    const direction = ARROWS[event.key]
    if (direction === undefined || at === null) return
    event.preventDefault()
    const next = nextTo(scene, at, direction)
    if (next !== null) onGo(next.id)
  }
  return (
    <div
      ref={host}
      className="graph__view"
      role="application"
      aria-label="Service graph"
      aria-describedby={help}
    >
      <p id={help} className="visually-hidden">
        Arrows go to the next node in their direction, Enter shows its numbers, F shows only what is around
        it. The table (V) has all of it in words.
      </p>
      {node === undefined ? null : (
        <button
          ref={button}
          type="button"
          className="graph__cursor"
          aria-label={nodeWords(node, graph.edges)}
          aria-pressed={isSelected}
          onFocus={() => onGo(node.id)}
          onBlur={onLeave}
          onKeyDown={onKeyDown}
          onClick={() => onSelect({ kind: 'node', id: node.id })}
        />
      )}
      <p className="visually-hidden" role="status">
        {news}
      </p>
    </div>
  )
}

/** The node that keys are at: where they went, else the selected one, else the worst. */
function useCursor({ nodes }: SchemaGraph, selected: Target | null) {
  const [at, set] = useState<string | null>(null)
  const chosen = selected?.kind === 'node' ? selected.id : null
  const [lastChosen, setLastChosen] = useState(chosen)
  if (chosen !== lastChosen) {
    setLastChosen(chosen)
    if (chosen !== null) set(chosen)
  }
  const isHere = (id: string | null) => nodes.some(node => node.id === id)
  const id = [at, chosen].find(isHere) ?? worstFirst(nodes)[0]?.id ?? null
  return { id, set }
}

interface IconButtonProps {
  words: string
  keys: string
  icon: typeof Plus
  onPress: () => void
  children?: React.ReactNode
}

function IconButton({ words, keys, icon: Icon, onPress, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="button button--icon"
      onClick={onPress}
      aria-label={words}
      title={`${words} (${keys})`}
    >
      <Icon size={15} aria-hidden="true" />
      {children}
    </button>
  )
}
