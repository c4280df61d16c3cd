// What the shapes, colours and widths of the drawing mean.

import { useId } from 'react'
import type { SchemaKind } from '../api/schema.d.ts'
import { CARD } from '../graph/geometry.ts'
import { innerLine, outline, type Pen } from '../graph/shape.ts'
import { BAD_SHARE, WARN_SHARE } from '../graph/trouble.ts'
import { Mark } from '../ui/mark.tsx'
import { HEALTH_MARK, HEALTHS } from './words.ts'

const KINDS: readonly SchemaKind[] = ['service', 'gateway', 'database', 'queue', 'external']

export function Legend() {
  return (
    <details className="graph-legend">
      <summary>Legend</summary>
      <div className="graph-legend__groups">
        <Group title="Shape: what it is">
          {KINDS.map(kind => (
            <li key={kind}>
              <Shape kind={kind} />
              {kind}
            </li>
          ))}
        </Group>
        <Group title="Mark: health">
          {HEALTHS.map(health => (
            <li key={health}>
              <Mark state={HEALTH_MARK[health]} />
              {health}
            </li>
          ))}
        </Group>
        <Group title="Line: requests">
          <li>
            <Line width={1.5} />
            few
          </li>
          <li>
            <Line width={5} />
            many
          </li>
          <li>
            <Line width={2.5} tone="warn" />
            {WARN_SHARE * 100} % or more failed
          </li>
          <li>
            <Line width={2.5} tone="bad" />
            {BAD_SHARE * 100} % or more failed
          </li>
          <li>
            <Line width={2.5} share="4 20" />
            the red part of it failed
          </li>
        </Group>
        <Group title="Box: namespace">
          <li>press its name to fold it</li>
          <li>press its card to unfold it</li>
          <li>drag a node to put it elsewhere</li>
        </Group>
      </div>
    </details>
  )
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  const id = useId()
  return (
    <section>
      <h3 id={id}>{title}</h3>
      <ul aria-labelledby={id}>{children}</ul>
    </section>
  )
}

function Line({ width, tone = 'line', share }: { width: number; tone?: string; share?: string }) {
  return (
    <svg className={`graph-legend__line graph-legend__line--${tone}`} viewBox="0 0 44 10" aria-hidden="true">
      <path d="M0 5h44" strokeWidth={width} />
      {share === undefined ? null : (
        <path className="graph-legend__share" d="M0 5h44" strokeWidth={width + 0.6} strokeDasharray={share} />
      )}
    </svg>
  )
}

function Shape({ kind }: { kind: SchemaKind }) {
  const pen = new SvgPen()
  outline(pen, kind, { x: 0, y: 0 })
  innerLine(pen, kind, { x: 0, y: 0 })
  const margin = 6
  const box = [
    -CARD.width / 2 - margin,
    -CARD.height / 2 - margin,
    CARD.width + 2 * margin,
    CARD.height + 2 * margin,
  ]
  return (
    <svg className="graph-legend__shape" viewBox={box.join(' ')} aria-hidden="true">
      <path d={pen.path} />
    </svg>
  )
}

/** Writes what a canvas would draw as the path of an SVG. */
class SvgPen implements Pen {
  path = ''

  moveTo(x: number, y: number): void {
    this.path += `M${x} ${y}`
  }

  lineTo(x: number, y: number): void {
    this.path += `L${x} ${y}`
  }

  /** Half an ellipse, which is all that outlines have. */
  ellipse(x: number, y: number, rx: number, ry: number, _turn: number, from: number, to: number): void {
    const [x1, y1] = [x + rx * Math.cos(from), y + ry * Math.sin(from)]
    const [x2, y2] = [x + rx * Math.cos(to), y + ry * Math.sin(to)]
    this.path += `${this.path === '' ? 'M' : 'L'}${x1} ${y1}A${rx} ${ry} 0 0 1 ${x2} ${y2}`
  }

  roundRect(x: number, y: number, width: number, height: number, radius: number): void {
    const [w, h] = [width - 2 * radius, height - 2 * radius]
    const corner = (dx: number, dy: number) => `a${radius} ${radius} 0 0 1 ${dx} ${dy}`
    this.path += `M${x + radius} ${y}h${w}${corner(radius, radius)}v${h}${corner(-radius, radius)}h${-w}${corner(-radius, -radius)}v${-h}${corner(radius, -radius)}`
  }

  closePath(): void {
    this.path += 'z'
  }
}
