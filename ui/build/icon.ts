import { createElement, type ReactElement } from 'react'

/** An icon as the package describes it: elements and their attributes. */
interface Icon {
  node: readonly (readonly [tag: string, attributes: Record<string, string>])[]
}

type Props = React.SVGProps<SVGSVGElement> & { size?: number }

const FRAME = {
  'aria-hidden': true,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const

/** As the package's own `createLucideIcon`, of which this is what is used here. */
export default function createIcon({ node }: Icon): (props: Props) => ReactElement {
  const drawing = node.map(([tag, attributes], key) => createElement(tag, { key, ...attributes }))
  return ({ size = 24, ...props }) =>
    createElement('svg', { width: size, height: size, ...FRAME, ...props }, drawing)
}
