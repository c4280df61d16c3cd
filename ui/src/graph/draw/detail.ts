// How much is drawn at a zoom: what could not be read is left out, which is also what makes a large mesh quick to draw.

export type Detail =
  /** Blocks and hairlines. */
  | 'far'
  /** Shapes and names. */
  | 'middle'
  /** Everything. */
  | 'near'

const MIDDLE = 0.22
const NEAR = 0.62

export function detailAt(zoom: number): Detail {
  return zoom < MIDDLE ? 'far' : zoom < NEAR ? 'middle' : 'near'
}
