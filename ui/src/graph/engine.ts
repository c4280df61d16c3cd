// The drawing on the page: the camera, when something is painted, and what people do with it.
//
// While the camera moves the finished picture is moved; when it rests, or leaves what is painted, it is painted anew.
// Whatever is pointed at is painted on the upper layer alone.

import { markOnce } from '../ui/marks.ts'
import { type Camera, fitted, pulled, resized, revealing, toDrawing, toScreen, zoomedAt } from './camera.ts'
import { type Drag, dragFrom, draggedTo } from './drag.ts'
import type { Shot } from './draw/detail.ts'
import { drawDrag } from './draw/drag.ts'
import { drawMarks, drawScene, type Marks } from './draw/scene.ts'
import { forgetWidths } from './draw/text.ts'
import type { Label } from './edge-words.ts'
import type { Box, Point, Size } from './geometry.ts'
import { listen } from './gestures.ts'
import { boxOf, type Hit, hitAt, isSame, isTarget, stopOf, type Target } from './hit.ts'
import { type Motion, motionBetween, sceneOnTheWay } from './motion.ts'
import { onThemeChange, type Palette } from './palette.ts'
import { Paper } from './paper.ts'
import type { Scene } from './scene.ts'

export interface EngineEvents {
  /** Null: a press beside everything. */
  onSelect: (target: Target | null) => void
  /** Pressed twice. */
  onOpen: (target: Target) => void
  /** The name of a namespace was pressed. */
  onFold: (namespace: string) => void
  /** A node was put elsewhere. */
  onMove: (id: string, place: Point) => void
  /** The camera rests after somebody moved it; null where all of the mesh is shown. */
  onCamera: (camera: Camera | null) => void
}

/** Told of every move of the camera, and of every scene. */
export type Watcher = (scene: Scene, camera: Camera, view: Size) => void

/** After so long without a move the camera rests. */
const REST_MS = 80
/** How near to a line, in pixels, a pointer must be. */
const REACH = 7

export class Engine {
  private readonly host: HTMLElement
  private readonly events: EngineEvents
  private readonly paper: Paper
  private readonly stops: (() => void)[] = []
  private view: Size = { width: 0, height: 0 }
  private scene: Scene | null = null
  private sceneRev = ''
  private camera: Camera = { x: 0, y: 0, zoom: 1 }
  /** Whether all of the mesh is to be in view: until somebody moves the camera. */
  private isFitted = true
  private shown: Marks = { hovered: null, selected: null, found: null }
  private isStale = { mesh: false, marks: false }
  private frame = 0
  private rest: ReturnType<typeof setTimeout> | undefined
  private follower: { element: HTMLElement; id: string } | null = null
  private dragged: Drag | null = null
  private motion: Motion | null = null
  private now = () => performance.now()
  private label: Label = 'auto'
  private readonly watchers = new Set<Watcher>()

  constructor(host: HTMLElement, events: EngineEvents) {
    this.host = host
    this.events = events
    this.paper = new Paper(host)
    // A canvas tells nothing: who tests or measures asks the engine.
    Object.assign(host, { graphEngine: this })
    this.listen()
  }

  private listen(): void {
    const observer = new ResizeObserver(() => this.resize())
    observer.observe(this.host)
    this.stops.push(
      () => observer.disconnect(),
      onThemeChange(() => {
        this.paper.readColours()
        this.paintSoon(true)
      }),
      listen(this.host, {
        pull: (dx, dy) => this.move(pulled(this.camera, dx, dy)),
        zoom: (at, factor) => this.move(zoomedAt(this.camera, this.view, at, factor)),
        point: at => this.hover(at === null ? null : this.hitAt(at)),
        press: at => this.press(at),
        pressTwice: at => {
          const hit = this.hitAt(at)
          if (isTarget(hit)) this.events.onOpen(hit)
        },
        grab: at => this.grab(at),
        drag: at => this.drag(at),
        drop: at => this.drop(at),
        letGo: () => this.letGo(),
      }),
    )
    const onFonts = () => {
      forgetWidths()
      this.paintSoon(true)
    }
    document.fonts?.addEventListener('loadingdone', onFonts)
    this.stops.push(() => document.fonts?.removeEventListener('loadingdone', onFonts))
  }

  destroy(): void {
    for (const stop of this.stops) stop()
    cancelAnimationFrame(this.frame)
    clearTimeout(this.rest)
    this.paper.remove()
  }

