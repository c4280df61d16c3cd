// Where something stands that opens beside a button.

export type Placement = 'bottom start' | 'bottom end' | 'top end'

interface Size {
  width: number
  height: number
}

interface Edges {
  left: number
  top: number
  right: number
  bottom: number
}

/** Between it and its button. */
const GAP = 8
/** Between it and the rim of the window. */
const MARGIN = 12

/** Its top left corner: below or above the button as is wished where there is room, else where there is more. */
export function placeOf(
  button: Edges,
  { width, height }: Size,
  view: Size,
  placement: Placement,
): { left: number; top: number } {
  const room = { top: button.top - GAP - MARGIN, bottom: view.height - button.bottom - GAP - MARGIN }
  const isAboveWished = placement === 'top end'
  const wished = isAboveWished ? room.top : room.bottom
  const other = isAboveWished ? room.bottom : room.top
  const isAbove = height <= wished || wished >= other ? isAboveWished : !isAboveWished
  const left = placement === 'bottom start' ? button.left : button.right - width
  return {
    left: within(left, MARGIN, view.width - MARGIN - width),
    top: within(
      isAbove ? button.top - GAP - height : button.bottom + GAP,
      MARGIN,
      view.height - MARGIN - height,
    ),
  }
}

/** Of what is larger than the window the beginning is in view. */
const within = (value: number, min: number, max: number) => Math.max(min, Math.min(value, max))
