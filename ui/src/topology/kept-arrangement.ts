// Pictures as they were left, on this machine: who comes back tomorrow finds every node where it stood.

import type { Box, Point } from '../graph/geometry.ts'
import { type Arrangement, type Mesh, UNGROUPED } from '../graph/layout/mesh.ts'

const PREFIX = 'spanloom.picture.'
/** The names of the pictures that are kept, the newest first. */
const INDEX = 'spanloom.pictures'
const PICTURES_MAX = 20
/** A larger picture is laid out anew each time; what a browser keeps is little. */
const NODES_MAX = 2000
/** Of pictures that nobody moved anything in: with more newcomers than this part it is better laid out anew. */
const NEWCOMERS_MAX = 0.25
/** Of changes that follow one another the last is written. */
const WRITE_AFTER_MS = 400

/** As it is written: places and boxes as whole numbers. */
interface Kept {
  places: [id: string, x: number, y: number][]
  ways: [pair: string, points: number[]][]
  homes: [id: string, namespace: string][]
  boxes: [namespace: string, boxes: number[][]][]
  pinned: string[]
  newcomers: number
}

/** The picture as it was left; null where there is none that would do. */
export function keptArrangement(key: string, mesh: Mesh): Arrangement | null {
  const kept = read(key)
  if (kept === null || kept.boxes.size > 0 !== (mesh.namespaces !== undefined)) return null
  const known = mesh.nodes.filter(id => kept.places.has(id)).length
  if (known === 0) return null
  const come = mesh.nodes.length - known + kept.newcomers
  return kept.pinned.size === 0 && come > mesh.nodes.length * NEWCOMERS_MAX ? null : kept
}

let timer: ReturnType<typeof setTimeout> | undefined
const waiting = new Map<string, Arrangement>()
const written = new Map<string, Arrangement>()

export function keepArrangement(key: string, arrangement: Arrangement): void {
  if (arrangement.places.size > NODES_MAX || written.get(key) === arrangement) return
  waiting.set(key, arrangement)
  clearTimeout(timer)
  timer = setTimeout(write, WRITE_AFTER_MS)
}

function write(): void {
  for (const [key, arrangement] of waiting) {
    written.set(key, arrangement)
    try {
      // First the room: what is not in the index would stay for ever.
      makeRoom(key)
      localStorage.setItem(PREFIX + key, JSON.stringify(keptOf(arrangement)))
    } catch {
      // It is full, or not allowed: then the picture is laid out anew next time.
    }
  }
  waiting.clear()
}

/** Puts a picture at the head of the index, and drops the oldest. */
function makeRoom(key: string): void {
  const pictures = [key, ...readIndex().filter(other => other !== key)]
  for (const old of pictures.slice(PICTURES_MAX)) localStorage.removeItem(PREFIX + old)
  localStorage.setItem(INDEX, JSON.stringify(pictures.slice(0, PICTURES_MAX)))
}

/** With those that were kept before there was an index, or that it lost. */
function readIndex(): string[] {
  const stored = Object.keys(localStorage)
    .filter(name => name.startsWith(PREFIX))
    .map(name => name.slice(PREFIX.length))
  return [...new Set([...listed(), ...stored])]
}

function listed(): string[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(INDEX) ?? '[]')
    return Array.isArray(read) ? read.filter(name => typeof name === 'string') : []
  } catch {
    return []
  }
}

function keptOf({ places, ways, homes, boxes, pinned, newcomers }: Arrangement): Kept {
  return {
    places: [...places].map(([id, { x, y }]) => [id, Math.round(x), Math.round(y)]),
    ways: [...ways].map(([pair, points]) => [
      pair,
      points.flatMap(({ x, y }) => [Math.round(x), Math.round(y)]),
    ]),
    homes: [...homes],
    boxes: [...boxes].map(([namespace, own]) => [
      namespace,
      own.map(({ left, top, right, bottom }) => [left, top, right, bottom].map(Math.round)),
    ]),
    pinned: [...pinned],
    newcomers,
  }
}

function read(key: string): Arrangement | null {
  const text = localStorage.getItem(PREFIX + key)
  if (text === null) return null
  try {
    const { places, ways, homes, boxes, pinned, newcomers }: Kept = JSON.parse(text)
    const arrangement = {
      ...UNGROUPED,
      places: new Map(places.map(([id, x, y]) => [id, { x, y }])),
      ways: new Map(ways.map(([pair, points]) => [pair, pointsOf(points)])),
      homes: new Map(homes),
      boxes: new Map(boxes.map(([namespace, own]) => [namespace, own.map(boxOf)])),
      pinned: new Set(pinned),
      newcomers,
    }
    return isWhole(arrangement) ? arrangement : null
  } catch {
    // Written by another version, or by somebody else.
    return null
  }
}

function isWhole({ places, newcomers }: Arrangement): boolean {
  const isPlace = ({ x, y }: Point) => Number.isFinite(x) && Number.isFinite(y)
  return Number.isFinite(newcomers) && [...places.values()].every(isPlace)
}

function pointsOf(numbers: readonly number[]): Point[] {
  const points: Point[] = []
  for (let at = 0; at + 1 < numbers.length; at += 2)
    points.push({ x: numbers[at] ?? 0, y: numbers[at + 1] ?? 0 })
  return points
}

function boxOf([left = 0, top = 0, right = 0, bottom = 0]: readonly number[]): Box {
  return { left, top, right, bottom }
}