  /** Shows a scene; `rev` names it for who waits until it is painted. Nobody moves unless the scene says so. */
  show(scene: Scene, rev: string, camera: Camera | null): void {
    const isFirst = this.scene === null
    // On the way already, it goes on from the picture that it was to lead to.
    if (this.scene !== null) this.motion = motionBetween(this.scene, scene, this.now()) ?? this.motion
    this.scene = scene
    this.sceneRev = rev
    if (isFirst && camera !== null) {
      this.camera = camera
      this.isFitted = false
    }
    // The first time it is painted at once, and then not again.
    if (isFirst && this.resize()) return
    if (this.isFitted && (isFirst || !this.isAllInView())) this.fitNow()
    if (this.shown.hovered !== null && this.boxOf(this.shown.hovered) === null) this.hover(null)
    this.paintSoon(true)
  }

  /** What is chosen and found from now on. */
  mark(marks: Omit<Marks, 'hovered'>): void {
    this.shown = { ...this.shown, ...marks }
    this.paintSoon(false)
  }

  /** What is written on the lines. */
  write(label: Label): void {
    if (label === this.label) return
    this.label = label
    this.paintSoon(true)
  }

  /** Tells of moves until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher)
    this.tellWatchers()
    return () => this.watchers.delete(watcher)
  }

  /** Looks at a point of the drawing, as near as now. */
  lookAt({ x, y }: Point): void {
    this.move({ ...this.camera, x, y })
  }

  /** What it takes to draw the same elsewhere; null before the first scene. */
  drawing(): { scene: Scene; palette: Palette; label: Label } | null {
    return this.scene === null ? null : { scene: this.scene, palette: this.paper.colours, label: this.label }
  }

  /** Another time than that of the page, for who wants to see every step. */
  setClock(now: () => number): void {
    this.now = now
  }

  /** Where all nodes stand, in the drawing. */
  positions(): Map<string, Point> {
    return new Map(this.scene?.nodes.map(({ id, place }) => [id, place]))
  }

  /** Where a node is in the view. */
  screenOf(id: string): Point | null {
    const node = this.scene?.nodeById.get(id)
    return node === undefined ? null : toScreen(this.camera, this.view, node.place)
  }

  /** Lights a node up as if a mouse pointed at it. */
  light(target: Hit | null): void {
    this.shown = { ...this.shown, hovered: target }
    this.paintSoon(false)
  }

  /** An element that stays over a node wherever the camera goes. */
  follow(element: HTMLElement | null, id: string | null): void {
    this.follower = element === null || id === null ? null : { element, id }
    this.placeFollower()
  }

  fit(): void {
    // What the camera came from is not to be told any more.
    clearTimeout(this.rest)
    this.isFitted = true
    this.fitNow()
    this.paintSoon(true)
    this.events.onCamera(null)
  }

  zoom(factor: number): void {
    const middle = { x: this.view.width / 2, y: this.view.height / 2 }
    this.move(zoomedAt(this.camera, this.view, middle, factor))
  }

  pull(dx: number, dy: number): void {
    this.move(pulled(this.camera, dx, dy))
  }

  /** Moves the camera as little as it takes to have a node or an edge in view. That is nobody's wish of its own. */
  reveal(target: Hit): void {
    const box = this.boxOf(target)
    if (box === null || this.view.width === 0) return
    const camera = revealing(this.camera, this.view, box)
    if (camera.x !== this.camera.x || camera.y !== this.camera.y) this.move(camera, () => undefined)
  }

  private boxOf(hit: Hit): Box | null {
    return this.scene === null ? null : boxOf(this.scene, hit)
  }

  private isAllInView(): boolean {
    const bounds = this.scene?.bounds
    if (bounds == null) return true
    const [a, b] = [
      toScreen(this.camera, this.view, { x: bounds.left, y: bounds.top }),
      toScreen(this.camera, this.view, { x: bounds.right, y: bounds.bottom }),
    ]
    return a.x >= 0 && a.y >= 0 && b.x <= this.view.width && b.y <= this.view.height
  }

  private fitNow(): void {
    const bounds = this.scene?.bounds
    if (bounds != null && this.view.width > 0) this.camera = fitted(bounds, this.view)
  }

  private move(camera: Camera, tell = () => this.events.onCamera(this.camera)): void {
    this.isFitted = false
    this.camera = camera
    this.frameSoon()
    clearTimeout(this.rest)
    this.rest = setTimeout(() => {
      this.paintSoon(true)
      tell()
    }, REST_MS)
  }

  private hitAt(at: Point): Hit | null {
    if (this.scene === null) return null
    const { zoom } = this.camera
    return hitAt(this.scene, toDrawing(this.camera, this.view, at), REACH / zoom, zoom)
  }

  private press(at: Point): void {
    // Whoever uses the drawing does not want it to be moved under the hand.
    this.isFitted = false
    const hit = this.hitAt(at)
    if (hit?.kind === 'group') this.events.onFold(hit.id)
    else if (hit?.kind === 'bundle') this.zoomTo(hit)
    else this.events.onSelect(hit)
  }

  /** As near as all of it can be seen. */
  private zoomTo(hit: Hit): void {
    const box = this.boxOf(hit)
    if (box !== null) this.move(fitted(box, this.view))
  }

  private hover(hit: Hit | null): void {
    if (this.dragged !== null || isSame(hit, this.shown.hovered)) return
    this.host.style.cursor = hit === null ? '' : 'pointer'
    this.light(hit)
  }

  private grab(at: Point): boolean {
    this.dragged = dragFrom(this.scene, toDrawing(this.camera, this.view, at))
    if (this.dragged !== null) this.shown = { ...this.shown, hovered: null }
    return this.dragged !== null
  }

  private drag(at: Point): void {
    if (this.dragged === null) return
    this.dragged = draggedTo(this.dragged, toDrawing(this.camera, this.view, at))
    this.paintSoon(false)
  }

  private drop(at: Point): void {
    this.drag(at)
    if (this.dragged === null) return
    const { id, place } = this.dragged
    this.isFitted = false
    this.letGo()
    this.events.onMove(id, place)
  }

  private letGo(): void {
    this.dragged = null
    this.paintSoon(false)
  }

  /** Whether the host had another size, and all of it was painted anew. */
  private resize(): boolean {
    const { clientWidth: width, clientHeight: height } = this.host
    const before = this.view
    if (width === before.width && height === before.height) return false
    this.view = { width, height }
    this.paper.resize(this.view)
    if (this.isFitted) this.fitNow()
    else if (before.width > 0) this.camera = resized(this.camera, before, this.view)
    this.isStale = { mesh: true, marks: true }
    // At once: the canvases would be seen in their old size for a frame.
    this.paint()
    return true
  }

  private paintSoon(isMesh: boolean): void {
    this.isStale = { mesh: this.isStale.mesh || isMesh, marks: true }
    this.frameSoon()
  }

  private frameSoon(): void {
    if (this.frame !== 0) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.paint()
    })
  }

  private paint(): void {
    if (this.scene === null || this.view.width === 0 || this.view.height === 0) return
    const isMesh = this.isStale.mesh || !this.paper.covers(this.camera)
    const isMarks = this.isStale.marks
    this.isStale = { mesh: false, marks: false }
    if (isMesh) this.paintMesh(this.scene)
    if (isMesh || isMarks) this.paintMarks(this.scene)
    this.paper.place(this.camera)
    this.placeFollower()
    this.tellWatchers()
  }

  private tellWatchers(): void {
    if (this.scene === null) return
    for (const watcher of this.watchers) watcher(this.scene, this.camera, this.view)
  }

  private paintMesh(scene: Scene): void {
    const onTheWay = this.motion === null ? null : sceneOnTheWay(this.motion, scene, this.now())
    this.paper.paintMesh(this.camera, this.sceneRev, (context, shot) =>
      drawScene(context, shot, onTheWay ?? scene, this.label),
    )
    if (onTheWay === null) this.motion = null
    else this.paintSoon(true)
    markOnce('topology-painted', { rev: this.sceneRev })
  }

  private paintMarks(scene: Scene): void {
    const { hovered, selected, found } = this.shown
    const isNothing = hovered === null && selected === null && found === null && this.dragged === null
    const draw = (context: CanvasRenderingContext2D, shot: Shot) => {
      drawMarks(context, shot, scene, this.shown, this.label)
      if (this.dragged !== null) drawDrag(context, shot, scene, this.dragged)
    }
    this.paper.paintMarks(isNothing ? null : draw)
  }

  private placeFollower(): void {
    if (this.follower === null || this.scene === null) return
    const { element, id } = this.follower
    const stop = stopOf(this.scene, id)
    if (stop === null) return
    const { left, top, right, bottom } = stop.box
    const { zoom } = this.camera
    const corner = toScreen(this.camera, this.view, { x: left, y: top })
    Object.assign(element.style, {
      left: `${corner.x}px`,
      top: `${corner.y}px`,
      width: `${(right - left) * zoom}px`,
      height: `${(bottom - top) * zoom}px`,
    })
  }
}
